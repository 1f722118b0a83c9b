import type { CollectorPayload, RawEvent } from '../event.ts'
import type { ParameterMap } from './parameter-map.ts'
import { selfDescribingText, unstructEventText } from './self-describing-text.ts'

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

/** What a querystring may say about an event besides its data. */
const passedThrough = ['nuid', 'aid', 'cv', 'eid', 'ttm', 'url'] as const

/** The raw event for a webhook's call; `querystring` adds what the sender of the webhook put there for us. */
export function webhookEvent(
  payload: CollectorPayload,
  querystring: ParameterMap,
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
