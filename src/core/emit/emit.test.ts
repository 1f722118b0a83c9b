import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileSchema, embeddedSchemas, parseSchemaKey } from '../../iglu/index.ts'
import type { BadRow, Outcome } from '../bad-row.ts'
import { columns } from '../columns.ts'
import type { Modifications } from '../enrich/pii/modifications.ts'
import { EnrichedEvent, type CollectorPayload, type RawEvent, type RawRecord } from '../event.ts'
import { coreDefaults, type CoreOptions } from '../options.ts'
import { emitOutcome, type CoreOutput, type Omission } from './emit.ts'
import { readTsv } from './tsv.ts'

const record: RawRecord = {
  data: Buffer.from('raw bytes'),
  origin: {
    stream: 'raw',
    shardId: 'shardId-000000000001',
    sequence: '49590338271490256608559692538361571095',
    subSequence: 0,
  },
  processedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
}
const payload: CollectorPayload = {
  vendor: 'com.snowplowanalytics.snowplow',
  version: 'tp2',
  querystring: [
    ['e', 'pv'],
    ['aid', null],
  ],
  contentType: 'application/json',
  body: '{}',
  collector: 'ssc-3.2.0-kinesis',
  encoding: 'UTF-8',
  hostname: 'collector.example',
  timestamp: Date.UTC(2026, 0, 2),
  ipAddress: '1.2.3.4',
  useragent: 'Mozilla/5.0',
  refererUri: null,
  headers: ['Accept: */*'],
  networkUserId: '8712a379-4bcb-46ee-815d-85f26540577f',
}
const raw: RawEvent = { payload, parameters: new Map([['e', 'pv']]) }

function newEvent(): EnrichedEvent {
  const event = new EnrichedEvent()
  event.app_id = 'shop'
  event.txn_id = 7
  event.tr_total = '12.50'
  event.geo_latitude = 51.7167
  event.br_cookies = 1
  event.user_id = 'alex'
  return event
}

function emit(outcome: Outcome, over: Partial<CoreOptions> = {}, omitted: Omission[] = []): CoreOutput[] {
  const options = { ...coreDefaults, ...over }
  return emitOutcome(outcome, { record, index: 2, options, omit: what => omitted.push(what) })
}

function first([output]: readonly CoreOutput[]): CoreOutput {
  assert.ok(output !== undefined)
  return output
}

function emitBad(row: BadRow, options: Partial<CoreOptions> = {}): CoreOutput {
  return first(emit({ kind: 'bad', row }, options))
}

function emitGood(event: EnrichedEvent, options: Partial<CoreOptions> = {}): CoreOutput {
  return first(emit({ kind: 'good', event }, options))
}

interface WrittenRow {
  readonly schema: string
  readonly data: { readonly failure: Record<string, unknown>; readonly payload: unknown }
}

function textOf({ data }: CoreOutput): string {
  return Buffer.from(data).toString()
}

function rowOf(output: CoreOutput): WrittenRow {
  return JSON.parse(textOf(output)) as WrittenRow
}

const lookupHistory = [
  {
    repository: 'Iglu Central',
    errors: [{ error: 'NotFound' }],
    attempts: 1,
    lastAttempt: '2026-01-02T03:04:05.678Z',
  },
]
const schemaKey = 'iglu:com.acme/a/jsonschema/1-0-0'
const event = newEvent()
const inputData = { type: 'InputData', field: 'tid', value: 'x', expectation: 'a number' } as const
const resolutionError = {
  type: 'IgluError',
  schemaKey,
  error: { error: 'ResolutionError', lookupHistory },
} as const
const validationError = {
  type: 'IgluError',
  schemaKey,
  error: {
    error: 'ValidationError',
    dataReports: [{ message: '$.a: is missing', path: '$', keyword: 'required', targets: ['a'] }],
    supersededBy: '1-0-1',
  },
} as const

const rows: readonly BadRow[] = [
  {
    type: 'collector_payload_format_violation',
    loader: 'thrift',
    message: { error: 'no Thrift '.repeat(100) },
    payload: Buffer.from('x'),
  },
  {
    type: 'collector_payload_format_violation',
    loader: 'thrift',
    message: { payloadField: 'path', value: null, expectation: 'a path' },
    payload: Buffer.from('x'),
  },
  {
    type: 'adapter_failures',
    messages: [
      inputData,
      { type: 'NotJson', field: 'body', value: '{', error: 'no JSON' },
      { type: 'NotIglu', json: { a: 1 }, error: 'INVALID_DATA_PAYLOAD' },
      {
        type: 'SchemaMapping',
        actual: null,
        expectedMapping: { a: schemaKey },
        expectation: 'x'.repeat(300),
      },
    ],
    payload,
  },
  {
    type: 'tracker_protocol_violations',
    messages: [
      { ...inputData, value: null },
      { type: 'CriterionMismatch', schemaKey, schemaCriterion: 'iglu:com.acme/b/jsonschema/1-0-*' },
      resolutionError,
    ],
    payload: { ...payload, timestamp: null, hostname: null },
  },
  {
    type: 'schema_violations',
    messages: [
      { type: 'NotJson', field: 'ue_properties', value: null, error: 'no JSON' },
      { type: 'NotIglu', json: [], error: 'INVALID_IGLUURI' },
      resolutionError,
      validationError,
    ],
    event,
    raw,
  },
  {
    type: 'enrichment_failures',
    messages: [
      { enrichment: null, message: inputData },
      {
        enrichment: { schemaKey, identifier: 'x'.repeat(300) },
        message: { type: 'Simple', error: 'y'.repeat(600) },
      },
      { enrichment: { schemaKey, identifier: 'enrichments-contexts-validation' }, message: validationError },
    ],
    event,
    raw,
  },
  {
    type: 'size_violation',
    maximumAllowedSizeBytes: 10,
    actualSizeBytes: 11,
    expectation: 'smaller',
    payload: 'abc',
  },
  { type: 'generic_error', errors: ['a bug'], payload: Buffer.from('x') },
]

test('every bad row fits the schema that it names', () => {
  for (const row of rows) {
    const { schema, data } = rowOf(emitBad(row))
    const key = parseSchemaKey(schema)
    const document = embeddedSchemas.get(schema)
    if (typeof key === 'string' || document === undefined) assert.fail(`no schema ${schema}`)
    assert.deepEqual(compileSchema(key, document).validate(data), [], row.type)
  }
})

test('a bad row carries the event as far as it had come, decimals and transaction as text', () => {
  const [row] = rows.filter(({ type }) => type === 'enrichment_failures')
  if (row === undefined) assert.fail()
  const { enriched, raw } = rowOf(emitBad(row)).data.payload as Record<string, Record<string, unknown>>
  assert.equal(Object.keys(enriched ?? {}).length, columns.length)
  assert.equal(enriched?.['txn_id'], '7')
  assert.equal(enriched?.['tr_total'], '12.50')
  assert.equal(enriched?.['geo_latitude'], 51.7167)
  assert.equal(enriched?.['br_cookies'], 1)
  assert.equal(enriched?.['se_value'], null)
  assert.equal(raw?.['loaderName'], 'ssc-3.2.0-kinesis')
  assert.equal(raw?.['userId'], '8712a379-4bcb-46ee-815d-85f26540577f')
  assert.deepEqual(raw?.['parameters'], [{ name: 'e', value: 'pv' }])
})

test('what a tracker sent is kept whole where our own words are cut', () => {
  const value = 'v'.repeat(5000)
  const messages = [{ ...inputData, value, expectation: 'e'.repeat(5000) }]
  const { data } = rowOf(
    emitBad({ type: 'adapter_failures', messages, payload: { ...payload, body: value } }),
  )
  assert.equal((data.payload as CollectorPayload).body, value)
  const [message] = data.failure['messages'] as readonly { value: string; expectation: string }[]
  assert.equal(message?.value, value)
  assert.equal(message?.expectation.length, 256)
})

test('a timestamp that the schemas have no text for is null', () => {
  for (const timestamp of [9e15, 8.64e15, 253_402_300_800_000, -62_167_219_200_001]) {
    const { data } = rowOf(
      emitBad({ type: 'adapter_failures', messages: [inputData], payload: { ...payload, timestamp } }),
    )
    assert.equal((data.payload as CollectorPayload).timestamp, null)
  }
})

test('a line that fits with its key is good, one byte more is a size violation', () => {
  const { data, partitionKey, kind } = emitGood(newEvent())
  assert.equal(kind, 'good')
  const size = data.length + Buffer.byteLength(partitionKey)
  assert.equal(emitGood(newEvent(), { maxRecordBytes: size }).kind, 'good')
  assert.equal(emitGood(newEvent(), { maxRecordBytes: size - 1 }).kind, 'bad')
})

test('a violation that is too large itself is cut to a tenth', () => {
  const long = newEvent()
  long.page_title = 'é'.repeat(2000)
  const violation = emitGood(long, { maxRecordBytes: 2048 })
  assert.equal(violation.kind, 'bad')
  const { schema, data: row } = rowOf(violation)
  assert.equal(schema, 'iglu:com.snowplowanalytics.snowplow.badrows/size_violation/jsonschema/1-0-0')
  assert.ok(violation.data.length + Buffer.byteLength(violation.partitionKey) <= 2048)
  assert.equal(row.failure['maximumAllowedSizeBytes'], 2048)
  assert.match(String(row.failure['expectation']), /^event failed enrichment, but resulting bad row exceeds/)
})

test('a line that is too large is cut to eight tenths', () => {
  const long = newEvent()
  long.page_title = 'e'.repeat(5000)
  const { data } = rowOf(emitGood(long, { maxRecordBytes: 5000 }))
  assert.equal(
    data.failure['expectation'],
    'event passed enrichment but then exceeded the maximum allowed size 5000 bytes',
  )
  assert.equal(String(data.payload).length, 4000)
})

test('a bad row that is too large is cut to a tenth, and the cut spares surrogate pairs', () => {
  const output = emitBad(
    { type: 'adapter_failures', messages: [inputData], payload: { ...payload, body: '😀'.repeat(9000) } },
    { maxRecordBytes: 20_000 },
  )
  const { schema, data } = rowOf(output)
  assert.match(schema, /size_violation/)
  assert.ok(String(data.payload).length >= 1999)
  assert.ok(String(data.payload).isWellFormed())
  assert.ok(output.data.length <= 20_000)
})

test('the partition key is the column’s value', () => {
  assert.equal(emitGood(newEvent(), { partitionKey: 'user_id' }).partitionKey, 'alex')
  assert.equal(emitGood(newEvent(), { partitionKey: 'txn_id' }).partitionKey, '7')
})

test('without a value the key comes from the origin, so a replay has the same', () => {
  const key = 'shardId-000000000001:49590338271490256608559692538361571095.0.2'
  assert.equal(emitGood(newEvent()).partitionKey, key)
  assert.equal(emitGood(newEvent(), { partitionKey: 'page_url' }).partitionKey, key)
  const empty = newEvent()
  empty.user_id = ''
  assert.equal(emitGood(empty, { partitionKey: 'user_id' }).partitionKey, key)
  assert.equal(emitBad({ type: 'generic_error', errors: ['x'], payload: record.data }).partitionKey, key)
})

test('a value that is too long for a key is hashed, equal values to equal keys', () => {
  const long = newEvent()
  long.page_url = 'https://shop.example/'.padEnd(257, 'x')
  const { partitionKey } = emitGood(long, { partitionKey: 'page_url' })
  assert.equal(partitionKey.length, 64)
  assert.equal(emitGood(long, { partitionKey: 'page_url' }).partitionKey, partitionKey)
})

test('an outcome that cannot be written becomes a generic error', () => {
  const broken = newEvent()
  Object.defineProperty(broken, 'row', { get: () => assert.fail('broken') })
  const { schema, data } = rowOf(emitGood(broken))
  assert.match(schema, /generic_error/)
  assert.equal(data.payload, Buffer.from('raw bytes').toString('base64'))
})

const modifications: Modifications = {
  hashFunction: 'SHA-1',
  pojo: [{ fieldName: 'user_id', originalValue: 'alex', modifiedValue: 'a1' }],
  json: [],
}

function pseudonymous(over: Partial<Modifications> = {}): EnrichedEvent {
  const event = newEvent()
  event.event_id = 'c6ef3124-b53a-4b13-a233-0088f79dcbcb'
  event.etl_tstamp = '2026-01-02 00:00:01.000'
  event.modifications = { ...modifications, ...over }
  return event
}

test('what pseudonyms replaced is told in an event of its own', () => {
  const outputs = emit({ kind: 'good', event: pseudonymous() }, { emitPii: true })
  assert.deepEqual(
    outputs.map(({ kind, index, output }) => [kind, index, output]),
    [
      ['good', 2, 0],
      ['pii', 2, 1],
    ],
  )
  const told = readTsv(textOf(outputs[1] ?? first([])))
  assert.equal(told?.event_name, 'pii_transformation')
  assert.equal(told?.platform, 'srv')
  assert.equal(told?.app_id, 'shop')
  assert.equal(told?.user_id, null)
  assert.equal(told?.etl_tstamp, '2026-01-02 00:00:01.000')
  assert.match(told?.event_id ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.match(told?.contexts ?? '', /"parentEventId":"c6ef3124-b53a-4b13-a233-0088f79dcbcb"/)
  assert.deepEqual(JSON.parse(told?.unstruct_event ?? '').data.data, {
    pii: { pojo: modifications.pojo },
    strategy: { pseudonymize: { hashFunction: 'SHA-1' } },
  })
})

test('events about pseudonyms are the same whenever they are made', () => {
  const event = pseudonymous()
  const twice = [
    emit({ kind: 'good', event }, { emitPii: true }),
    emit({ kind: 'good', event }, { emitPii: true }),
  ]
  assert.deepEqual(twice[0], twice[1])
})

test('without a stream for them there are no events about pseudonyms', () => {
  assert.equal(emit({ kind: 'good', event: pseudonymous() }).length, 1)
})

test('an event about pseudonyms that is too large is left out, and nothing of it is in a bad row', () => {
  const pojo = [{ fieldName: 'user_id', originalValue: 'secret'.repeat(1000), modifiedValue: 'a1' }]
  const omitted: Omission[] = []
  const outputs = emit(
    { kind: 'good', event: pseudonymous({ pojo }) },
    { emitPii: true, maxRecordBytes: 3000 },
    omitted,
  )
  assert.deepEqual([outputs.map(({ kind }) => kind), omitted], [['good'], ['piiTooLarge']])
})

test('an invalid event that was accepted is written, and counted', () => {
  const omitted: Omission[] = []
  const outputs = emit({ kind: 'good', event: pseudonymous(), invalid: true }, {}, omitted)
  assert.deepEqual([outputs.map(({ kind }) => kind), omitted], [['good'], ['invalid']])
})

test('a dropped event leaves nothing but its count', () => {
  const omitted: Omission[] = []
  assert.deepEqual([emit({ kind: 'dropped' }, {}, omitted), omitted], [[], ['dropped']])
})
