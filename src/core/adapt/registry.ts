import type { BadRow, FailureDetail } from '../bad-row.ts'
import type { CollectorPayload, RawEvent } from '../event.ts'
import { coreDefaults, type CoreOptions, type Schemas } from '../options.ts'
import { withSchemas } from '../validate/at-hand.ts'
import { failed, inputData, type Adapted, type Adapter, type AdapterTools } from './adapter.ts'
import { adaptIglu } from './iglu.ts'
import { adaptRedirect } from './redirect.ts'
import { adaptRemotely, type RemoteAdapters } from './remote.ts'
import { splitters } from './splitters.ts'
import { adaptTp1 } from './tp1.ts'
import { adaptTp2 } from './tp2.ts'
import { adaptCallrail } from './vendors/callrail.ts'
import { adaptCloudfront } from './vendors/cloudfront.ts'
import { adaptGoogleAnalytics } from './vendors/google-analytics/adapter.ts'
import { adaptHubspot } from './vendors/hubspot.ts'
import { adaptMailchimp } from './vendors/mailchimp.ts'
import { adaptMailgun } from './vendors/mailgun.ts'
import { adaptMandrill } from './vendors/mandrill.ts'
import { adaptMarketo } from './vendors/marketo.ts'
import { adaptOlark } from './vendors/olark.ts'
import { adaptPagerduty } from './vendors/pagerduty.ts'
import { adaptPingdom } from './vendors/pingdom.ts'
import { adaptSendgrid } from './vendors/sendgrid.ts'
import { adaptStatusgator } from './vendors/statusgator.ts'
import { adaptUnbounce } from './vendors/unbounce.ts'
import { adaptUrbanairship } from './vendors/urbanairship.ts'
import { adaptVero } from './vendors/vero.ts'

/** Who reads which payloads, by vendor and version: the path of the request. */
export const adapters: ReadonlyMap<string, Adapter> = new Map<string, Adapter>([
  ['com.snowplowanalytics.snowplow/tp1', adaptTp1],
  ['com.snowplowanalytics.snowplow/tp2', adaptTp2],
  ['r/tp2', adaptRedirect],
  ['com.snowplowanalytics.iglu/v1', adaptIglu],
  ['com.callrail/v1', adaptCallrail],
  ['com.amazon.aws.cloudfront/wd_access_log', adaptCloudfront],
  ['com.getvero/v1', adaptVero],
  ['com.google.analytics/v1', adaptGoogleAnalytics],
  ['com.hubspot/v1', adaptHubspot],
  ['com.mailchimp/v1', adaptMailchimp],
  ['com.mailgun/v1', adaptMailgun],
  ['com.mandrill/v1', adaptMandrill],
  ['com.marketo/v1', adaptMarketo],
  ['com.olark/v1', adaptOlark],
  ['com.pagerduty/v1', adaptPagerduty],
  ['com.pingdom/v1', adaptPingdom],
  ['com.sendgrid/v3', adaptSendgrid],
  ['com.statusgator/v1', adaptStatusgator],
  ['com.unbounce/v1', adaptUnbounce],
  ['com.urbanairship.connect/v1', adaptUrbanairship],
])

/** Payloads of these are the tracker protocol; whoever reads bad rows looks for theirs under that name. */
const trackerProtocols: ReadonlySet<string> = new Set(['com.snowplowanalytics.snowplow/tp2', 'r/tp2'])

/** The good events of a payload, and the bad rows that take the place of the others. */
export interface AdaptedPayload {
  readonly events: readonly RawEvent[]
  readonly rows: readonly BadRow[]
}

export type AdaptOptions = Pick<CoreOptions, 'maxJsonDepth' | 'adaptersSchemas' | 'isolateBadElements'>

export interface AdaptParts {
  readonly schemas: Schemas
  readonly options?: AdaptOptions
  readonly remoteAdapters?: RemoteAdapters
}

/**
 * The events of a payload, in their order, or the bad row that takes their place; with `isolateBadElements` a bad row
 * for each bad event. Synchronous while the schemas are at hand and no remote adapter is asked; rejects only with a
 * MillraceError, while a registry is down.
 */
export function adapt(
  payload: CollectorPayload,
  { schemas, options = coreDefaults, remoteAdapters }: AdaptParts,
): AdaptedPayload | Promise<AdaptedPayload> {
  const remote = remoteAdapters?.size ? remoteAdapters.get(apiOf(payload)) : undefined
  if (remote !== undefined) {
    return adaptRemotely(payload, remote, options.maxJsonDepth).then(adapted => finish(adapted, payload))
  }
  return withSchemas(schemas, lookup => {
    const { maxJsonDepth, adaptersSchemas } = options
    const tools = { lookup, maxJsonDepth, adaptersSchemas }
    return options.isolateBadElements ? adaptApart(payload, tools) : adaptWhole(payload, tools)
  })
}

function adaptWhole(payload: CollectorPayload, tools: AdapterTools): AdaptedPayload {
  return finish(run(payload, tools), payload)
}

function finish(adapted: Adapted, payload: CollectorPayload): AdaptedPayload {
  return 'events' in adapted
    ? { events: adapted.events, rows: [] }
    : { events: [], rows: [badRow(adapted.failures, payload)] }
}

/** With a bad row for each of more events a small payload could become a thousand times its size. */
const maxParts = 1000

/**
 * A payload that fails is taken apart, and what is wrong with one of its events is said of a payload that holds no
 * other. Where no part is good, it is the payload that is bad.
 */
function adaptApart(payload: CollectorPayload, tools: AdapterTools): AdaptedPayload {
  const whole = adaptWhole(payload, tools)
  if (whole.rows.length === 0) return whole
  const parts = splitters.get(apiOf(payload))?.(payload, tools.maxJsonDepth) ?? []
  if (parts.length < 2 || parts.length > maxParts) return whole
  const adapted = parts.map(part => adaptWhole(part, tools))
  const events = adapted.flatMap(part => part.events)
  return events.length === 0 ? whole : { events, rows: adapted.flatMap(({ rows }) => rows) }
}

function run(payload: CollectorPayload, tools: AdapterTools): Adapted {
  return (adapters.get(apiOf(payload)) ?? refuseUnknown)(payload, tools)
}

function apiOf({ vendor, version }: CollectorPayload): string {
  return `${vendor}/${version}`
}

function refuseUnknown(payload: CollectorPayload): Adapted {
  const expectation = 'vendor/version combination is not supported'
  return failed(inputData('vendor/version', apiOf(payload), expectation))
}

function badRow(messages: readonly FailureDetail[], payload: CollectorPayload): BadRow {
  const type = trackerProtocols.has(apiOf(payload)) ? 'tracker_protocol_violations' : 'adapter_failures'
  return { type, messages, payload }
}
