import type { SelfDescribingSchema } from '../embedded-registry.ts'
import { collectorPayload, eventPayloadV1, eventPayloadV2, parameters } from './bad-row-payloads.ts'
import {
  anything,
  integer,
  list,
  orNull,
  record,
  schema,
  text,
  type RecordOptions,
  type Rule,
} from './notation.ts'

type Fields = Readonly<Record<string, Rule>>

const vendor = 'com.snowplowanalytics.snowplow.badrows'

const processor = record(
  { artifact: text(512), version: text({ pattern: String.raw`^(\d+\.\d+\.\d+.*)$`, maxLength: 32 }) },
  { required: 'all' },
)

interface BadRow {
  readonly failure: Rule
  readonly payload: Rule
}

function badRow(
  name: string,
  version: string,
  description: string,
  { failure, payload }: BadRow,
): SelfDescribingSchema {
  const fields = { failure, payload, processor }
  return schema(vendor, name, version, description, record(fields, { required: 'all' }))
}

function failureWith(fields: Fields, options: RecordOptions = { required: 'all' }): Rule {
  return record({ timestamp: text({ format: 'date-time' }), ...fields }, options)
}

const inputData = { field: text(64), value: orNull(text()), expectation: text(256) }
const textError = { field: text(64), value: orNull(text()), error: text() }

const notJson = record(inputData, { required: ['field', 'expectation'] })
const notIglu = record(textError, { required: ['field', 'error'] })

const collectorMessage = record(
  {
    json: anything,
    error: text({ enum: ['INVALID_SCHEMAVER', 'INVALID_IGLUURI', 'INVALID_DATA_PAYLOAD', 'INVALID_SCHEMA'] }),
  },
  { required: 'all' },
)

const criterionMismatch = record({ schemaKey: text(), schemaCriterion: text() }, { required: 'all' })

const resolutionError = {
  properties: {
    error: { enum: ['ResolutionError'] },
    lookupHistory: list(
      record(
        {
          // As it stands in the original.
          repostitory: text(),
          errors: list(
            record(
              { error: { enum: ['RepoFailure', 'ClientFailure', 'NotFound'] }, message: text(256) },
              { required: ['error'], open: true },
            ),
            { minItems: 1 },
          ),
          attempts: integer(0),
          lastAttempt: text({ format: 'date-time' }),
        },
        { required: ['repository', 'errors', 'attempts', 'lastAttempt'], open: true },
      ),
      { minItems: 1 },
    ),
  },
  required: ['error', 'lookupHistory'],
  additionalProperties: false,
}

const dataReports = list(
  {
    properties: {
      message: text(),
      path: orNull(text()),
      keyword: orNull(text()),
      targets: orNull({ type: 'array' }),
    },
    required: ['path', 'message', 'keyword', 'targets'],
    additionalProperties: false,
  },
  { minItems: 1 },
)

const schemaIssues = list(record({ path: text(), message: text() }, { required: 'all' }), { minItems: 1 })

/** `more` is what else a ValidationError may say. */
function igluErrorWith(more: Fields): Rule {
  const error = { enum: ['ValidationError'] }
  return record({
    schemaKey: text(),
    error: {
      anyOf: [
        resolutionError,
        {
          properties: { error, ...more, dataReports },
          required: ['dataReports'],
          additionalProperties: false,
        },
        { properties: { error, ...more, schemaIssues }, required: ['error'], additionalProperties: false },
      ],
    },
  })
}

const igluError = igluErrorWith({})
const igluErrorSuperseded = igluErrorWith({ supersededBy: orNull(text(32)) })

function trackerFailure(iglu: Rule): Rule {
  const messages = list({ anyOf: [notJson, notIglu, collectorMessage, criterionMismatch, iglu] })
  return failureWith({ vendor: text(64), version: text(16), messages })
}

function schemaFailure(iglu: Rule): Rule {
  return failureWith({ messages: list({ anyOf: [notIglu, collectorMessage, criterionMismatch, iglu] }) })
}

const simpleError = record({ error: text(512) }, { required: 'all' })

function enrichmentFailure(iglu: Rule): Rule {
  const message = { type: 'object', anyOf: [notJson, simpleError, iglu] }
  const enrichment = orNull(record({ schemaKey: text(), identifier: text(256) }, { required: 'all' }))
  return failureWith({ messages: list(record({ enrichment, message }, { required: 'all' })) }, { open: true })
}

const adapterFailure = failureWith({
  vendor: text(64),
  version: text(16),
  messages: list({
    anyOf: [
      record(inputData, { required: 'all' }),
      record(textError, { required: 'all' }),
      collectorMessage,
      record(
        {
          actual: orNull(text(256)),
          expectedMapping: { type: 'object', additionalProperties: text() },
          expectation: text(256),
        },
        { required: 'all' },
      ),
    ],
  }),
})

const loaderFailure = failureWith({
  loader: text({ enum: ['clj-tomcat', 'cloudfront', 'ndjson', 'thrift', 'tsv'] }),
  message: {
    type: 'object',
    anyOf: [
      simpleError,
      record(
        { payloadField: text(64), value: orNull(text()), expectation: text(256) },
        { required: ['payloadField', 'expectation'] },
      ),
    ],
  },
})

const sizeFailure = failureWith(
  {
    maximumAllowedSizeBytes: integer(0, 1073741824),
    actualSizeBytes: integer(0, 1073741824),
    expectation: text(256),
  },
  { required: ['timestamp', 'maximumAllowedSizeBytes', 'actualSizeBytes'] },
)

const ofTracker = 'A payload that is not what trackers send'
const ofSchema = 'An event with data that do not fit their schemas'
const ofEnrichment = 'An event that an enrichment failed on'

const trackerPayload = collectorPayload(parameters(['name']))

export const badRows: readonly SelfDescribingSchema[] = [
  badRow('collector_payload_format_violation', '1-0-0', 'Something that is not the record of a collector', {
    failure: loaderFailure,
    payload: text(),
  }),
  badRow('adapter_failures', '1-0-0', 'A webhook payload that its adapter refused', {
    failure: adapterFailure,
    payload: collectorPayload(parameters(['name', 'value'])),
  }),
  badRow('tracker_protocol_violations', '1-0-0', ofTracker, {
    failure: trackerFailure(igluError),
    payload: trackerPayload,
  }),
  badRow('tracker_protocol_violations', '1-0-1', ofTracker, {
    failure: trackerFailure(igluErrorSuperseded),
    payload: trackerPayload,
  }),
  badRow('schema_violations', '1-0-0', ofSchema, {
    failure: schemaFailure(igluError),
    payload: eventPayloadV1,
  }),
  badRow('schema_violations', '2-0-0', ofSchema, {
    failure: schemaFailure(igluError),
    payload: eventPayloadV2,
  }),
  badRow('schema_violations', '2-0-1', ofSchema, {
    failure: schemaFailure(igluErrorSuperseded),
    payload: eventPayloadV2,
  }),
  badRow('enrichment_failures', '1-0-0', ofEnrichment, {
    failure: enrichmentFailure(igluError),
    payload: eventPayloadV1,
  }),
  badRow('enrichment_failures', '2-0-0', ofEnrichment, {
    failure: enrichmentFailure(igluError),
    payload: eventPayloadV2,
  }),
  badRow('enrichment_failures', '2-0-1', ofEnrichment, {
    failure: enrichmentFailure(igluErrorSuperseded),
    payload: eventPayloadV2,
  }),
  badRow('size_violation', '1-0-0', 'A record too large for its stream', {
    failure: sizeFailure,
    payload: text(),
  }),
  // Its fields are asked for in another order.
  schema(
    vendor,
    'generic_error',
    '1-0-0',
    'An event that brought the program to an unforeseen failure',
    record(
      { processor, payload: text(), failure: failureWith({ errors: list(text(), { minItems: 1 }) }) },
      { required: 'all' },
    ),
  ),
]
