import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory, type MemoryBackend } from '../src/backends/memory/index.ts'
import { MillraceError, systemClock } from '../src/lib/index.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import { tail, type OutputRecord } from '../src/streams/index.ts'
import { type Batch } from '../src/worker/job.ts'
import { type Enricher } from '../src/worker/enricher.ts'
import { EnrichWorker } from '../src/worker/worker.ts'

const timers = { leaseMs: 400, renewMs: 100, scanMs: 60, shardSyncMs: 300 }

/** Copies each raw record to the good stream. */
const copier: Enricher = {
  async enrich({ stream, shardId, records }: Batch): Promise<OutputRecord[]> {
    return records.map(({ sequence, subSequence, partitionKey, data }) => ({
      kind: 'good',
      partitionKey,
      data,
      output: 0,
      provenance: { stream, shardId, sequence, subSequence, index: 0 },
    }))
  },
  async close() {},
}

async function openStreams(shards: number): Promise<MemoryBackend> {
  const backend = openMemory({ idleMs: 20 })
  await backend.createStream('raw', { shards, role: 'raw' })
  await backend.createStream('good', { shards: 1, role: 'output' })
  await backend.createStream('bad', { shards: 1, role: 'output' })
  return backend
}

/** A worker whose events can be waited for. */
function makeWorker(backend: MemoryBackend, name: string, enricher: Enricher = copier) {
  const waiting = new Set<{ matches: (event: MillraceEvent) => boolean; resolve: () => void }>()
  const worker = new EnrichWorker({
    name,
    source: backend.source('raw'),
    leaseStore: backend.leaseStore({ application: 'app', stream: 'raw' }),
    committer: backend.committer({
      application: 'app',
      inputStream: 'raw',
      streams: { good: 'good', bad: 'bad' },
    }),
    enricher,
    initialPosition: { at: 'trimHorizon' },
    timers,
    maxBatchBytes: 64 * 1024,
    maxBatchRecords: 7,
    maxBufferedBytes: 1024 * 1024,
    drainMs: 5000,
    clock: systemClock,
    observe: event => {
      for (const wait of waiting) if (wait.matches(event)) wait.resolve()
    },
  })
  const seen = (matches: (event: MillraceEvent) => boolean) =>
    new Promise<void>(resolve => waiting.add({ matches, resolve }))
  return { worker, seen }
}

async function put(backend: MemoryBackend, from: number, to: number): Promise<void> {
  const producer = backend.producer('raw')
  for (let n = from; n < to; n++)
    await producer.put([{ partitionKey: `key-${n}`, data: Buffer.from(String(n)) }])
}

/** Reads the good stream until `count` records are there, and a moment's worth of batches beyond. */
async function readGood(backend: MemoryBackend, count: number): Promise<number[]> {
  const found: number[] = []
  const stop = new AbortController()
  const options = { maxBatchBytes: 1e6, maxBatchRecords: 1000, from: { at: 'trimHorizon' } as const }
  let idleAfterEnough = 0
  for await (const { records } of tail(backend.source('good'), { ...options, signal: stop.signal })) {
    for (const { data } of records) found.push(Number(Buffer.from(data).toString()))
    if (found.length >= count && records.length === 0 && ++idleAfterEnough === 5) stop.abort()
  }
  return found
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const inOrder = (found: number[]) => found.toSorted((a, b) => a - b)

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
  assert.deepEqual(inOrder(await readGood(backend, 200)), numbers(200))
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
  assert.deepEqual(inOrder(await readGood(backend, 120)), numbers(120))
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
  const found = await readGood(backend, 60)
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
  assert.deepEqual(inOrder(await readGood(backend, 30)), numbers(30))
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
