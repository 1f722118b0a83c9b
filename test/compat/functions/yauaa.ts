import { decapitalize } from '../../../src/core/enrich/yauaa/fields.ts'
import { yauaa } from '../../../src/core/enrich/yauaa/index.ts'
import { noServices } from '../../../src/core/enrich/test-services.ts'
import { EnrichedEvent, type Lookups } from '../../../src/core/index.ts'
import { testEvent } from '../../../src/core/enrich/test-events.ts'
import { schemaKey } from '../../../src/iglu/index.ts'
import { openLookups } from '../../../src/lookups/index.ts'
import { isFields } from '../corpus.ts'
import { reasonsNotToRun } from '../not-covered.ts'
import { emptyContext } from './enrich.ts'
import { NotCovered, type GoldenFunction } from './types.ts'

/*
 * Yauaa's enrichment. What Yauaa itself says is asked of the service that MILLRACE_YAUAA_URL names; without one, cases
 * that need it are listed as not covered (`npm run interop:yauaa` brings one up).
 */

const url = process.env['MILLRACE_YAUAA_URL']

export const yauaaService = { url: url ?? 'http://none.invalid', timeoutMs: 30_000, maxConnections: 4 }

const asking = openLookups()

const missing = {
  ask() {
    throw new NotCovered(reasonsNotToRun.yauaa)
  },
}

/** These lookups, but for the one of Yauaa. */
export function withYauaa(lookups: Lookups): Lookups {
  return {
    ...lookups,
    http(options) {
      if (options.name !== 'yauaa') return lookups.http(options)
      return url === undefined ? missing : asking.http(options)
    },
  }
}

const [vendor, name] = ['com.snowplowanalytics.snowplow.enrichments', 'yauaa_enrichment_config']
const key = schemaKey(vendor, name, '1-0-0')

export const yauaaDocument = () => ({ schema: key.uri, data: { vendor, name, enabled: true } })

const lookups = withYauaa(noServices.lookups)

const contextOf: GoldenFunction = async ({ args }) => {
  const { userAgent, headers } = isFields(args) ? args : {}
  const services = { ...noServices, lookups, yauaa: yauaaService }
  const enrich = await yauaa.create({ key, parameters: {}, data: {} }, services)
  if ('errors' in enrich) throw new TypeError(enrich.errors.join())
  const event = Object.assign(new EnrichedEvent(), { useragent: userAgent })
  const raw = testEvent({}, { headers: Array.isArray(headers) ? headers.map(String) : [] })
  const result = await enrich(event, { ...emptyContext, raw })
  if (result === undefined || !('length' in result)) throw new TypeError(JSON.stringify(result))
  return { _type: 'SelfDescribingData', ...result[0] }
}

const analysisOf: GoldenFunction = async call => {
  const context = await contextOf(call)
  return isFields(context) ? context['data'] : context
}

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'YauaaEnrichment.getYauaaContext': contextOf,
  'YauaaEnrichment.analyzeUserAgent': analysisOf,
  decapitalize: ({ args }) => decapitalize(String(Array.isArray(args) ? args[0] : '')),
}
