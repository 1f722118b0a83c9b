import { membersOf } from '../../lib/index.ts'
import { assetUris } from './asset-uri.ts'
import { attachedAsn } from './asn-context.ts'
import type { EnrichmentKind } from './configuration.ts'
import { assetLines } from './asset-lines.ts'

/** Marks networks of hosting providers and their like, which people seldom come from. Never fails. */
export const asnLookups: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow.enrichments/asn_lookups/jsonschema/1-0-*',
  name: 'asn-lookups',
  step: 'asn-lookups',
  async create({ parameters }, { assets }) {
    const uris = assetUris(parameters, ['botAsnsFile'])
    if ('errors' in uris) return uris
    const file = uris.botAsnsFile === undefined ? undefined : await assets.open(uris.botAsnsFile, readBotAsns)
    const own = ownAsns(parameters.botAsns)
    const bypassed = new Set(Array.isArray(parameters.bypassPlatforms) ? parameters.bypassPlatforms : [])
    return ({ platform }, { derivedContexts }) => {
      const asn = attachedAsn(derivedContexts)
      if (asn === null || bypassed.has(platform)) return undefined
      if (own.has(asn.number) || file?.current.has(asn.number) === true) asn.likelyBot = true
      return undefined
    }
  },
}

function ownAsns(list: unknown): ReadonlySet<number> {
  const asns: readonly unknown[] = Array.isArray(list) ? list : []
  return new Set(asns.map(one => membersOf(one).asn).filter(asn => typeof asn === 'number'))
}

/** Lines `number,name` below a heading. Throws a RangeError for a file that is something else. */
export function readBotAsns(bytes: Uint8Array): ReadonlySet<number> {
  const asns = new Set<number>()
  for (const line of assetLines(bytes, 'utf8')) {
    const number = /^"?(?:AS)?(\d{1,10})"?(?:,|$)/.exec(line)?.[1]
    if (number !== undefined) asns.add(Number(number))
  }
  if (asns.size === 0) throw new RangeError('it has no line that begins with the number of a network')
  return asns
}
