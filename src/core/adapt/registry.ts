import type { BadRow, FailureDetail } from '../bad-row.ts'
import type { CollectorPayload, RawEvent } from '../event.ts'
import { coreDefaults, type Schemas } from '../options.ts'
import { withSchemas } from '../validate/at-hand.ts'
import { failed, inputData, type Adapted, type Adapter } from './adapter.ts'
import { adaptIglu } from './iglu.ts'
import { adaptRedirect } from './redirect.ts'
import { adaptTp1 } from './tp1.ts'
import { adaptTp2 } from './tp2.ts'

/** Who reads which payloads, by vendor and version: the path of the request. */
const adapters: ReadonlyMap<string, Adapter> = new Map<string, Adapter>([
  ['com.snowplowanalytics.snowplow/tp1', adaptTp1],
  ['com.snowplowanalytics.snowplow/tp2', adaptTp2],
  ['r/tp2', adaptRedirect],
  ['com.snowplowanalytics.iglu/v1', adaptIglu],
])

/** Payloads of these are the tracker protocol; whoever reads bad rows looks for theirs under that name. */
const trackerProtocols: ReadonlySet<string> = new Set(['com.snowplowanalytics.snowplow/tp2', 'r/tp2'])

export type AdaptedPayload = { readonly events: readonly RawEvent[] } | { readonly row: BadRow }

/**
 * The events of a payload, in their order, or the bad row that takes their place. Synchronous while the schemas are at
 * hand; rejects only with a MillraceError, while a registry is down.
 */
export function adapt(
  payload: CollectorPayload,
  schemas: Schemas,
  maxJsonDepth: number = coreDefaults.maxJsonDepth,
): AdaptedPayload | Promise<AdaptedPayload> {
  const api = `${payload.vendor}/${payload.version}`
  const adapter = adapters.get(api) ?? refuseUnknown
  const adapted = withSchemas(schemas, lookup => adapter(payload, { lookup, maxJsonDepth }))
  return adapted instanceof Promise
    ? adapted.then(result => finish(result, api, payload))
    : finish(adapted, api, payload)
}

function refuseUnknown({ vendor, version }: CollectorPayload): Adapted {
  const expectation = 'vendor/version combination is not supported'
  return failed(inputData('vendor/version', `${vendor}/${version}`, expectation))
}

function finish(adapted: Adapted, api: string, payload: CollectorPayload): AdaptedPayload {
  return 'events' in adapted ? adapted : { row: badRow(adapted.failures, api, payload) }
}

function badRow(messages: readonly FailureDetail[], api: string, payload: CollectorPayload): BadRow {
  const type = trackerProtocols.has(api) ? 'tracker_protocol_violations' : 'adapter_failures'
  return { type, messages, payload }
}
