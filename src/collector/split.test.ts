import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FakeStream, open, payloadData, post, tp2, type OpenCollector } from './test-collector.ts'

interface PayloadData {
  readonly schema: string
  readonly data: readonly unknown[]
}

function eventsIn(stream: FakeStream): unknown[] {
  return stream.requests.flatMap(({ body }) => (JSON.parse(body ?? '') as PayloadData).data)
}

interface SizeViolation {
  readonly schema: string
  readonly data: {
    readonly processor: unknown
    readonly failure: Record<string, unknown>
    readonly payload: string
  }
}

function badRows({ bad }: OpenCollector): SizeViolation[] {
  return bad.records.map(({ data }) => JSON.parse(Buffer.from(data).toString()) as SizeViolation)
}

const config = { maxRecordBytes: 4_000 }

test('a payload too large for one record is split by its events, in order', async t => {
  const { url, raw, observed } = await open(t, { config })
  const events = Array.from({ length: 50 }, (_, index) => ({
    e: 'pv',
    eid: String(index),
    page: 'ü'.repeat(100),
  }))
  assert.equal((await post(`${url}${tp2}?aid=shop`, payloadData(events))).status, 200)
  assert.ok(raw.records.length > 1)
  assert.deepEqual(eventsIn(raw), events)
  for (const { data, partitionKey } of raw.records)
    assert.ok(data.length + partitionKey.length <= config.maxRecordBytes)
  for (const { path, querystring, contentType, body } of raw.requests) {
    assert.equal(path, tp2)
    assert.equal(querystring, 'aid=shop')
    assert.equal(contentType, 'application/json; charset=utf-8')
    assert.match(
      body ?? '',
      /^{"schema":"iglu:com.snowplowanalytics.snowplow\/payload_data\/jsonschema\/1-0-4"/,
    )
  }
  const { networkUserId, timestamp } = raw.requests[0] ?? {}
  assert.ok(raw.requests.every(request => request.networkUserId === networkUserId))
  assert.ok(raw.requests.every(request => request.timestamp === timestamp))
  assert.equal((await observed('request-accepted')).records, raw.records.length)
  assert.equal(raw.calls.length, 1)
})

test('whatever the events, each arrives once, in order, good if it fits and bad if not', async t => {
  const { url, raw, bad } = await open(t, { config })
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 1_500 }),
    fc.string({ minLength: 3_000, maxLength: 4_000 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 12 }), async pages => {
      raw.records.length = 0
      bad.records.length = 0
      const events = pages.map((page, index) => ({ page, index }))
      assert.equal((await post(`${url}${tp2}`, payloadData(events))).status, 200)
      const good = eventsIn(raw)
      const indexes = new Set(good.map(event => (event as { index: number }).index))
      assert.deepEqual(
        good,
        events.filter(({ index }) => indexes.has(index)),
      )
      assert.equal(good.length + bad.records.length, events.length)
      assert.ok(events.every(({ page, index }) => indexes.has(index) || page.length > 1_000))
      for (const { data, partitionKey } of [...raw.records, ...bad.records])
        assert.ok(data.length + partitionKey.length <= config.maxRecordBytes)
    }),
    { numRuns: 60 },
  )
})

test('an event that fits in no record becomes a size violation, is told, and the others are good', async t => {
  const collector = await open(t, { config })
  const { url, raw, observed } = collector
  const large = { e: 'pv', page: 'x'.repeat(5_000) }
  const response = await post(`${url}${tp2}`, payloadData([{ e: 'a' }, large, { e: 'b' }]))
  assert.equal(response.status, 200)
  assert.deepEqual(eventsIn(raw), [{ e: 'a' }, { e: 'b' }])
  const [row, ...more] = badRows(collector)
  assert.equal(more.length, 0)
  assert.equal(row?.schema, 'iglu:com.snowplowanalytics.snowplow.badrows/size_violation/jsonschema/1-0-0')
  assert.deepEqual(row.data.processor, { artifact: 'millrace-collector', version: '0.1.0' })
  assert.match(String(row.data.failure['timestamp']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  assert.ok(Number(row.data.failure['actualSizeBytes']) > 5_000)
  assert.ok(Number(row.data.failure['maximumAllowedSizeBytes']) <= 4_000)
  assert.equal(
    row.data.failure['expectation'],
    'oversized collector payload: a single event does not fit in a record',
  )
  assert.ok(JSON.stringify(large).startsWith(row.data.payload) && row.data.payload.length > 300)
  const told = await observed('request-too-large')
  assert.equal(told.kept, true)
  assert.equal(told.limitBytes, 4_000)
})

const unsplittable: readonly (readonly [name: string, path: string, body: string])[] = [
  ['no JSON', tp2, 'x'.repeat(5_000)],
  ['JSON without events', tp2, JSON.stringify({ schema: 's', data: [], x: 'x'.repeat(5_000) })],
  ['a JSON array', tp2, JSON.stringify(['x'.repeat(5_000)])],
  [
    'JSON nested too deeply to be written again',
    tp2,
    `{"schema":"s","data":[${'['.repeat(50_000)}${']'.repeat(50_000)}]}`,
  ],
  [
    "another vendor's batch",
    '/com.acme/v1',
    payloadData(Array.from({ length: 100 }, () => ({ e: 'x'.repeat(50) }))),
  ],
]

for (const [name, path, body] of unsplittable) {
  test(`what cannot be split becomes one bad row: ${name}`, async t => {
    const collector = await open(t, { config })
    assert.equal((await post(`${collector.url}${path}`, body)).status, 200)
    assert.equal(collector.raw.records.length, 0)
    const [row] = badRows(collector)
    assert.ok(row !== undefined && body.startsWith(row.data.payload))
    assert.equal(badRows(collector).length, 1)
  })
}

test('a GET that is too large becomes a bad row', async t => {
  const collector = await open(t, { config })
  assert.equal((await fetch(`${collector.url}/i?page=${'x'.repeat(5_000)}`)).status, 200)
  assert.match(badRows(collector)[0]?.data.payload ?? '', /^page=xxx/)
})

test('a bad row fits in a record, whatever it has to quote', async t => {
  const { url, bad } = await open(t, { config })
  await post(`${url}${tp2}`, '\u0000'.repeat(10_000))
  await post(`${url}${tp2}`, '😀"'.repeat(10_000))
  for (const { data } of bad.records) assert.ok(data.length < config.maxRecordBytes)
  assert.equal(bad.records.length, 2)
})

test('without a bad stream what is too large is lost, told, and a tracker does not try it for ever', async t => {
  const { url, raw, events, observed } = await open(t, { config, bad: null })
  const large = { e: 'pv', page: 'x'.repeat(5_000) }
  assert.equal((await post(`${url}${tp2}`, payloadData([large]))).status, 422)
  assert.equal((await observed('request-too-large')).kept, false)
  assert.equal((await observed('request-refused')).reason, 'too-large-to-keep')
  assert.equal((await post(`${url}${tp2}`, payloadData([{ e: 'a' }, large]))).status, 200)
  assert.deepEqual(eventsIn(raw), [{ e: 'a' }])
  assert.equal(events.filter(event => event.type === 'request-too-large').length, 2)
})

test('a record never exceeds what the stream takes, partition key included', async t => {
  const raw = new FakeStream('raw', 3_000)
  const { url } = await open(t, { raw })
  const events = Array.from({ length: 20 }, () => ({ e: 'x'.repeat(200) }))
  assert.equal((await post(`${url}${tp2}`, payloadData(events))).status, 200)
  assert.deepEqual(eventsIn(raw), events)
  for (const { data, partitionKey } of raw.records) assert.ok(data.length + partitionKey.length <= 3_000)
})
