import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeCollectorPayload, type ThriftPayload } from '../encode/thrift.ts'
import { decodePayload } from './collector-payload.ts'
import { writeStruct, type Field } from './test-apache-thrift.ts'

const plain = { tryBase64Decoding: false }

const request: ThriftPayload = {
  ipAddress: '10.0.0.1',
  timestamp: 1_390_936_940_040,
  encoding: 'UTF-8',
  collector: 'ssc-2.9.0',
  path: '/com.acme/v1',
}

function string(id: number, value: string): Field {
  return { id, value: { type: 'string', value } }
}

const legacy: readonly Field[] = [
  { id: 1, value: { type: 'i64', value: 1_390_936_940_040 } },
  string(20, 'ssc-0.0.1'),
  string(30, 'UTF-8'),
  string(40, '10.0.2.2'),
  { id: 41, value: { type: 'struct', value: [string(3, 'e=pv')] } },
  string(45, 'localhost'),
  string(50, 'agent'),
  string(60, 'https://example.com/'),
  { id: 70, value: { type: 'list', value: ['Host: localhost'] } },
  string(80, '75a13583-5c99-40e3-81fc-541084dfc784'),
]

/** What is wrong with a record; every row must carry all of it. */
function faultsOf(data: Uint8Array, options = plain): unknown[] {
  const decoded = decodePayload(data, options)
  if ('payload' in decoded) return []
  return decoded.rows.map(row => {
    if (row.type !== 'collector_payload_format_violation') assert.fail(row.type)
    assert.equal(row.loader, 'thrift')
    assert.equal(row.payload, data)
    return row.message
  })
}

function faultsWith(changes: Partial<ThriftPayload>): unknown[] {
  return faultsOf(encodeCollectorPayload({ ...request, ...changes }))
}

test('the record of an old collector is a request for the pixel', () => {
  assert.deepEqual(decodePayload(writeStruct(legacy), plain), {
    payload: {
      vendor: 'com.snowplowanalytics.snowplow',
      version: 'tp1',
      querystring: [['e', 'pv']],
      contentType: null,
      body: null,
      collector: 'ssc-0.0.1',
      encoding: 'UTF-8',
      hostname: 'localhost',
      timestamp: 1_390_936_940_040,
      ipAddress: '10.0.2.2',
      useragent: 'agent',
      refererUri: 'https://example.com/',
      headers: ['Host: localhost'],
      networkUserId: '75a13583-5c99-40e3-81fc-541084dfc784',
    },
  })
})

test('a record of another schema is refused', () => {
  const wanted = 'iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-*'
  for (const [schema, error] of [
    ['iglu:a/b/thrift/1-0-0', `verifying record as ${wanted} failed: found iglu:a/b/thrift/1-0-0`],
    ['a/b', 'could not parse schema: INVALID_IGLUURI'],
    ['iglu:a/b/thrift/0-1-0', 'could not parse schema: INVALID_SCHEMAVER'],
  ] as const) {
    assert.deepEqual(faultsOf(writeStruct([string(31337, schema)])), [{ error }])
  }
})

test('bytes that are no record are refused', () => {
  assert.deepEqual(faultsOf(Buffer.from('not thrift')), [
    { error: 'error deserializing raw event: unrecognized type 110 at byte 3' },
  ])
  assert.deepEqual(faultsOf(Buffer.alloc(0)), [
    { error: 'error deserializing raw event: 1 bytes wanted, 0 left at byte 0' },
  ])
})

test('an encoding that is missing or unknown is refused', () => {
  assert.deepEqual(faultsWith({ encoding: 'UTF-9' }), [
    { error: 'error deserializing raw event: unknown encoding UTF-9' },
  ])
  assert.deepEqual(faultsOf(writeStruct([])), [
    { error: 'error deserializing raw event: no encoding is given' },
  ])
})

test('everything that is wrong with a request is told', () => {
  const expectation = 'path does not match (/)vendor/version(/) nor is a legacy /i(ce.png) request'
  assert.deepEqual(faultsWith({ querystring: 'a=\tb', path: '/a/b/c', networkUserId: 'me' }), [
    {
      payloadField: 'querystring',
      value: 'a=\tb',
      expectation:
        'could not extract name-value pairs from querystring with encoding UTF-8: ' +
        'Illegal character in query at index 20: http://localhost/?a=    b',
    },
    { payloadField: 'path', value: '/a/b/c', expectation },
    { payloadField: 'networkUserId', value: 'me', expectation: 'not valid UUID' },
  ])
})

test('a request must have a path', () => {
  assert.deepEqual(faultsWith({ path: undefined }), [
    { payloadField: 'path', value: null, expectation: 'request does not contain a path' },
  ])
})

test('the path says vendor and version, or is the pixel’s', () => {
  for (const [path, api] of [
    ['/com.acme/v1', 'com.acme v1'],
    ['com.acme/v1/', 'com.acme v1'],
    ['/i', 'com.snowplowanalytics.snowplow tp1'],
    ['/ice.png', 'com.snowplowanalytics.snowplow tp1'],
    ['/ice.png/x', 'ice.png x'],
  ] as const) {
    const decoded = decodePayload(encodeCollectorPayload({ ...request, path }), plain)
    if ('rows' in decoded) assert.fail(path)
    assert.equal(`${decoded.payload.vendor} ${decoded.payload.version}`, api)
  }
})

test('base64 is decoded only when that is asked for', () => {
  const encoded = Buffer.from(Buffer.from(encodeCollectorPayload(request)).toString('base64') + '\n')
  assert.equal(faultsOf(encoded).length, 1)
  assert.deepEqual(faultsOf(encoded, { tryBase64Decoding: true }), [])
  assert.deepEqual(faultsOf(encodeCollectorPayload(request), { tryBase64Decoding: true }), [])
  assert.deepEqual(faultsOf(Buffer.from('{...}'), { tryBase64Decoding: true }), [
    { error: 'error deserializing raw event: unrecognized type 123 at byte 3' },
  ])
})

test('a view into a larger buffer is read at its place', () => {
  const record = encodeCollectorPayload(request)
  const larger = new Uint8Array(record.length + 20)
  larger.set(record, 10)
  assert.deepEqual(
    decodePayload(larger.subarray(10, 10 + record.length), plain),
    decodePayload(record, plain),
  )
})

test('any bytes give a payload or bad rows', () => {
  const record = encodeCollectorPayload({ ...request, querystring: 'e=pv', headers: ['A: b'], body: '{}' })
  const damaged = fc
    .array(fc.tuple(fc.nat(record.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 10 })
    .map(changes => changes.reduce((bytes, [at, byte]) => bytes.with(at, byte), record))
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged),
      fc.boolean(),
      (data, tryBase64Decoding) => {
        const decoded = decodePayload(data, { tryBase64Decoding })
        assert.ok('payload' in decoded || decoded.rows.length > 0)
      },
    ),
    { numRuns: 2000 },
  )
})
