import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import {
  createLog,
  createMetrics,
  createReports,
  observeAll,
  unobserved,
  type MillraceEvent,
  type Observe,
  type ReportsOptions,
} from './index.ts'
import { PeriodicReport } from './report.ts'
import type { Sample } from './reported.ts'
import { closedPort, startTestStatsd } from './test-statsd.ts'

// Tests that end with the stop of a report need no period.
const never = 3_600_000
const quick = 20

const batch: Extract<MillraceEvent, { type: 'batch-committed' }> = {
  type: 'batch-committed',
  shardId: 'shard-0',
  stream: 'raw',
  position: 'after 7',
  records: 10,
  good: 20,
  bad: 30,
  failed: 2,
  pii: 0,
  dropped: 1,
  invalid: 3,
  bytes: 3000,
  ms: 12,
  millisBehindLatest: 250,
  latenciesMs: [20, 10_000, 40],
}

interface Started {
  readonly tell: Observe
  readonly events: MillraceEvent[]
  /** Resolves with the first event of this type, also when it was told already. */
  readonly heard: (type: MillraceEvent['type']) => Promise<void>
  readonly stop: () => Promise<void>
}

function start(t: TestContext, options: Partial<ReportsOptions>): Started {
  const metrics = createMetrics({ version: '1' })
  const events: MillraceEvent[] = []
  const waiting: (() => void)[] = []
  const observe = (event: MillraceEvent) => {
    events.push(event)
    for (const look of waiting.splice(0)) look()
  }
  const reports = createReports({ metrics, reporters: ['worker'], observe, ...options })
  reports.start()
  t.after(() => reports.stop())
  return {
    tell: observeAll(metrics.observe, reports.observe),
    events,
    async heard(type) {
      while (!events.some(event => event.type === type))
        await new Promise<void>(resolve => waiting.push(resolve))
    },
    stop: () => reports.stop(),
  }
}

const to = (port: number, periodMs = never, tags: Record<string, string> = {}) => ({
  quietMs: quick,
  hostname: '127.0.0.1',
  port,
  tags,
  periodMs,
})

test('a worker sends what Enrich sends, with tags as DogStatsD has them', async t => {
  const server = await startTestStatsd(t)
  const statsd = { ...to(server.port, never, { tag1: 'abc', env: 'prod' }), prefix: 'snowplow.test.' }
  const { tell, stop } = start(t, { statsd })
  tell({ ...batch, latenciesMs: [20, 10_000] })
  tell({ ...batch, latenciesMs: [70, 80] })
  await stop()
  await server.came(/e2e/)
  assert.deepEqual(server.lines(), [
    'snowplow.test.raw:20|c|#tag1:abc,env:prod',
    'snowplow.test.good:40|c|#tag1:abc,env:prod',
    'snowplow.test.bad:60|c|#tag1:abc,env:prod',
    'snowplow.test.failed:4|c|#tag1:abc,env:prod',
    'snowplow.test.dropped:2|c|#tag1:abc,env:prod',
    'snowplow.test.invalid_enriched:6|c|#tag1:abc,env:prod',
    'snowplow.test.latency:80|g|#tag1:abc,env:prod',
    'snowplow.test.e2e_latency_millis:10000|g|#tag1:abc,env:prod',
  ])
  assert.equal(server.datagrams.length, 1)
})

test('counts are those of the period: together they are what was counted, and idle periods have no latency', async t => {
  const server = await startTestStatsd(t)
  const { tell, stop } = start(t, { statsd: to(server.port, quick) })
  await server.came(/^snowplow\.enrich\.raw:0\|c$/)
  assert.doesNotMatch(server.datagrams.join('\n'), /latency/)
  tell(batch)
  await server.came(/raw:10\|c/)
  tell({ ...batch, records: 0, good: 0, bad: 0, latenciesMs: [] })
  tell({ ...batch, records: 7 })
  await server.came(/raw:7\|c/)
  await stop()
  assert.equal(server.sum('snowplow.enrich.raw'), 17)
  assert.equal(server.sum('snowplow.enrich.good'), 40)
  assert.equal(server.lines().filter(line => line.includes('.latency:')).length, 2)
})

test('remote adapters are told where there are any, those of all threads together', async t => {
  const server = await startTestStatsd(t)
  const { tell, stop } = start(t, { statsd: to(server.port) })
  const lookups = {
    asked: 9,
    cached: 0,
    calls: 8,
    failed: 3,
    refused: 1,
    callMs: 1,
    circuit: 'closed',
  } as const
  const cost = { events: 9, ms: 1, failures: 0, lookups }
  const names = ['remote_adapter com.acme/v1', 'remote_adapter com.acme/v2', 'sql_query']
  tell({ type: 'enrichments-measured', enrichments: names.map(name => ({ name, ...cost })) })
  await stop()
  await server.came(/remote/)
  assert.deepEqual(
    server.lines().filter(line => line.includes('remote')),
    ['snowplow.enrich.remote_adapters_success:10|c', 'snowplow.enrich.remote_adapters_failure:8|c'],
  )
})

test('a collector has names and a prefix of its own, and an empty prefix is none', async t => {
  const server = await startTestStatsd(t)
  const lines = async (prefix?: string) => {
    const { tell, stop } = start(t, { statsd: { ...to(server.port), prefix }, reporters: ['collector'] })
    tell({ type: 'request-accepted', path: '/i', records: 3, bytes: 9, ms: 1 })
    tell({ type: 'request-refused', path: '/x', status: 404, reason: 'not-found' })
    await stop()
    await server.came(prefix === undefined ? /^snowplow.*records/ : /^records/)
    return server.lines().splice(prefix === undefined ? 0 : 3)
  }
  const metrics = ['requests_count:2|c', 'requests_accepted:1|c', 'records_count:3|c']
  assert.deepEqual(
    await lines(),
    metrics.map(line => `snowplow.collector.${line}`),
  )
  assert.deepEqual(await lines(''), metrics)
})

test('no datagram is longer than a packet may be', async t => {
  const server = await startTestStatsd(t)
  const tags = { a: 'x'.repeat(180), b: 'ü'.repeat(90), c: 'y'.repeat(180) }
  const { tell, stop } = start(t, { statsd: to(server.port, never, tags) })
  tell(batch)
  await stop()
  await server.came(/e2e/)
  assert.equal(server.lines().length, 8)
  assert.ok(server.datagrams.length > 1 && server.datagrams.length < 8, `${server.datagrams.length}`)
  for (const datagram of server.datagrams) assert.ok(Buffer.byteLength(datagram) <= 1400)
})

test('a server that is down is told once, and once more when it is back', async t => {
  const port = await closedPort()
  const { tell, events, heard, stop } = start(t, { statsd: to(port, quick) })
  await heard('metrics-failed')
  // Each report is refused anew.
  await new Promise(resolve => setTimeout(resolve, quick * 10))
  const server = await startTestStatsd(t, port)
  tell(batch)
  await server.came(/raw:10\|c/)
  await heard('metrics-recovered')
  await stop()
  assert.deepEqual(
    events.map(({ type }) => type),
    ['metrics-failed', 'metrics-recovered'],
  )
})

test('a network without a way to the server is told as anything else is', async t => {
  // The system lets nobody broadcast who has not asked to.
  const { events, heard, stop } = start(t, { statsd: { ...to(9, quick), hostname: '255.255.255.255' } })
  await heard('metrics-failed')
  await stop()
  assert.equal(events.length, 1)
})

test('a host that has no address is told once, and that at the start', async t => {
  // No label of a name is so long: the resolver asks nobody.
  const hostname = `${'a'.repeat(64)}.invalid`
  const { events, heard, stop } = start(t, { statsd: { ...to(1, quick), hostname } })
  await heard('metrics-failed')
  await new Promise(resolve => setTimeout(resolve, quick * 10))
  await stop()
  assert.deepEqual(
    events.map(event => (event.type === 'metrics-failed' ? event.to : event.type)),
    [`${hostname}:1`],
  )
})

test('what could not be sent is sent with what comes after it', async () => {
  const metrics = createMetrics({ version: '1' })
  const told: (readonly Sample[])[] = []
  const { promise: twice, resolve } = Promise.withResolvers<void>()
  const sink = {
    async open() {},
    async send(samples: readonly Sample[]) {
      told.push(samples)
      if (told.length === 2) resolve()
      return told.length > 1
    },
    close() {},
  }
  const observe = unobserved
  const report = new PeriodicReport({ metrics, reporters: ['worker'], periodMs: quick, sink, observe })
  metrics.observe(batch)
  report.observe(batch)
  report.start()
  await twice
  await report.stop()
  const numbers = (name: string) =>
    told.map(samples => samples.find(sample => sample.name === `snowplow.enrich.${name}`)?.value)
  assert.deepEqual(numbers('raw').slice(0, 3), [10, 10, 0])
  assert.deepEqual(numbers('e2e_latency_millis').slice(0, 3), [10_000, 10_000, undefined])
})

test('in the log each number is a line', async t => {
  const lines: unknown[] = []
  const log = createLog({ level: 'info', write: line => lines.push(JSON.parse(line)) })
  const { tell, stop } = start(t, { stdout: { periodMs: never }, observe: log })
  tell(batch)
  await stop()
  const told = lines.map(line => ({ ...(line as object), time: undefined }))
  const numbers = {
    raw: 10,
    good: 20,
    bad: 30,
    failed: 2,
    dropped: 1,
    invalid_enriched: 3,
    latency: 10_000,
    e2e_latency_millis: 10_000,
  }
  assert.deepEqual(
    told,
    Object.entries(numbers).map(([name, value]) => ({
      time: undefined,
      level: 'info',
      event: 'metric',
      name: `snowplow.enrich.${name}`,
      value,
    })),
  )
})

test('nothing is told to anybody unless it is configured, and a stop may be asked for twice', async t => {
  const { tell, events, stop } = start(t, {})
  tell(batch)
  await Promise.all([stop(), stop()])
  assert.deepEqual(events, [])
})

test('reports keep no process alive', { timeout: 30_000 }, async t => {
  const server = await startTestStatsd(t)
  const door = new URL('./index.ts', import.meta.url).href
  const program = `import { createMetrics, createReports } from '${door}'
    const statsd = { hostname: '127.0.0.1', port: ${server.port}, tags: {}, periodMs: 600000 }
    const metrics = createMetrics({ version: '1' })
    createReports({ metrics, reporters: ['worker'], observe() {}, statsd, stdout: { periodMs: 600000 } }).start()`
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
})
