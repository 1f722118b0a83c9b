import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../lib/index.ts'
import { exchange, FakeStream, open, payloadData, post, tp2 } from './test-collector.ts'

const event = payloadData([{ e: 'pv', p: 'web', tv: 'js' }])

test('nobody is told 200 before the stream has the record', async t => {
  const { url, raw } = await open(t)
  const release = raw.hold()
  let answered = false
  const responses = [post(`${url}${tp2}`, event), fetch(`${url}/i?e=pv`)].map(async pending => {
    const { status } = await pending
    answered = true
    return { status, durable: raw.records.length }
  })
  await raw.offered(2)
  // The collector is alive, and still these two have no answer.
  assert.equal((await fetch(`${url}/health`)).status, 200)
  assert.equal(answered, false)
  release()
  for (const { status, durable } of await Promise.all(responses)) {
    assert.equal(status, 200)
    assert.ok(durable > 0)
  }
})

test('requests that come while the stream is busy go in one call', async t => {
  const { url, port, raw } = await open(t, { config: { maxConcurrentPuts: 1 } })
  const release = raw.hold()
  const first = post(`${url}${tp2}`, event)
  await raw.offered()
  const get = 'GET /i?e=pv HTTP/1.1\r\nHost: a\r\n'
  const more = exchange(port, `${get}\r\n`.repeat(19), `${get}Connection: close\r\n\r\n`)
  // By the answer to the second of these the collector has read what was written before the first.
  for (let count = 0; count < 2; count++) await fetch(`${url}/health`)
  release()
  assert.equal((await first).status, 200)
  assert.equal((await more).match(/HTTP\/1\.1 200/g)?.length, 20)
  assert.equal(raw.records.length, 21)
  assert.deepEqual(raw.calls, [1, 20])
})

test('a call is never larger than configured, unless one request alone is', async t => {
  const { url, raw } = await open(t, { config: { maxConcurrentPuts: 1, maxBatchRecords: 3 } })
  const release = raw.hold()
  const responses = Array.from({ length: 10 }, () => post(`${url}${tp2}`, event))
  await raw.offered()
  release()
  await Promise.all(responses)
  assert.equal(raw.records.length, 10)
  assert.ok(raw.calls.every(records => records <= 3))
})

test('while the stream is down every request is told to come back, and after that all is well', async t => {
  const { url, raw, events } = await open(t)
  raw.break()
  for (const response of [await post(`${url}${tp2}`, event), await fetch(`${url}/i?e=pv`)]) {
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '5')
    assert.equal(response.headers.get('set-cookie'), null)
  }
  assert.equal((await fetch(`${url}/health`)).status, 200)
  assert.equal((await fetch(`${url}/sink-health`)).status, 503)
  raw.mend()
  assert.equal((await post(`${url}${tp2}`, event)).status, 200)
  assert.equal((await fetch(`${url}/sink-health`)).status, 200)
  assert.equal(raw.records.length, 1)
  const told = events.map(({ type }) => type)
  assert.equal(told.filter(type => type === 'collector-sink-failed').length, 2)
  assert.equal(told.filter(type => type === 'request-refused').length, 2)
  assert.equal(told.filter(type => type === 'request-accepted').length, 1)
})

test('a collector that could write nothing for seconds is not healthy, and says why', async t => {
  let passed = 0
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + passed }
  const { url, raw } = await open(t, { clock })
  const health = async () => {
    const response = await fetch(`${url}/health`)
    return [response.status, await response.text()]
  }
  raw.break()
  await post(`${url}${tp2}`, event)
  passed += 6_000
  // One failure tells nothing of the seconds after it.
  assert.deepEqual(await health(), [200, 'OK'])
  await post(`${url}${tp2}`, event)
  const why = 'Service Unavailable: every write to raw has failed for 6 s; the log says why'
  assert.deepEqual(await health(), [503, why])
  // Whoever looked away because of it looks back after a while, and sees.
  passed += 31_000
  assert.deepEqual(await health(), [200, 'OK'])
  await post(`${url}${tp2}`, event)
  assert.deepEqual(await health(), [200, 'OK'])
  passed += 6_000
  await post(`${url}${tp2}`, event)
  assert.deepEqual(await health(), [503, why])
  raw.mend()
  assert.equal((await post(`${url}${tp2}`, event)).status, 200)
  assert.deepEqual(await health(), [200, 'OK'])
})

test('a stream that does not answer makes 503, at once for those who come later, until it answers', async t => {
  const { url, raw, observed } = await open(t, { config: { maxConcurrentPuts: 1, putTimeoutMs: 50 } })
  const release = raw.hold()
  assert.equal((await post(`${url}${tp2}`, event)).status, 503)
  assert.equal((await post(`${url}${tp2}`, event)).status, 503)
  assert.equal(raw.calls.length, 1)
  assert.equal((await fetch(`${url}/sink-health`)).status, 503)
  assert.match(await (await fetch(`${url}/health`)).text(), /raw does not answer/)
  release()
  await observed('collector-batch-written')
  assert.equal((await post(`${url}${tp2}`, event)).status, 200)
  assert.equal((await fetch(`${url}/sink-health`)).status, 200)
})

test('bytes in flight are bounded: who comes when there is no room is told to come back', async t => {
  const { url, raw, observed } = await open(t, { config: { maxBytesInFlight: 10_000 } })
  const release = raw.hold()
  const large = payloadData([{ e: 'pv', page: 'x'.repeat(3_000) }])
  const taken = post(`${url}${tp2}`, large)
  await raw.offered()
  const refused = await post(`${url}${tp2}`, large)
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('retry-after'), '5')
  assert.equal((await observed('request-refused')).reason, 'overloaded')
  release()
  assert.equal((await taken).status, 200)
  assert.equal((await post(`${url}${tp2}`, large)).status, 200)
})

test('room is given back whatever becomes of a request', async t => {
  const { url, raw } = await open(t, { config: { maxBytesInFlight: 10_000, maxBodyBytes: 4_000 } })
  const body = payloadData([{ e: 'pv', page: 'x'.repeat(3_000) }])
  raw.break()
  for (let count = 0; count < 5; count++) assert.equal((await post(`${url}${tp2}`, body)).status, 503)
  raw.mend()
  for (let count = 0; count < 5; count++) {
    assert.equal((await post(`${url}${tp2}`, body.repeat(2))).status, 413)
    assert.equal((await post(`${url}${tp2}`, body)).status, 200)
  }
})

test('a request is only good when both its good and its bad records are durable', async t => {
  const bad = new FakeStream('bad')
  const { url, raw } = await open(t, { bad, config: { maxRecordBytes: 2_000 } })
  bad.break()
  const mixed = payloadData([{ e: 'pv' }, { e: 'pv', page: 'x'.repeat(3_000) }])
  assert.equal((await post(`${url}${tp2}`, mixed)).status, 503)
  bad.mend()
  assert.equal((await post(`${url}${tp2}`, mixed)).status, 200)
  assert.equal(bad.records.length, 1)
  // The good event is there twice now: nothing is lost, and the tracker was told to send all of it again.
  assert.equal(raw.records.length, 2)
})
