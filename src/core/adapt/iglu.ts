import { parseSchemaKey, parseSelfDescribing } from '../../iglu/index.ts'
import type { FailureDetail } from '../bad-row.ts'
import { parseQuerystring } from '../decode/querystring.ts'
import type { CollectorPayload } from '../event.ts'
import { parseJsonText, type JsonText } from '../validate/json-text.ts'
import { elementsOf, membersOf } from '../validate/json-tokens.ts'
import { formType, jsonType, mediaTypeOf } from './media-type.ts'
import { asJson, failed, inputData, type Adapted, type AdapterTools } from './adapter.ts'
import { dataParameters, type ParameterMap } from './parameter-map.ts'
import { webhookEvent } from './webhook-event.ts'

const jsonTypes: readonly string[] = [jsonType, `${jsonType}; charset=utf-8`]

/**
 * A webhook for anything that can name an Iglu schema: in the querystring, with the data there too or in a body of JSON
 * or of a form; or in a body that is self-describing. Whether data fit their schema is found out later, as for any event.
 */
export function adaptIglu(payload: CollectorPayload, { maxJsonDepth }: AdapterTools): Adapted {
  const { body, contentType } = payload
  const request: WebhookRequest = { payload, querystring: new Map(payload.querystring), maxJsonDepth }
  const schema = request.querystring.get('schema') ?? null
  if (body !== null && contentType === null) return failed(otherContentType(null, [...jsonTypes, formType]))
  if (schema !== null) return adaptWithSchema(request, schema)
  if (body !== null) return adaptSelfDescribing(request, body)
  return failed(inputData('schema', null, 'empty `schema` field'), inputData('body', null, 'empty body'))
}

interface WebhookRequest {
  readonly payload: CollectorPayload
  readonly querystring: ParameterMap
  readonly maxJsonDepth: number
}

function otherContentType(contentType: string | null, expected: readonly string[]): FailureDetail {
  return inputData('contentType', contentType, `expected one of ${expected.join(', ')}`)
}

function adaptSelfDescribing(request: WebhookRequest, body: string): Adapted {
  const { contentType } = request.payload
  const mediaType = mediaTypeOf(contentType ?? '')
  if (mediaType !== jsonType) {
    return failed(otherContentType(contentType, jsonTypes))
  }
  const json = parseBody(body, request)
  if ('type' in json) return failed(json)
  const described = parseSelfDescribing(json.value)
  if (typeof described === 'string') {
    return failed({ type: 'NotIglu', json: asJson(json.value), error: described })
  }
  return eventsOf(request, described.schema.uri, [membersOf(json.text).get('data') ?? 'null'])
}

function adaptWithSchema(request: WebhookRequest, schema: string): Adapted {
  const key = parseSchemaKey(schema)
  if (typeof key === 'string') return failed(inputData('schema', schema, key))
  const { body, contentType } = request.payload
  if (body === null) return eventsOf(request, schema, [flatDataText(without(request.querystring, 'schema'))])
  const mediaType = mediaTypeOf(contentType ?? '')
  if (mediaType === formType) return adaptForm(request, schema, body)
  if (mediaType === jsonType) return adaptJson(request, schema, body)
  return failed(otherContentType(contentType, [...jsonTypes, formType]))
}

function without(parameters: ParameterMap, name: string): ParameterMap {
  return new Map([...parameters].filter(([other]) => other !== name))
}

/** Names and values as a JSON object: without what speaks about the event, and with null for what is empty. */
function flatDataText(parameters: ParameterMap): string {
  const data = dataParameters(parameters)
  return JSON.stringify(Object.fromEntries(data.map(([name, value]) => [name, value === '' ? null : value])))
}

function adaptForm(request: WebhookRequest, schema: string, body: string): Adapted {
  const form = parseQuerystring(body, 'UTF-8')
  if ('error' in form) return failed(inputData('body', body, `could not parse body: ${form.error}`))
  return eventsOf(request, schema, [JSON.stringify(Object.fromEntries(form))], 'srv')
}

function adaptJson(request: WebhookRequest, schema: string, body: string): Adapted {
  const json = parseBody(body, request)
  if ('type' in json) return failed(json)
  if (json.text.startsWith('[')) {
    if (json.text === '[]') return failed(inputData('body', body, 'empty array of events'))
    return eventsOf(request, schema, elementsOf(json.text))
  }
  const empty = !json.text.startsWith('{') || json.text === '{}'
  if (empty) return failed(inputData('body', body, 'has no key-value pairs'))
  return eventsOf(request, schema, [json.text])
}

function parseBody(body: string, { maxJsonDepth }: WebhookRequest): JsonText | FailureDetail {
  const json = parseJsonText(body, maxJsonDepth)
  return 'error' in json ? { type: 'NotJson', field: 'body', value: body, error: json.error } : json
}

/** One event for each piece of data. */
function eventsOf(
  { payload, querystring }: WebhookRequest,
  schema: string,
  data: readonly string[],
  platform = 'app',
): Adapted {
  const trackerVersion = 'com.snowplowanalytics.iglu-v1'
  return {
    events: data.map(text =>
      webhookEvent(payload, querystring, { trackerVersion, platform, schema, data: text }),
    ),
  }
}
