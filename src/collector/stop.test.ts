import assert from 'node:assert/strict'
import { Agent, get } from 'node:http'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { MillraceError, systemClock } from '../lib/index.ts'
import { startCollector } from './index.ts'
import { collectorDefaults, FakeStream, open, payloadData, post, tp2 } from './test-collector.ts'

const event = payloadData([{ e: 'pv', p: 'web', tv: 'js' }])

test('what is in flight is answered before stop resolves, and then nobody listens', async t => {
  const { url, raw, stop } = await open(t, { config: { maxConcurrentPuts: 10 } })
  const release = raw.hold()
  const inFlight = Array.from({ length: 10 }, () => post(`${url}${tp2}`, event))
  await raw.offered(10)
  const stopped = stop()
  release()
  for (const response of await Promise.all(inFlight)) {
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('connection'), 'close')
  }
  await stopped
  assert.equal(raw.records.length, 10)
  await assert.rejects(fetch(`${url}/health`))
})

/** Asks again and again, on connections that are kept, until nobody answers. */
async function keepAsking(port: number, agent: Agent): Promise<number[]> {
  const statuses: number[] = []
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<number | null>()
    const request = get({ port, agent, host: '127.0.0.1', path: '/i?e=pv' })
    request.on('error', () => resolve(null))
    request.on('response', response => response.resume().on('end', () => resolve(response.statusCode ?? 0)))
    const status = await promise
    if (status === null) return statuses
    statuses.push(status)
  }
}

test('stopped under load, every event in the stream was answered 200, and nothing else was answered', async t => {
  const { port, raw, stop } = await open(t)
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const clients = Array.from({ length: 16 }, () => keepAsking(port, agent))
  await raw.offered(200)
  await stop()
  const statuses = (await Promise.all(clients)).flat()
  assert.ok(statuses.every(status => status === 200))
  assert.equal(raw.records.length, statuses.length)
})

test('stop may be called twice, or at once, and is one stop', async t => {
  const { stop, events } = await open(t)
  await Promise.all([stop(), stop()])
  await stop()
  assert.equal(events.filter(({ type }) => type === 'collector-stopped').length, 1)
})

test('before it stops the collector says it is not healthy, and goes on serving', async t => {
  const { url, stop, raw } = await open(t, { config: { preTerminationMs: 300 } })
  const stopped = stop()
  assert.equal((await fetch(`${url}/health`)).status, 503)
  assert.equal((await fetch(`${url}/i`)).status, 200)
  assert.equal(raw.records.length, 1)
  await stopped
  await assert.rejects(fetch(`${url}/health`))
})

test('who neither finishes nor hangs up is cut off at the deadline', async t => {
  const { url, port, raw, stop } = await open(t, { config: { terminationDeadlineMs: 50 } })
  const release = raw.hold()
  const slow = connect(port, '127.0.0.1')
  slow.on('error', () => {})
  slow.write(`POST ${tp2} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345`)
  const waiting = assert.rejects(post(`${url}${tp2}`, event))
  await raw.offered()
  const hungUp = once(slow, 'close')
  await stop()
  await Promise.all([waiting, hungUp])
  release()
})

test('an idle connection does not hold up a stop', async t => {
  const { port, stop } = await open(t, { config: { terminationDeadlineMs: 60_000 } })
  const idle = connect(port, '127.0.0.1')
  await once(idle, 'connect')
  idle.write('GET /health HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(idle, 'data')
  await stop()
})

test('a port that is taken is an error that says so', async t => {
  const { port } = await open(t)
  const parts = { producer: new FakeStream('raw'), clock: systemClock, observe: () => {} }
  await assert.rejects(
    startCollector({ ...collectorDefaults, port }, parts),
    (error: unknown) =>
      error instanceof MillraceError && error.code === 'collector' && error.message.includes(String(port)),
  )
})
