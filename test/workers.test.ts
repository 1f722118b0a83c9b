import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory, type MemoryBackend } from '../src/backends/memory/index.ts'
import { MillraceError } from '../src/lib/index.ts'
import type { Enricher } from '../src/worker/enricher.ts'
import { copier, createStreams, inOrder, makeWorker, numbers, put, readNumbers } from './harness.ts'

async function openStreams(shards: number): Promise<MemoryBackend> {
  const backend = openMemory({ idleMs: 20 })
  await createStreams(backend, shards)
  return backend
}

test('two workers share the shards evenly, and every record arrives once', async () => {
  const backend = await openStreams(4)
  const a = makeWorker(backend, 'a')
  const b = makeWorker(backend, 'b')
  const shared = b.seen(event => event.type === 'leases-scanned' && event.held === 2)
  await a.worker.start()
  await put(backend, 0, 50)
  await b.worker.start()
  await put(backend, 50, 100)
  await shared
  await put(backend, 100, 200)
  assert.deepEqual(inOrder(await readNumbers(backend, 200)), numbers(200))
  assert.equal(a.worker.held.length + b.worker.held.length, 4)
  await Promise.all([a.worker.stop('test'), b.worker.stop('test')])
  await backend.close()
})

test('a worker that stops hands its shards over, and nothing arrives twice', async () => {
  const backend = await openStreams(3)
  const a = makeWorker(backend, 'a')
  const b = makeWorker(backend, 'b')
  await a.worker.start()
  await b.worker.start()
  await put(backend, 0, 60)
  const all = b.seen(event => event.type === 'leases-scanned' && event.held === 3)
  const stopping = a.worker.stop('test')
  await put(backend, 60, 120)
  await stopping
  await all
  assert.deepEqual(a.worker.held, [])
  assert.deepEqual(inOrder(await readNumbers(backend, 120)), numbers(120))
  await b.worker.stop('test')
  await backend.close()
})

test('children are read after their parents through a split and a merge', async () => {
  const backend = await openStreams(1)
  await put(backend, 0, 20)
  const [shard] = await backend.listShards('raw')
  await backend.splitShard('raw', shard?.shardId ?? '')
  await put(backend, 20, 40)
  const open = (await backend.listShards('raw')).filter(({ endingSequence }) => endingSequence === undefined)
  await backend.mergeShards('raw', open[0]?.shardId ?? '', open[1]?.shardId ?? '')
  await put(backend, 40, 60)
  const { worker } = makeWorker(backend, 'a')
  await worker.start()
  const found = await readNumbers(backend, 60)
  assert.deepEqual(inOrder(found), numbers(60))
  assert.ok(Math.max(...found.slice(0, 20)) < 20, 'nothing of a child before the last of its parent')
  assert.ok(Math.min(...found.slice(40)) >= 40)
  await worker.stop('test')
  await backend.close()
})

test('a shard whose work fails is released and claimed again, and loses nothing', async () => {
  const backend = await openStreams(2)
  let failures = 2
  const failing: Enricher = {
    ...copier,
    async enrich(batch) {
      if (failures-- > 0) throw new MillraceError('iglu', 'registry is down', { retryable: true })
      return await copier.enrich(batch)
    },
  }
  const { worker, seen } = makeWorker(backend, 'a', failing)
  const failed = seen(event => event.type === 'shard-failed' && event.retryable)
  await put(backend, 0, 30)
  await worker.start()
  await failed
  assert.deepEqual(inOrder(await readNumbers(backend, 30)), numbers(30))
  await worker.stop('test')
  await backend.close()
})

test('start and stop may be called twice', async () => {
  const backend = await openStreams(1)
  const { worker } = makeWorker(backend, 'a')
  await Promise.all([worker.start(), worker.start()])
  await Promise.all([worker.stop('test'), worker.stop('test')])
  await worker.stop('test')
  await backend.close()
})

test('a lease that was asked for goes to the asker, and not back to its owner', async () => {
  const backend = await openStreams(4)
  const a = makeWorker(backend, 'a')
  const b = makeWorker(backend, 'b')
  await a.worker.start()
  let takenBack = 0
  void a.seen(event => {
    if (event.type === 'lease-taken') takenBack++
    return false
  })
  const shared = b.seen(event => event.type === 'leases-scanned' && event.held === 2)
  await b.worker.start()
  await shared
  assert.equal(takenBack, 0)
  await Promise.all([a.worker.stop('test'), b.worker.stop('test')])
  await backend.close()
})

test('what a worker may not or will not take goes to the others, though it is more than their share', async () => {
  const backend = await openStreams(5)
  const capped = makeWorker(backend, 'capped', copier, { maxLeases: 1 })
  await capped.worker.start()
  const other = makeWorker(backend, 'other')
  const rest = other.seen(event => event.type === 'leases-scanned' && event.held === 4)
  await other.worker.start()
  await rest
  assert.equal(capped.worker.held.length, 1)
  await Promise.all([capped.worker.stop('test'), other.worker.stop('test')])
  await backend.close()
})

test('a record that ended worker after worker is condemned alone, and the shard goes on', async () => {
  const backend = await openStreams(1)
  await put(backend, 0, 12)
  const [shard] = await backend.listShards('raw')
  const shardId = shard?.shardId ?? ''
  const store = backend.leaseStore({ application: 'app', stream: 'raw' })
  await store.create({ shardId, parents: [], checkpoint: { at: 'trimHorizon' } })
  for (const dead of ['d1', 'd2', 'd3', 'd4', 'd5', 'd6']) {
    const row = await store.get(shardId)
    if (row !== undefined) await store.take(row, dead)
  }
  const batches: { records: number; condemned: boolean }[] = []
  const { worker } = makeWorker(backend, 'a', {
    ...copier,
    async enrich(batch) {
      batches.push({ records: batch.records.length, condemned: batch.condemned !== undefined })
      return await copier.enrich(batch)
    },
  })
  await worker.start()
  assert.deepEqual(inOrder(await readNumbers(backend, 12)), numbers(12))
  await worker.stop('test')
  const single = { records: 1, condemned: false }
  assert.deepEqual(batches.slice(0, 7), [
    { records: 1, condemned: true },
    ...Array.from({ length: 6 }, () => single),
  ])
  assert.equal(batches[7]?.records, 5)
  await backend.close()
})

test('owners that died while a shard had nothing to do condemn no record', async () => {
  const backend = await openStreams(1)
  const [shard] = await backend.listShards('raw')
  const shardId = shard?.shardId ?? ''
  const store = backend.leaseStore({ application: 'app', stream: 'raw' })
  await store.create({ shardId, parents: [], checkpoint: { at: 'trimHorizon' } })
  for (const dead of ['d1', 'd2', 'd3', 'd4', 'd5', 'd6']) {
    const row = await store.get(shardId)
    if (row !== undefined) await store.take(row, dead)
  }
  const condemned: boolean[] = []
  const { worker, seen } = makeWorker(backend, 'a', {
    ...copier,
    async enrich(batch) {
      condemned.push(batch.condemned !== undefined)
      return await copier.enrich(batch)
    },
  })
  const idle = seen(event => event.type === 'batch-committed' && event.records === 0)
  await worker.start()
  await idle
  await put(backend, 0, 20)
  assert.deepEqual(inOrder(await readNumbers(backend, 20)), numbers(20))
  assert.equal(condemned.includes(true), false)
  for (let row = await store.get(shardId); row?.ownerSwitchesSinceCheckpoint !== 0;)
    row = await store.get(shardId)
  await worker.stop('test')
  await backend.close()
})
