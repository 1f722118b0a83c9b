import { membersOf } from '../../lib/index.ts'
import { addressBytes } from './address-bytes.ts'
import { AddressSet } from './address-set.ts'
import { assetUris } from './asset-uri.ts'
import type { EnrichmentConfig, EnrichmentKind, ParameterErrors } from './configuration.ts'
import type { DerivedContext } from '../event.ts'
import { IabCheck } from './iab-check.ts'
import { lines, readExcluded, readIncluded } from './iab-lists.ts'
import type { EnrichmentServices } from './services.ts'
import { parseTimestamp } from './timestamps.ts'

const schema = 'iglu:com.iab.snowplow/spiders_and_robots/jsonschema/1-0-0'

/**
 * Tells spiders and robots by the list of the IAB, which its members get. Never fails. Configurations before 1-0-1 are
 * those of Enrich before 6.8, which says nothing of an event without an address.
 */
export const iabSpidersAndRobots: EnrichmentKind = {
  criterion:
    'iglu:com.snowplowanalytics.snowplow.enrichments/iab_spiders_and_robots_enrichment/jsonschema/1-0-*',
  name: 'iab',
  step: 'iab',
  async create(config, services) {
    const check = await openLists(config, services)
    if ('errors' in check) return check
    const addressRequired = config.key.version === '1-0-0'
    return ({ useragent, user_ipaddress, derived_tstamp }) => {
      if (useragent === null || useragent.trim() === '' || derived_tstamp === null) return undefined
      const address = user_ipaddress === null ? null : addressBytes(user_ipaddress)
      if (address === null && addressRequired) return undefined
      const at = parseTimestamp(derived_tstamp)
      return [{ schema, data: check.check({ userAgent: useragent, address, at }) }]
    }
  },
}

async function openLists(
  { parameters }: EnrichmentConfig,
  { assets }: EnrichmentServices,
): Promise<IabCheck | ParameterErrors> {
  const uris = assetUris(parameters, ['ipFile', 'includeUseragentFile', 'excludeUseragentFile'])
  if ('errors' in uris) return uris
  const { ipFile = '', includeUseragentFile = '', excludeUseragentFile = '' } = uris
  const [addresses, included, excluded] = await Promise.all([
    assets.open(ipFile, bytes => new AddressSet(lines(bytes))),
    assets.open(includeUseragentFile, readIncluded),
    assets.open(excludeUseragentFile, readExcluded),
  ])
  const ownIncluded = lowerCase(parameters.includeUseragents)
  const ownExcluded = lowerCase(parameters.excludeUseragents)
  return new IabCheck({ addresses, included, excluded, ownIncluded, ownExcluded })
}

function lowerCase(list: unknown): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(list) ? list : []
  return texts.filter(one => typeof one === 'string').map(one => one.toLowerCase())
}

/** Whether the lists said that an event is a robot's. */
export function isIabRobot(contexts: readonly DerivedContext[]): boolean {
  const data = contexts.find(context => context.schema === schema)?.data
  return membersOf(data).spiderOrRobot === true
}
