import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openMemory } from '../../src/backends/memory/index.ts'
import { deliveryTimers, ReadBack, readBackDelivery } from '../../src/delivery/index.ts'
import { Holding, type HeldLease } from '../../src/leases/index.ts'
import type { MillraceEvent } from '../../src/observe/index.ts'
import { bytes, readUntil, recordsOf, text } from '../../src/streams/read.contract.ts'
import { openDouble, shardId } from './double.ts'

// What retention takes, on our own double, where days pass in no time.

const hourMs = 60 * 60 * 1000

async function open(t: TestContext) {
  const { backend, clock, pass, close } = await openDouble()
  t.after(close)
  await backend.createStream('good', { shards: 1, role: 'output' })
  return { backend, clock, pass: (hours: number) => pass(hours * hourMs) }
}

test('reading from a time that retention has passed shows a gap', async t => {
  const { backend, clock, pass } = await open(t)
  const began = clock.now()
  const producer = backend.producer('good')
  await producer.put([{ partitionKey: 'k', data: bytes('gone') }])
  pass(30)
  await producer.put([{ partitionKey: 'k', data: bytes('left') }])
  const source = backend.source('good')
  const read = async (ms: number) => {
    const batches = await readUntil(
      source,
      shardId,
      { at: 'timestamp', ms },
      all => recordsOf(all).length > 0,
    )
    return [recordsOf(batches).map(text).join(), batches[0]?.gap]
  }
  assert.deepEqual(await read(began), ['left', true])
  assert.deepEqual(await read(clock.now() - 23 * hourMs), ['left', undefined])
})

test('a stream that is younger than its retention has no gap, however early one asks', async t => {
  const { backend, clock } = await open(t)
  await backend.producer('good').put([{ partitionKey: 'k', data: bytes('first') }])
  const from = { at: 'timestamp', ms: clock.now() - 1000 * hourMs } as const
  const [batch] = await readUntil(backend.source('good'), shardId, from, all => recordsOf(all).length > 0)
  assert.equal(batch?.gap, undefined)
})

test('a look at what retention has taken says that it cannot tell every copy', async t => {
  const { backend, clock, pass } = await open(t)
  const began = clock.now()
  pass(30)
  const readBack = await openReadBack(t, backend, clock)
  const early = readBack.look(shardId, began)
  await early.readUpTo(clock.monotonic())
  assert.equal(early.expired, 'good')
  const late = readBack.look(shardId, clock.now() - hourMs)
  await late.readUpTo(clock.monotonic())
  assert.equal(late.expired, undefined)
})

test('whoever takes a lease whose owner wrote before that says so, and goes on', async t => {
  const { backend, clock, pass } = await open(t)
  const since = clock.now()
  pass(30)
  const told: MillraceEvent[] = []
  const observe = (event: MillraceEvent) => void told.push(event)
  const lease: HeldLease = {
    shardId,
    owner: 'me',
    parents: [],
    counter: 2,
    epoch: 2,
    checkpoint: { at: 'trimHorizon' },
    ownerSwitchesSinceCheckpoint: 1,
  }
  const decidedAt = clock.monotonic()
  const inherited = { state: 'unclean', since, after: 'expiry', decidedAt } as const
  const store = openMemory().leaseStore({ application: 'app', stream: 'raw' })
  const sentAt = { monotonic: decidedAt, wall: clock.now() }
  const holding = new Holding({ lease, inherited, sentAt }, { store, clock, observe })
  const delivery = readBackDelivery({
    sink: backend.sink({ application: 'app', streams: { good: 'good' } }),
    readBack: await openReadBack(t, backend, clock),
    timers: deliveryTimers({ leaseMs: 10_000, putTimeoutMs: 1_000, settleMs: 1_050, visibleMs: 50 }),
    serverDate: backend.serverDate,
    clock,
    observe,
  })
  const position = { at: 'after', sequence: '1', subSequence: 0 } as const
  const provenance = { stream: 'raw', shardId, sequence: '1', subSequence: 0, index: 0 }
  const data = bytes('event')
  const record = { sequence: '1', subSequence: 0, partitionKey: 'k', arrivedAt: 0, data }
  const committed = await delivery.begin(holding).commit({
    batch: { records: [record], position, millisBehindLatest: 0 },
    outputs: [{ kind: 'good', partitionKey: 'k', data, provenance, output: 0 }],
    position,
  })
  assert.equal(committed, 'committed')
  const skipped = told.find(({ type }) => type === 'recovery-skipped')
  assert.ok(skipped?.type === 'recovery-skipped' && /retention of good/.test(skipped.reason))
  const batches = await readUntil(
    backend.source('good'),
    shardId,
    { at: 'trimHorizon' },
    all => recordsOf(all).length > 0,
  )
  assert.deepEqual(recordsOf(batches).map(text), ['event'])
})

type Opened = Awaited<ReturnType<typeof open>>

async function openReadBack(t: TestContext, backend: Opened['backend'], clock: Opened['clock']) {
  const source = backend.source('good')
  await source.listShards()
  const readBack = new ReadBack({
    outputs: new Map([['good', source] as const]),
    application: 'app',
    stream: 'raw',
    serverDate: backend.serverDate,
    dateSkewMs: 500,
    maxBatchBytes: 1e6,
    maxBatchRecords: 1000,
    clock,
  })
  t.after(() => readBack.close())
  return readBack
}
