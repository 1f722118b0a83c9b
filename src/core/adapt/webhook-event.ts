import type { CollectorPayload, RawEvent } from '../event.ts'

/** A webhook's call as a self-describing event. */
export interface WebhookEvent {
  /** Which adapter made it. */
  readonly trackerVersion: string
  /** Unless the querystring names another one. */
  readonly platform: string
  /** `iglu:vendor/name/format/version` */
  readonly schema: string
  /** JSON text. */
  readonly data: string
}

export type Parameters = ReadonlyMap<string, string | null>

/** What a querystring may say about an event besides its data. */
const passedThrough = ['nuid', 'aid', 'cv', 'eid', 'ttm', 'url'] as const

/** The raw event for a webhook's call; `querystring` adds what the sender of the webhook put there for us. */
export function webhookEvent(
  payload: CollectorPayload,
  querystring: Parameters,
  event: WebhookEvent,
): RawEvent {
  const parameters = new Map([
    ['tv', event.trackerVersion],
    ['e', 'ue'],
    ['p', querystring.get('p') ?? event.platform],
    ['ue_pr', unstructEventText(selfDescribingText(event.schema, event.data))],
  ])
  for (const name of passedThrough) {
    const value = querystring.get(name)
    if (typeof value === 'string') parameters.set(name, value)
  }
  return { payload, parameters }
}

/** The self-describing JSON of data that are JSON text themselves. */
export function selfDescribingText(schema: string, data: string): string {
  return `{"schema":${JSON.stringify(schema)},"data":${data}}`
}

export function unstructEventText(event: string): string {
  return selfDescribingText('iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0', event)
}

const aboutTheEvent: ReadonlySet<string> = new Set(['nuid', 'aid', 'cv', 'p'])

/** Without what speaks about the event. */
export function dataParameters(parameters: Parameters): (readonly [string, string | null])[] {
  return [...parameters].filter(([name]) => !aboutTheEvent.has(name))
}

/** Names and values as a JSON object: without what speaks about the event, and with null for what is empty. */
export function flatDataText(parameters: Parameters): string {
  const data = dataParameters(parameters)
  return JSON.stringify(Object.fromEntries(data.map(([name, value]) => [name, value === '' ? null : value])))
}
