import { isObject, membersOf } from '../../lib/index.ts'
import { columnIndex } from '../columns.ts'
import type { EnrichmentKind, ParameterErrors } from './configuration.ts'
import { toText } from './conversions.ts'

/** Names of querystring parameters, the first that is there wins. */
export interface CampaignParameters {
  readonly medium: readonly string[]
  readonly source: readonly string[]
  readonly term: readonly string[]
  readonly content: readonly string[]
  readonly campaign: readonly string[]
  /** Parameters that hold a click's id, each with its advertising network. */
  readonly clickIds: readonly ClickId[]
}

export type ClickId = readonly [parameter: string, network: string]

export interface Campaign {
  readonly medium: string | null
  readonly source: string | null
  readonly term: string | null
  readonly content: string | null
  readonly campaign: string | null
  readonly clickId: string | null
  readonly network: string | null
}

/** Which campaign brought the visitor, from the page's querystring. Never fails. */
export const campaignAttribution: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow/campaign_attribution/jsonschema/1-0-*',
  name: 'campaign-attribution',
  step: 'campaign-attribution',
  create({ parameters }) {
    const names = parseCampaignParameters(parameters)
    if ('errors' in names) return names
    return ({ row }, { querystring }) => {
      const found = extractCampaign(querystring, names)
      row[columnIndex.mkt_medium] = found.medium
      row[columnIndex.mkt_source] = found.source
      row[columnIndex.mkt_term] = found.term
      row[columnIndex.mkt_content] = found.content
      row[columnIndex.mkt_campaign] = found.campaign
      row[columnIndex.mkt_clickid] = found.clickId
      row[columnIndex.mkt_network] = found.network
      return undefined
    }
  },
}

const noCampaign: Campaign = {
  medium: null,
  source: null,
  term: null,
  content: null,
  campaign: null,
  clickId: null,
  network: null,
}

export function extractCampaign(
  querystring: ReadonlyMap<string, string>,
  names: CampaignParameters,
): Campaign {
  if (querystring.size === 0) return noCampaign
  const click = names.clickIds.find(([parameter]) => querystring.has(parameter))
  return {
    medium: firstOf(names.medium, querystring),
    source: firstOf(names.source, querystring),
    term: firstOf(names.term, querystring),
    content: firstOf(names.content, querystring),
    campaign: firstOf(names.campaign, querystring),
    clickId: click === undefined ? null : toText(querystring.get(click[0]) ?? ''),
    network: click === undefined ? null : toText(click[1]),
  }
}

function firstOf(names: readonly string[], querystring: ReadonlyMap<string, string>): string | null {
  for (const name of names) {
    const value = querystring.get(name)
    if (value !== undefined) return toText(value)
  }
  return null
}

const standardClickIds: readonly ClickId[] = [
  ['gclid', 'Google'],
  ['msclkid', 'Microsoft'],
  ['dclid', 'DoubleClick'],
]

export function parseCampaignParameters(
  parameters: Readonly<Record<string, unknown>>,
): CampaignParameters | ParameterErrors {
  const errors: string[] = []
  const fields = membersOf(parameters.fields)
  const names = (field: string): readonly string[] => {
    const list: unknown = fields[field]
    if (Array.isArray(list) && list.every(name => typeof name === 'string')) return list
    errors.push(`fields.${field} must be a list of parameter names`)
    return []
  }
  const parsed = {
    medium: names('mktMedium'),
    source: names('mktSource'),
    term: names('mktTerm'),
    content: names('mktContent'),
    campaign: names('mktCampaign'),
    clickIds: mergeClickIds(fields.mktClickId ?? {}, errors),
  }
  return errors.length > 0 ? { errors } : parsed
}

/** The configured ones in their order, then the standard ones that they do not name. */
function mergeClickIds(configured: unknown, errors: string[]): readonly ClickId[] {
  if (!isObject(configured) || !Object.values(configured).every(network => typeof network === 'string')) {
    errors.push('fields.mktClickId must map parameter names to networks')
    return []
  }
  const own = Object.entries(configured).map(([name, network]): ClickId => [name, String(network)])
  return [...own, ...standardClickIds.filter(([name]) => !Object.hasOwn(configured, name))]
}
