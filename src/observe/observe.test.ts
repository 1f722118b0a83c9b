import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../lib/index.ts'
import {
  createLog,
  createMetrics,
  Health,
  startMonitoring,
  StatusBoard,
  unobserved,
  type MillraceEvent,
} from './index.ts'

class ManualClock implements Clock {
  ms = 1_700_000_000_000
  now() {
    return this.ms
  }
  monotonic() {
    return this.ms
  }
  async sleep(ms: number) {
    this.ms += ms
  }
}

const batch = (over: Partial<Extract<MillraceEvent, { type: 'batch-committed' }>> = {}): MillraceEvent => ({
  type: 'batch-committed',
  shardId: 'shard-0',
  stream: 'raw',
  position: 'after 7',
  records: 3,
  good: 4,
  bad: 1,
  failed: 0,
  pii: 0,
  dropped: 0,
  invalid: 0,
  bytes: 3000,
  ms: 12.345,
  millisBehindLatest: 250,
  latenciesMs: [20, 30, 40],
  ...over,
})
const ok: MillraceEvent = { type: 'lease-written', write: 'keep', result: 'ok' }
const scanned = (held: number): MillraceEvent => ({ type: 'leases-scanned', held, total: 4, leases: [] })
const ready: MillraceEvent = { type: 'worker-ready', worker: 'worker-1:0af3', stream: 'raw', threads: 1 }

function logged(level: 'debug' | 'info', ...events: MillraceEvent[]): unknown[] {
  const lines: unknown[] = []
  const clock = new ManualClock()
  const observe = createLog({
    level,
    fields: { worker: 'a' },
    clock,
    write: line => lines.push(JSON.parse(line)),
  })
  for (const event of events) observe(event)
  return lines
}

function fullDisk(): never {
  throw new Error('ENOSPC')
}

test('a pipeline that is well writes nothing at info', () => {
  const accepted: MillraceEvent = { type: 'request-accepted', path: '/i', records: 1, bytes: 9, ms: 1 }
  assert.deepEqual(logged('info', batch(), ok, scanned(2), accepted), [])
})

test('at debug each batch is one line, without its list of latencies', () => {
  assert.deepEqual(logged('debug', batch(), batch({ records: 0 })), [
    {
      time: '2023-11-14T22:13:20.000Z',
      level: 'debug',
      event: 'batch-committed',
      worker: 'a',
      shardId: 'shard-0',
      stream: 'raw',
      position: 'after 7',
      records: 3,
      good: 4,
      bad: 1,
      failed: 0,
      pii: 0,
      dropped: 0,
      invalid: 0,
      bytes: 3000,
      ms: 12.3,
      millisBehindLatest: 250,
    },
  ])
})

test('a log that cannot be written does not stop anybody', () => {
  createLog({ level: 'debug', write: fullDisk })(batch())
})

test('a full disk makes one line, then a count now and then, and one when it is over', () => {
  const lines: Record<string, unknown>[] = []
  const clock = new ManualClock()
  const observe = createLog({ level: 'info', clock, write: line => lines.push(JSON.parse(line)) })
  const sizes = { requests: 1, records: 1, bytes: 9 }
  const good = () => {
    observe({ type: 'request-accepted', path: '/i', records: 1, bytes: 9, ms: 1 })
    observe({ type: 'collector-batch-written', stream: 'raw', ...sizes, ms: 1 })
  }
  const fail = () => {
    observe({ type: 'collector-sink-failed', stream: 'raw', ...sizes, error: 'full' })
    observe({ type: 'request-refused', path: '/i', status: 503, reason: 'sink-unavailable', error: 'full' })
  }
  for (let i = 0; i <= 110; i++, clock.ms += 100) fail()
  const told = () => lines.splice(0).map(({ event, more, times }) => [event, more ?? times])
  assert.deepEqual(told(), [
    ['collector-sink-failed', undefined],
    ['request-refused', undefined],
    ['collector-sink-failed', 99],
    ['request-refused', 99],
  ])
  good()
  assert.deepEqual(told(), [])
  // While some succeed and some do not it goes on.
  for (let i = 0; i < 3; i++, clock.ms += 1000) {
    fail()
    good()
  }
  assert.deepEqual(told(), [])
  clock.ms += 10_000
  good()
  assert.deepEqual(told(), [
    ['failures-over', 114],
    ['failures-over', 114],
  ])
  good()
  assert.deepEqual(told(), [])
  fail()
  assert.equal(told().length, 2)
  // Another reason is news.
  observe({ type: 'request-refused', path: '/i', status: 503, reason: 'overloaded' })
  assert.equal(told().length, 1)
})

test('metrics count records by kind, under our names and under those of Snowplow', async () => {
  const metrics = createMetrics({ version: '1.2.3' })
  metrics.observe(batch())
  metrics.observe(batch())
  const text = await metrics.text()
  assert.match(text, /^millrace_records_total\{stream="raw",kind="raw"\} 6$/m)
  assert.match(text, /^millrace_records_total\{stream="raw",kind="good"\} 8$/m)
  assert.match(text, /^snowplow_enrich_bad 2$/m)
  assert.match(text, /^snowplow_enrich_e2e_latency_millis 40$/m)
  assert.match(text, /^millrace_latency_seconds_count 6$/m)
  assert.match(text, /^millrace_latency_seconds_bucket\{le="0.025"\} 2$/m)
  assert.match(text, /^millrace_build_info\{version="1.2.3"\} 1$/m)
})

test('the lag of a shard is told for as long as the shard is ours', async () => {
  const metrics = createMetrics({ version: '1' })
  metrics.observe(batch())
  assert.match(await metrics.text(), /^millrace_lag_milliseconds\{shard="shard-0"\} 250$/m)
  metrics.observe({ type: 'lease-lost', shardId: 'shard-0', during: 'keep' })
  assert.doesNotMatch(await metrics.text(), /shard-0/)
})

test('two metrics in one process do not get in each other’s way', async () => {
  const [one, two] = [createMetrics({ version: '1' }), createMetrics({ version: '1' })]
  one.observe(batch())
  assert.doesNotMatch(await two.text(), /kind="good"/)
})

test('a collector that lies about paths cannot grow the metrics', async () => {
  const metrics = createMetrics({ version: '1' })
  for (let i = 0; i < 100; i++)
    metrics.observe({ type: 'request-refused', path: `/${i}`, status: 404, reason: 'not-found' })
  assert.match(await metrics.text(), /^millrace_collector_requests_total\{result="not-found"\} 100$/m)
})

const limits = { unhealthyAfterMs: 120_000, leaseSilenceMs: 10_000 }

test('a worker without a lease is ready', () => {
  const health = new Health(limits)
  assert.equal(health.report().ready, false)
  health.observe(ready)
  health.observe(scanned(0))
  assert.deepEqual(health.report(), { alive: true, ready: true, reasons: [] })
})

test('a draining worker is alive and not ready', () => {
  const health = new Health(limits)
  health.observe(ready)
  health.observe({ type: 'worker-draining', worker: 'a', reason: 'SIGTERM' })
  assert.deepEqual(health.report(), { alive: true, ready: false, reasons: ['draining: SIGTERM'] })
})

test('a batch that is never committed means replace me', () => {
  const clock = new ManualClock()
  const health = new Health({ ...limits, clock })
  health.observe(ready)
  health.observe({ type: 'batch-read', shardId: 'shard-0', records: 5 })
  clock.ms += 120_001
  assert.equal(health.report().alive, false)
  assert.match(health.report().reasons.join(), /^shard-0: a batch is not committed/)
  health.observe(batch())
  assert.equal(health.report().alive, true)
})

test('waiting for a schema registry is told, and is no reason to be replaced', () => {
  const clock = new ManualClock()
  const health = new Health({ ...limits, clock })
  health.observe({ type: 'batch-read', shardId: 'shard-0', records: 5 })
  health.observe({ type: 'iglu-outage', registry: 'central', error: 'ECONNREFUSED' })
  clock.ms += 1_000_000
  assert.equal(health.report().alive, true)
  assert.ok(health.report().reasons.includes('schema registry central is down'))
})

test('a file of an enrichment that is outdated is told, and is no reason to be replaced', async () => {
  const health = new Health(limits)
  const metrics = createMetrics({ version: '1' })
  const tell = (event: MillraceEvent) => {
    health.observe(event)
    metrics.observe(event)
  }
  health.observe(ready)
  const uri = 's3://lists/bots.csv'
  tell({ type: 'asset-failed', uri, reason: 'refused', error: 'it is bad' })
  tell({ type: 'asset-failed', uri, reason: 'refused', error: 'it is bad' })
  assert.equal(health.report().alive, true)
  assert.deepEqual(health.report().reasons, [`the newest ${uri} is not in use, refused: it is bad`])
  assert.match(await metrics.text(), /^millrace_asset_failures_total\{reason="refused"\} 2$/m)
  assert.match(await metrics.text(), /^millrace_assets_outdated 1$/m)
  tell({ type: 'asset-updated', uri, bytes: 1 })
  assert.deepEqual(health.report().reasons, [])
  assert.match(await metrics.text(), /^millrace_assets_outdated 0$/m)
})

test('leases that cannot be renewed mean replace me, no leases do not', () => {
  const clock = new ManualClock()
  const health = new Health({ ...limits, clock })
  health.observe(ok)
  health.observe(scanned(2))
  clock.ms += 10_001
  assert.equal(health.report().alive, false)
  health.observe(scanned(0))
  assert.equal(health.report().alive, true)
})

test('monitoring answers over HTTP, and says which port was free', async t => {
  const health = new Health(limits)
  const metrics = createMetrics({ version: '1' })
  const options = { host: '127.0.0.1', port: 0, health, metrics, observe: unobserved }
  const monitoring = await startMonitoring(options)
  t.after(() => monitoring.stop())
  const get = (path: string) => fetch(`http://127.0.0.1:${monitoring.port}${path}`)
  assert.equal((await get('/ready')).status, 503)
  health.observe(ready)
  assert.equal((await get('/ready')).status, 200)
  assert.equal((await get('/health?x=1')).status, 200)
  assert.match(await (await get('/metrics')).text(), /millrace_build_info/)
  assert.equal((await get('/')).status, 404)
  await assert.rejects(startMonitoring({ ...options, port: monitoring.port }), {
    name: 'MillraceError',
    message: /choose another monitoring.http.port/,
  })
})

test('monitoring may be stopped twice', async () => {
  const health = new Health(limits)
  const metrics = createMetrics({ version: '1' })
  const monitoring = await startMonitoring({
    host: '127.0.0.1',
    port: 0,
    health,
    metrics,
    observe: unobserved,
  })
  await Promise.all([monitoring.stop(), monitoring.stop()])
})

test('the status shows who works on what, how fast and how far behind', () => {
  const clock = new ManualClock()
  const board = new StatusBoard(clock)
  board.expect('worker-2')
  board.observe(ready)
  const leases = [
    { shardId: 'shard-1', ended: false },
    { shardId: 'shard-0', owner: 'a', ended: false },
  ]
  board.observe({ type: 'leases-scanned', held: 1, total: 2, leases })
  clock.ms += 10_000
  board.observe(batch({ good: 50, bad: 5 }))
  const { shards, workers } = board.snapshot()
  assert.deepEqual(shards, [
    {
      shardId: 'shard-0',
      owner: 'a',
      ended: false,
      lagMs: 250,
      good: 50,
      bad: 5,
      goodPerSecond: 10,
      badPerSecond: 1,
    },
    { shardId: 'shard-1', ended: false, good: 0, bad: 0, goodPerSecond: 0, badPerSecond: 0 },
  ])
  assert.deepEqual(workers, [
    { name: 'worker-2', state: 'starting' },
    { name: 'worker-1', state: 'ready' },
  ])
})

test('rates fall to nothing when nothing happens', () => {
  const clock = new ManualClock()
  const board = new StatusBoard(clock)
  board.observe(batch())
  clock.ms += 5001
  assert.equal(board.snapshot().shards[0]?.goodPerSecond, 0)
  assert.equal(board.snapshot().shards[0]?.good, 4)
})

test('the status keeps the latest problems, for a minute', () => {
  const clock = new ManualClock()
  const board = new StatusBoard(clock)
  board.observe({ type: 'process-ended', name: 'worker-1', code: null, signal: 'SIGKILL' })
  for (const registry of ['a', 'b', 'c'])
    board.observe({ type: 'iglu-outage', registry, error: `down ${registry}` })
  assert.deepEqual(
    board.snapshot().problems.map(({ text }) => text),
    ['a', 'b', 'c'].map(name => `iglu outage: down ${name}`),
  )
  clock.ms += 60_001
  assert.deepEqual(board.snapshot().problems, [])
})
