import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { DynamoClient, openLeaseTable } from '../../src/backends/aws/index.ts'
import type { Coordinator, LeaseStore, LeaseTimers } from '../../src/leases/index.ts'
import type { Clock } from '../../src/lib/index.ts'
import { Events } from '../harness.ts'
import { TestDynamo, type AppliedWrite, type Fate, type TestNetwork } from './dynamo.ts'
import { bellMs, fasterClock, makeWorker, shardsOf, timers } from './fleet.ts'

// Fast enough for a test, slow enough for a busy machine: an answer within 100 ms is within the time-out of 1 s.
const times = 8
/** A fleet that never comes to rest is a failure, too. */
const patient = { timeout: 60_000 }

interface Fleet {
  readonly dynamo: TestDynamo
  readonly clock: Clock
  readonly events: Events
  readonly workers: readonly {
    readonly coordinator: Coordinator
    readonly store: LeaseStore
    readonly network: TestNetwork
  }[]
}

interface FleetSize {
  readonly workers: number
  readonly shards: number
  readonly timeoutMs?: number
  readonly timers?: LeaseTimers
}

async function startFleet(t: TestContext, count: FleetSize): Promise<Fleet> {
  const dynamo = await TestDynamo.start()
  const client = new DynamoClient({ endpoint: (await dynamo.network()).endpoint })
  await openLeaseTable(client, 'leases', { pollMs: 20 })
  client.close()
  const clock = fasterClock(times)
  const events = new Events()
  const shards = shardsOf(count.shards)
  const workers: Fleet['workers'][number][] = []
  for (let i = 0; i < count.workers; i++) {
    const network = await dynamo.network()
    const { timeoutMs = 1000 / times } = count
    const worker = makeWorker({
      name: `w${i}`,
      network,
      shards,
      clock,
      observe: events.observe,
      timeoutMs,
      timers: count.timers ?? timers,
    })
    workers.push({ ...worker, network })
  }
  t.after(async () => {
    await Promise.all(workers.map(({ coordinator }) => coordinator.abandon()))
    await Promise.all(workers.map(({ store }) => store.close()))
    await dynamo.stop()
  })
  const fleet = { dynamo, clock, events, workers }
  const fair = balanced(fleet, count.shards / count.workers)
  // One after the other: two that come at once may run for the same lease.
  for (const { coordinator } of workers) await coordinator.start()
  await fair
  return fleet
}

/** Resolves when every worker holds this many. */
async function balanced({ events, workers }: Fleet, share: number): Promise<void> {
  while (!workers.every(({ coordinator }) => coordinator.held.length === share))
    await events.seen(({ type }) => type === 'leases-scanned' || type === 'lease-taken')
}

/** What every write of the fleet must have kept, whatever the network did. */
function assertFair(applied: readonly AppliedWrite[]): void {
  const last = new Map<string, AppliedWrite>()
  for (const write of applied) {
    const before = last.get(write.shardId)
    // An ask and the bell leave the counter alone: they are no signs of life of the owner.
    if (before?.counter === write.counter) continue
    last.set(write.shardId, write)
    if (before === undefined) continue
    assert.equal(write.counter, before.counter + 1, `${write.shardId}: every write adds one`)
    if (before.owner === undefined || write.owner === undefined || write.owner === before.owner) continue
    const silentMs = (write.at - before.at) * times
    assert.ok(silentMs > timers.leaseMs * 0.95, `${write.shardId} was taken after ${silentMs} ms of silence`)
  }
}

test(
  'a shard costs 0.3 writes a second, a worker a scan every 2.5 s and 2.4 looks at the bell a second',
  patient,
  async t => {
    const [workers, shards] = [2, 8]
    // What a busy machine answers late is no write of the fleet's.
    const fleet = await startFleet(t, { workers, shards, timeoutMs: 10_000 })
    const networks = fleet.workers.map(({ network }) => network)
    const count = (operation: string) => networks.reduce((sum, network) => sum + network.count(operation), 0)
    const before = {
      writes: count('UpdateItem'),
      scans: count('Scan'),
      looks: count('GetItem'),
      all: networks.flatMap(n => n.requests).length,
    }
    await fleet.clock.sleep(60_000)
    const writes = (count('UpdateItem') - before.writes) / shards / 60
    const scans = (count('Scan') - before.scans) / workers / 60
    const all = networks.flatMap(({ requests }) => requests).length - before.all
    const looks = (count('GetItem') - before.looks) / workers / 60
    t.diagnostic(
      `${writes.toFixed(3)} writes per shard and second, ` +
        `${scans.toFixed(3)} scans and ${looks.toFixed(3)} looks at the bell per worker and second`,
    )
    assert.ok(writes > 0.2 && writes < 0.34, `${writes} writes per shard and second`)
    assert.ok(scans > 0.3 && scans < 0.5, `${scans} scans per worker and second`)
    assert.ok(looks > 0.5 && looks < 1.05 * (1000 / bellMs), `${looks} looks per worker and second`)
    const counted = before.writes + before.scans + before.looks
    assert.equal(all, count('UpdateItem') + count('Scan') + count('GetItem') - counted)
  },
)

/** Nobody looks at the table of their own accord, and no lease expires. */
const patientTimers = { ...timers, leaseMs: 3_600_000, scanMs: 3_600_000 }

test('what is let go or asked for is heard of long before the next look', patient, async t => {
  // What a busy machine answers late would be tried again at the next look, and there is none.
  const fleet = await startFleet(t, { workers: 2, shards: 8, timers: patientTimers, timeoutMs: 10_000 })
  const [leaving, staying] = fleet.workers
  assert.ok(leaving !== undefined && staying !== undefined)
  const began = fleet.clock.monotonic()
  const left = leaving.coordinator.stop()
  while (staying.coordinator.held.length < 8) await fleet.events.seen(({ type }) => type === 'lease-taken')
  t.diagnostic(`taken over ${Math.round(fleet.clock.monotonic() - began)} ms after the stop began`)
  await left
  assertFair(fleet.dynamo.applied)
})

test('the leases of a worker that is cut off are taken after a lease, none before', patient, async t => {
  const fleet = await startFleet(t, { workers: 2, shards: 6 })
  const [cut, alive] = fleet.workers
  assert.ok(cut !== undefined && alive !== undefined)
  cut.network.fate = () => 'never-answered'
  const cutAt = fleet.clock.monotonic()
  while (alive.coordinator.held.length < 6) await fleet.events.seen(({ type }) => type === 'lease-taken')
  const tookMs = fleet.clock.monotonic() - cutAt
  t.diagnostic(`all taken over ${Math.round(tookMs)} ms after the cut`)
  assert.ok(tookMs > timers.leaseMs - timers.renewMs - 500, `${tookMs} ms`)
  assertFair(fleet.dynamo.applied)
  // It wakes up, finds every write refused, and takes its share anew.
  cut.network.fate = () => 'pass'
  await balanced(fleet, 3)
  assertFair(fleet.dynamo.applied)
})

test('replies and requests that get lost move no lease from an owner that lives', patient, async t => {
  const fleet = await startFleet(t, { workers: 3, shards: 9 })
  const fates: readonly Fate[] = [
    'reply-lost',
    'reply-lost',
    'reset',
    { status: 500, type: 'InternalServerError' },
  ]
  let requests = 0
  // One in seven, and never the same one of a worker's renewals.
  for (const { network } of fleet.workers)
    network.fate = () => (++requests % 7 === 0 ? (fates[requests % fates.length] ?? 'pass') : 'pass')
  await fleet.clock.sleep(30_000)
  for (const { network } of fleet.workers) network.fate = () => 'pass'
  await balanced(fleet, 3)
  assertFair(fleet.dynamo.applied)
  const lost = fleet.workers.reduce((sum, { network }) => sum + network.requests.length, 0) / 7
  t.diagnostic(`about ${Math.round(lost)} of ${Math.round(lost * 7)} requests or replies were lost`)
})
