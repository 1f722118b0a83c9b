import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodePayload } from '../decode/collector-payload.ts'
import { parseQuerystring } from '../decode/querystring.ts'
import { readFields } from '../decode/test-apache-thrift.ts'
import { encodeCollectorPayload, type ThriftPayload } from './thrift.ts'

const words = fc.string({ unit: 'grapheme' })

const payloads: fc.Arbitrary<ThriftPayload> = fc.record(
  {
    ipAddress: words,
    timestamp: fc.maxSafeInteger(),
    encoding: fc.constant('UTF-8'),
    collector: words,
    path: fc.constant('/com.acme/v1'),
    querystring: fc.webQueryParameters(),
    networkUserId: fc.uuid(),
    userAgent: words,
    refererUri: words,
    body: words,
    headers: fc.array(words.map(text => `Name: ${text}`)),
    contentType: words,
    hostname: words,
  },
  { requiredKeys: ['ipAddress', 'timestamp', 'encoding', 'collector', 'path'] },
)

test('Apache’s library reads what is written', () => {
  fc.assert(
    fc.property(payloads, payload => {
      const read = readFields(Buffer.from(encodeCollectorPayload(payload)))
      const schema = 'iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-0'
      const written: [number, unknown][] = [
        [100, payload.ipAddress],
        [200, payload.timestamp],
        [210, payload.encoding],
        [220, payload.collector],
        [300, payload.userAgent],
        [310, payload.refererUri],
        [320, payload.path],
        [330, payload.querystring],
        [340, payload.body],
        [360, payload.contentType],
        [400, payload.hostname],
        [410, payload.networkUserId],
        [350, payload.headers],
        [31337, schema],
      ]
      assert.deepEqual(read, new Map(written.filter(([, value]) => value !== undefined)))
    }),
  )
})

test('what is written is decoded again', () => {
  fc.assert(
    fc.property(payloads, payload => {
      const decoded = decodePayload(encodeCollectorPayload(payload), { tryBase64Decoding: false })
      if ('rows' in decoded) assert.fail(JSON.stringify(decoded.rows))
      const { querystring, ...others } = decoded.payload
      assert.deepEqual(others, {
        vendor: 'com.acme',
        version: 'v1',
        contentType: payload.contentType ?? null,
        body: payload.body ?? null,
        collector: payload.collector,
        encoding: payload.encoding,
        hostname: payload.hostname ?? null,
        timestamp: payload.timestamp,
        ipAddress: payload.ipAddress,
        useragent: payload.userAgent ?? null,
        refererUri: payload.refererUri ?? null,
        headers: payload.headers ?? [],
        networkUserId: payload.networkUserId ?? null,
      })
      assert.deepEqual(querystring, parseQuerystring(payload.querystring ?? '', 'UTF-8'))
    }),
  )
})

test('text that is no Unicode is written as one replacement character each', () => {
  const payload = { ipAddress: '\ud800x', timestamp: -1, encoding: 'UTF-8', collector: '', path: '/i' }
  const decoded = decodePayload(encodeCollectorPayload(payload), { tryBase64Decoding: false })
  if ('rows' in decoded) assert.fail(JSON.stringify(decoded.rows))
  assert.equal(decoded.payload.ipAddress, '\ufffdx')
  assert.equal(decoded.payload.timestamp, -1)
})
