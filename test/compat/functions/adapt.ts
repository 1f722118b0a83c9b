import type { Adapter } from '../../../src/core/adapt/adapter.ts'
import type { Vendor } from '../../../src/core/adapt/adapter-schemas.ts'
import { adaptIglu } from '../../../src/core/adapt/iglu.ts'
import { adaptRedirect } from '../../../src/core/adapt/redirect.ts'
import { adaptTp1 } from '../../../src/core/adapt/tp1.ts'
import { adaptTp2 } from '../../../src/core/adapt/tp2.ts'
import {
  completeSchemas,
  coreDefaults,
  type CollectorPayload,
  type FailureDetail,
  type RawEvent,
} from '../../../src/core/index.ts'
import { withSchemas } from '../../../src/core/validate/at-hand.ts'
import { embeddedSchemas, EmbeddedRegistry, SchemaResolver } from '../../../src/iglu/index.ts'
import { systemClock } from '../../../src/lib/index.ts'
import { isFields } from '../corpus.ts'
import { describeCommon, fields, text, textOrNull, texts, type Fields } from './decode.ts'
import type { GoldenFunction } from './types.ts'
import { webhookHelpers, webhooks } from './webhooks.ts'

/* Snowplow's adapters, by ours. */

const schemas = new SchemaResolver({
  registries: [new EmbeddedRegistry({ name: 'embedded' }, embeddedSchemas)],
  clock: systemClock,
})

export function readPayload(value: unknown): CollectorPayload {
  const payload = fields(value)
  const api = fields(payload['api'])
  const source = fields(payload['source'])
  const context = fields(payload['context'])
  const timestamp = textOrNull(context['timestamp'])
  return {
    vendor: text(api['vendor']),
    version: text(api['version']),
    querystring: readPairs(payload['querystring']),
    contentType: textOrNull(payload['contentType']),
    body: textOrNull(payload['body']),
    collector: text(source['name']),
    encoding: text(source['encoding']),
    hostname: textOrNull(source['hostname']),
    timestamp: timestamp === null ? null : Date.parse(timestamp),
    ipAddress: textOrNull(context['ipAddress']),
    useragent: textOrNull(context['useragent']),
    refererUri: textOrNull(context['refererUri']),
    headers: texts(context['headers']),
    networkUserId: textOrNull(context['userId']),
  }
}

function readPairs(value: unknown): [string, string | null][] {
  if (!Array.isArray(value)) throw new TypeError(`not a list: ${JSON.stringify(value)}`)
  return value.map(([name, value]: readonly unknown[]) => [text(name), textOrNull(value)])
}

function describeEvent({ payload, parameters }: RawEvent): Fields {
  return { _type: 'RawEvent', ...describeCommon(payload), parameters: Object.fromEntries(parameters) }
}

const selfDescribingErrors = {
  INVALID_IGLUURI: 'InvalidIgluUri',
  INVALID_SCHEMAVER: 'InvalidSchemaVer',
  INVALID_DATA_PAYLOAD: 'InvalidData',
  INVALID_SCHEMA: 'InvalidSchema',
} as const

export function describeFailure(failure: FailureDetail): Fields {
  const { type, ...details } = failure
  if (failure.type === 'NotIglu') {
    return { _type: type, json: failure.json, error: { _type: selfDescribingErrors[failure.error] } }
  }
  if (failure.type === 'IgluError') {
    return { _type: type, schemaKey: failure.schemaKey, error: describeIgluError(fields(failure.error)) }
  }
  return { _type: type, ...details }
}

function describeIgluError(error: Fields): Fields {
  const { dataReports, schemaIssues, supersededBy = null } = error
  if (Array.isArray(dataReports)) {
    const messages = dataReports.map((report: unknown) => ({ _type: 'ValidatorReport', ...fields(report) }))
    return { _type: 'ValidationError', error: { _type: 'InvalidData', messages }, supersededBy }
  }
  return schemaIssues === undefined
    ? { _type: 'ResolutionError', ...error }
    : { _type: 'ValidationError', error: { _type: 'InvalidSchema', issues: schemaIssues }, supersededBy }
}

function toRawEvents(adapter: Adapter, vendor?: Vendor): GoldenFunction {
  return async ({ args, config, input }) => {
    const payload = readPayload(fields(args)['payload'])
    const { adapter_schemas: own } = isFields(config) ? config : {}
    const adaptersSchemas = completeSchemas(
      vendor !== undefined && isFields(own) ? { [vendor]: own as Record<string, string> } : {},
    )
    const tools = { maxJsonDepth: coreDefaults.maxJsonDepth, adaptersSchemas }
    const adapted = await withSchemas(schemas, lookup => adapter(payload, { ...tools, lookup }))
    const described =
      'events' in adapted
        ? { valid: adapted.events.map(describeEvent) }
        : { invalid: adapted.failures.map(describeFailure) }
    return isLoaded(input) ? { valid: described } : described
  }
}

/** Whether the payload is what a loader gave: the result of both is wrapped twice. */
function isLoaded({ args }: Fields): boolean {
  const payload = isFields(args) ? args['payload'] : null
  return isFields(payload) && '_result_of' in payload
}

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'Tp1Adapter.toRawEvents': toRawEvents(adaptTp1),
  'Tp2Adapter.toRawEvents': toRawEvents(adaptTp2),
  'RedirectAdapter.toRawEvents': toRawEvents(adaptRedirect),
  'IgluAdapter.toRawEvents': toRawEvents(adaptIglu),
  ...Object.fromEntries(
    webhooks.map(([name, vendor, adapter]) => [`${name}.toRawEvents`, toRawEvents(adapter, vendor)]),
  ),
  ...webhookHelpers(describeFailure),
}
