import { parseQuerystringLeniently } from '../decode/querystring.ts'
import { columnIndex } from '../columns.ts'
import type { EnrichedEvent } from '../event.ts'
import { Refusal, toText, toTimestamp } from './conversions.ts'
import { inputDataFailure, simpleFailure, type Enrichment, type EnrichmentFailed } from './enrichment.ts'
import type { Uri } from './java-uri.ts'
import { parseUri, portOf } from './uri.ts'

/*
 * What the addresses of the page and of its referrer say. Always on.
 */

/** The page's URI: what the tracker says, or else the referrer of the request that it made. */
export const pageUri: Enrichment = {
  name: 'page-uri',
  schemaKey: null,
  step: 'page-uri',
  enrich(event, context) {
    const text = event.page_url ?? context.raw.payload.refererUri
    if (text === null) return undefined
    const uri = parseUri(text)
    if ('error' in uri) return simpleFailure(uri.error)
    context.pageUri = uri
    event.row[columnIndex.page_url] = uri.text
    setParts(event, uri, columnIndex.page_urlscheme)
    return undefined
  },
}

/** The referrer's URI. Unlike the page's, the text stays as the tracker sent it. */
export const refererUri: Enrichment = {
  name: 'referer-uri',
  schemaKey: null,
  step: 'referer-uri',
  enrich(event, context) {
    if (event.page_referrer === null) return undefined
    const uri = parseUri(event.page_referrer)
    if ('error' in uri) return simpleFailure(uri.error)
    context.refererUri = uri
    setParts(event, uri, columnIndex.refr_urlscheme)
    return undefined
  },
}

/** Six columns in a row; what a URI may contain needs no cleaning. */
function setParts({ row }: EnrichedEvent, uri: Uri, first: number): void {
  row[first] = uri.scheme
  row[first + 1] = uri.host
  row[first + 2] = portOf(uri)
  row[first + 3] = uri.path
  row[first + 4] = uri.query
  row[first + 5] = uri.fragment
}

export const pageQuerystring: Enrichment = {
  name: 'page-querystring',
  schemaKey: null,
  step: 'page-querystring',
  enrich(_event, context) {
    const query = context.pageUri?.query ?? null
    if (query !== null) context.querystring = querystringMap(query, context.raw.payload.encoding)
    return undefined
  },
}

/** Of a name that occurs twice the last value counts; a name without `=` has the empty value. */
export function querystringMap(query: string, encoding: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  // The same as the strict reading where that succeeds.
  for (const [name, value] of parseQuerystringLeniently(query, encoding)) parameters.set(name, value ?? '')
  return parameters
}

/** The visitor's id on the site that linked here, and when: the tracker's `_sp` parameter. */
export const crossDomain: Enrichment = {
  name: 'cross-domain',
  schemaKey: null,
  step: 'cross-domain',
  enrich(event, context) {
    const found = parseCrossDomain(context.querystring)
    if ('failures' in found) return found
    event.row[columnIndex.refr_domain_userid] = found.userId
    event.row[columnIndex.refr_dvce_tstamp] = found.timestamp
    return undefined
  },
}

export interface CrossDomain {
  readonly userId: string | null
  readonly timestamp: string | null
}

const noCrossDomain: CrossDomain = { userId: null, timestamp: null }

export function parseCrossDomain(querystring: ReadonlyMap<string, string>): CrossDomain | EnrichmentFailed {
  const sent = querystring.get('_sp')
  if (sent === undefined) return noCrossDomain
  const sp = sent.replace(/(?<!\.)\.+$/, '')
  if (sp === '') return noCrossDomain
  const [userId = '', ms] = sp.split('.', 2)
  if (ms === undefined) return { userId: toText(userId), timestamp: null }
  const timestamp = toTimestamp(ms)
  if (timestamp instanceof Refusal) return inputDataFailure('sp_dtm', ms, timestamp.expectation)
  return { userId: toText(userId), timestamp }
}
