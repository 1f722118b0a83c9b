import {
  matchesCriterion,
  parseSelfDescribing,
  type SchemaCriterion,
  type SelfDescribing,
  type SelfDescribingError,
} from '../../iglu/index.ts'
import { isObject, messageOf } from '../../lib/index.ts'
import type { FailureDetail } from '../bad-row.ts'
import type { CollectorPayload, Parameter, RawEvent } from '../event.ts'
import type { Lookup } from '../validate/at-hand.ts'
import { parseJsonText } from '../validate/json-text.ts'
import { asJson, failed, inputData, type Adapted, type AdapterTools } from './adapter.ts'
import { jsonType, mediaTypeOf } from './media-type.ts'
import type { ParameterMap } from './parameter-map.ts'
import { SentMembers } from './sent-members.ts'

const contentTypes: readonly string[] = [jsonType, `${jsonType}; charset=utf-8`, `${jsonType}; charset=UTF-8`]
const expectedContentType = `expected one of ${contentTypes.join(', ')}`

const payloadData: SchemaCriterion = {
  vendor: 'com.snowplowanalytics.snowplow',
  name: 'payload_data',
  format: 'jsonschema',
  version: '1-0-*',
  uri: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-*',
}

/** The second tracker protocol: one event in the querystring, or any number in a body of the schema payload_data. */
export function adaptTp2(payload: CollectorPayload, tools: AdapterTools): Adapted {
  const { body, contentType, querystring } = payload
  if (body === null && querystring.length === 0) {
    return failed(
      inputData('body', null, 'empty body: not a valid tracker protocol event'),
      inputData('querystring', null, 'empty querystring: not a valid tracker protocol event'),
    )
  }
  if (contentType === null ? body !== null : !isJson(contentType)) {
    return failed(inputData('contentType', contentType, expectedContentType))
  }
  if (body !== null) return adaptBody(payload, body, tools)
  if (contentType !== null) {
    return failed(inputData('body', null, 'empty body: not a valid track protocol event'))
  }
  return { events: [{ payload, parameters: new Map(querystring) }] }
}

/** Enrich takes no other spelling than those three. */
function isJson(contentType: string): boolean {
  return contentTypes.includes(contentType) || mediaTypeOf(contentType) === jsonType
}

// The most common way through core. JSON.parse takes any depth, so what it gives goes nowhere but to the validator,
// which has a limit of its own, before it is known to be flat.
function adaptBody(payload: CollectorPayload, body: string, { lookup, maxJsonDepth }: AdapterTools): Adapted {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    return failed(notJson(body, messageOf(error)))
  }
  const described = parseSelfDescribing(json)
  if (typeof described === 'string') return failed(notSelfDescribing(body, described, maxJsonDepth))
  const { data } = described
  const flat = isFlat(data)
  const refused = refusal(described, lookup, flat ? flatLevels : Infinity)
  if (refused !== null) return failed(refused)
  if (!flat || payload.querystring.length > 0) return readEvents(payload, data)
  return { events: data.map(item => ({ payload, parameters: new SentMembers(item) })) }
}

/** Of a list of objects. */
const flatLevels = 2

/** Whether these are events as they should be: knowing it spares the validator a walk, and the event a Map (bench/core.ts). */
function isFlat(data: unknown): data is readonly Readonly<Record<string, string>>[] {
  if (!Array.isArray(data) || data.length === 0) return false
  for (const item of data) {
    if (!isObject(item)) return false
    for (const name in item) if (typeof item[name] !== 'string') return false
  }
  return true
}

function notJson(body: string, error: string): FailureDetail {
  return { type: 'NotJson', field: 'body', value: body, error }
}

function notSelfDescribing(body: string, error: SelfDescribingError, maxJsonDepth: number): FailureDetail {
  const json = parseJsonText(body, maxJsonDepth)
  if ('error' in json) return notJson(body, json.error)
  return { type: 'NotIglu', json: asJson(json.value), error }
}

function refusal({ schema, data }: SelfDescribing, lookup: Lookup, levels: number): FailureDetail | null {
  const answer = lookup(schema)
  const error = answer.kind === 'missing' ? answer.error : answer.schema.check(data, levels)
  if (error !== undefined) return { type: 'IgluError', schemaKey: schema.uri, error: asJson(error) }
  if (matchesCriterion(payloadData, schema)) return null
  return { type: 'CriterionMismatch', schemaKey: schema.uri, schemaCriterion: payloadData.uri }
}

// What follows asks for no more than the published schema does; a registry of one's own may have another one.
function readEvents(payload: CollectorPayload, data: unknown): Adapted {
  if (!Array.isArray(data)) return failed(inputData('body', payload.body, 'json is not an array'))
  if (data.length === 0) return failed(inputData('body', payload.body, 'empty list of events'))
  const events: RawEvent[] = []
  const failures: FailureDetail[] = []
  for (const item of data) {
    events.push({ payload, parameters: readParameters(item, payload.querystring, failures) })
  }
  return failures.length === 0 ? { events } : { failures }
}

/** The parameters of one event; those of the querystring belong to every event of the payload. */
function readParameters(
  item: unknown,
  common: readonly Parameter[],
  failures: FailureDetail[],
): ParameterMap {
  const parameters = new Map<string, string | null>()
  if (!isObject(item)) failures.push(inputData('body', JSON.stringify(item), 'event is not an object'))
  else {
    for (const name in item) {
      const value = item[name]
      if (typeof value === 'string') parameters.set(name, value)
      else failures.push(notText(name, value))
    }
  }
  for (const [name, value] of common) parameters.set(name, value)
  return parameters
}

function notText(name: string, value: unknown): FailureDetail {
  if (value === null) return inputData(name, null, 'value cannot be null')
  return inputData(name, JSON.stringify(value), 'value is not a string')
}
