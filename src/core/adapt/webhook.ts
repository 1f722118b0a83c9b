import type { FailureDetail } from '../bad-row.ts'
import { parseQuerystring } from '../decode/querystring.ts'
import type { CollectorPayload, RawEvent } from '../event.ts'
import { parseJsonText } from '../validate/json-text.ts'
import { failed, inputData, type Adapted } from './adapter.ts'
import { schemaOfType, type TypeSchemas } from './event-type.ts'
import { mediaTypeOf } from './media-type.ts'
import { readTree, writeJson, type JsonTree } from './json-tree.ts'
import type { ParameterMap } from './parameter-map.ts'
import { webhookEvent } from './webhook-event.ts'

/* What the adapters of vendors' webhooks share. Every webhook's event is one of a server. */

export const emptyBody = inputData('body', null, 'empty body: no events to process')

/** The body, if there is one and it is of the type that this vendor sends. */
export function bodyOfType(
  { body, contentType }: CollectorPayload,
  expected: string,
  missing: FailureDetail = emptyBody,
): string | FailureDetail {
  if (body === null) return missing
  if (contentType === null) return inputData('contentType', null, `no content type: expected ${expected}`)
  if (mediaTypeOf(contentType) === expected) return body
  return inputData('contentType', contentType, `expected ${expected}`)
}

/** The same for vendors whose empty body counts as none. */
export function filledBodyOfType(payload: CollectorPayload, expected: string): string | FailureDetail {
  return payload.body === '' ? emptyBody : bodyOfType(payload, expected)
}

export function readForm(body: string, complaint = ''): ParameterMap | FailureDetail {
  const parameters = parseQuerystring(body, 'UTF-8')
  return 'error' in parameters ? inputData('body', body, complaint + parameters.error) : new Map(parameters)
}

/** The words that most adapters of forms use. */
export const notForm = 'could not parse body: '

export interface ReadJson {
  readonly tree: JsonTree
}

export function readJson(text: string, field: string, maxJsonDepth: number): ReadJson | FailureDetail {
  const found = parseJsonText(text, maxJsonDepth)
  if (!('error' in found)) return { tree: readTree(found.text) }
  return { type: 'NotJson', field, value: text, error: `invalid json: ${found.error}` }
}

export interface WebhookData {
  readonly trackerVersion: string
  /** `iglu:vendor/name/format/version` */
  readonly schema: string
  readonly data: JsonTree
}

export function serverEvent(
  payload: CollectorPayload,
  { data, ...event }: WebhookData,
  querystring: ParameterMap = new Map(payload.querystring),
): RawEvent {
  return webhookEvent(payload, querystring, { ...event, platform: 'srv', data: writeJson(data) })
}

export interface Batch {
  readonly trackerVersion: string
  readonly types: TypeSchemas
  readonly typeOf: (item: JsonTree) => string | null
  /** The item as its schema wants it. */
  readonly clean: (item: JsonTree, type: string) => JsonTree
}

/** One event for each item; whatever is wrong with any of them fails them all. */
export function adaptBatch(
  payload: CollectorPayload,
  items: Iterable<readonly [index: number, item: JsonTree]>,
  { trackerVersion, types, typeOf, clean }: Batch,
): Adapted {
  const querystring = new Map(payload.querystring)
  const adapted = Array.from(items, ([index, item]): Adapted => {
    const type = typeOf(item)
    const schema = schemaOfType(type, types, index)
    if (typeof schema !== 'string') return failed(schema)
    const data = clean(item, type ?? '')
    return { events: [serverEvent(payload, { trackerVersion, schema, data }, querystring)] }
  })
  return together(adapted)
}

/** More would fill a bad row beyond its limit, which then keeps a tenth of it. */
const maxFailures = 2000

/** All events, or all failures. */
export function together(parts: readonly Adapted[]): Adapted {
  const failures = parts.flatMap(part => ('failures' in part ? part.failures : []))
  if (failures.length > 0) return { failures: failures.slice(0, maxFailures) }
  const events = parts.flatMap(part => ('events' in part ? part.events : []))
  return events.length > 0 ? { events } : failed(inputData('', null, 'empty list of events'))
}
