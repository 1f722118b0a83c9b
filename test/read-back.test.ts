import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { openEmbedded, type EmbeddedBackend } from '../src/backends/embedded/index.ts'
import { openMemory, type MemoryBackend } from '../src/backends/memory/index.ts'
import {
  deliveryTimers,
  ReadBack,
  readBackDelivery,
  type Delivery,
  type ReadBackSink,
} from '../src/delivery/index.ts'
import type { LeaseStore } from '../src/leases/index.ts'
import { MillraceError, systemClock } from '../src/lib/index.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import type { OutputKind, Source } from '../src/streams/index.ts'
import { copier, createStreams, inOrder, makeWorker, numbers, put, readNumbers } from './harness.ts'

const leaseMs = 1000
const timers = { leaseMs, renewMs: 250, scanMs: 200, shardSyncMs: 2000 }
const waits = deliveryTimers({ leaseMs, dateMarginMs: 500, dateSkewMs: 0 })
const streams = { good: 'good', bad: 'bad' }

type Streams = MemoryBackend | EmbeddedBackend

interface Changes {
  readonly sink?: (sink: ReadBackSink) => ReadBackSink
  readonly store?: (store: LeaseStore) => LeaseStore
  readonly drainMs?: number
}

/** A worker on streams without transactions. */
function startWorker(backend: Streams, name: string, changes: Changes = {}) {
  const { sink = same, store = same, drainMs = 5000 } = changes
  const told: MillraceEvent[] = []
  const observe = (event: MillraceEvent) => void told.push(event)
  const delivery = deliveryOn(backend, sink(backend.streamSink({ application: 'app', streams })), observe)
  const { worker } = makeWorker(backend, name, copier, {
    leaseStore: store(backend.leaseStore({ application: 'app', stream: 'raw' })),
    delivery,
    timers,
    drainMs,
    observe,
  })
  return {
    worker,
    told,
    stop: async () => {
      await worker.stop('test')
      await delivery.close()
    },
  }
}

function deliveryOn(backend: Streams, sink: ReadBackSink, observe: (event: MillraceEvent) => void): Delivery {
  const kinds: readonly OutputKind[] = ['good', 'bad']
  const readBack = new ReadBack({
    outputs: new Map<OutputKind, Source>(kinds.map(kind => [kind, backend.source(kind)])),
    application: 'app',
    stream: 'raw',
    serverDate: backend.serverDate,
    dateSkewMs: 0,
    maxBatchBytes: 1e6,
    maxBatchRecords: 1000,
    clock: systemClock,
  })
  return readBackDelivery({
    sink,
    readBack,
    timers: waits,
    serverDate: backend.serverDate,
    clock: systemClock,
    observe,
  })
}

const same = <T>(thing: T): T => thing

/** Stores what it is given, and from the second request on the reply never comes: the process may as well be dead. */
function silent() {
  const reached = Promise.withResolvers<void>()
  let requests = 0
  const sink = (inner: ReadBackSink): ReadBackSink => ({
    ...limitsOf(inner),
    async put(request) {
      const reply = await inner.put(request)
      if (++requests === 1) return reply
      reached.resolve()
      return await new Promise(() => {})
    },
  })
  return { sink, reached: reached.promise }
}

/** Stores what it is given, and says of every third request that it does not know. */
function unsure(sink: ReadBackSink): ReadBackSink {
  let requests = 0
  return {
    ...limitsOf(sink),
    async put(request) {
      const reply = await sink.put(request)
      if (!reply.sent || ++requests % 3 > 0) return reply
      return { ...reply, fates: reply.fates.map(() => 'unknown') }
    },
  }
}

function limitsOf(sink: ReadBackSink) {
  const { capability, maxRequestRecords, maxRequestBytes } = sink
  return { capability, maxRequestRecords, maxRequestBytes, close: () => sink.close() }
}

/** From a moment on no write gets through: the lease runs out. */
function cuttable(): { store: (store: LeaseStore) => LeaseStore; cut: () => void } {
  let cut = false
  const guard = <T>(call: () => Promise<T>): Promise<T> =>
    cut ? Promise.reject(new MillraceError('leases', 'cut off', { retryable: true })) : call()
  const store = (inner: LeaseStore): LeaseStore => ({
    list: () => guard(() => inner.list()),
    get: shardId => guard(() => inner.get(shardId)),
    create: lease => guard(() => inner.create(lease)),
    take: (seen, owner, dirtySince) => guard(() => inner.take(seen, owner, dirtySince)),
    keep: (held, progress) => guard(() => inner.keep(held, progress)),
    release: (held, progress) => guard(() => inner.release(held, progress)),
    ask: (seen, asker) => guard(() => inner.ask(seen, asker)),
    remove: seen => guard(() => inner.remove(seen)),
    close: () => inner.close(),
  })
  return {
    store,
    cut: () => {
      cut = true
    },
  }
}

const backends: readonly (readonly [string, (directory: string) => Streams])[] = [
  ['memory', () => openMemory({ idleMs: 20 })],
  ['embedded', directory => openEmbedded({ directory, idleMs: 20 })],
]

async function usingBackend(
  open: (directory: string) => Streams,
  work: (backend: Streams) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-read-back-'))
  const backend = open(directory)
  try {
    await createStreams(backend, 1)
    await work(backend)
  } finally {
    await backend.close()
    await rm(directory, { recursive: true })
  }
}

for (const [name, open] of backends) {
  describe(`streams without transactions: ${name}`, () => {
    test('what a dead worker stored without a checkpoint is found, and not written again', () =>
      usingBackend(open, async backend => {
        await put(backend, 0, 20)
        const { store, cut } = cuttable()
        const { sink, reached } = silent()
        const a = startWorker(backend, 'a', { store, sink, drainMs: 0 })
        await a.worker.start()
        await reached
        cut()
        const b = startWorker(backend, 'b')
        await b.worker.start()
        assert.deepEqual(inOrder(await readNumbers(backend, 20)), numbers(20))
        const looked = b.told.find(event => event.type === 'recovery-looked')
        assert.ok(
          looked?.type === 'recovery-looked' && looked.found > 0,
          'the first batches were there already',
        )
        await Promise.all([a.stop(), b.stop()])
      }))

    test('a request of unknown fate is looked for, and not sent again when it is there', () =>
      usingBackend(open, async backend => {
        const { worker, told, stop } = startWorker(backend, 'a', { sink: unsure })
        await worker.start()
        await put(backend, 0, 25)
        assert.deepEqual(inOrder(await readNumbers(backend, 25)), numbers(25))
        assert.ok(told.some(({ type }) => type === 'put-unknown'))
        await stop()
      }))

    test('a worker that stops leaves the row clean, and the next one has nothing to look for', () =>
      usingBackend(open, async backend => {
        const a = startWorker(backend, 'a')
        await a.worker.start()
        await put(backend, 0, 10)
        assert.deepEqual(inOrder(await readNumbers(backend, 10)), numbers(10))
        await a.stop()
        const [row] = await backend.leaseStore({ application: 'app', stream: 'raw' }).list()
        assert.deepEqual([row?.owner, row?.dirtySince, row?.checkpoint.at], [undefined, undefined, 'after'])
        const b = startWorker(backend, 'b')
        await b.worker.start()
        await put(backend, 10, 20)
        assert.deepEqual(inOrder(await readNumbers(backend, 20)), numbers(20))
        assert.equal(
          b.told.some(({ type }) => type === 'recovery-started'),
          false,
        )
        await b.stop()
      }))

    test('a worker that is out of time lets go at once, and says since when its output may be there', () =>
      usingBackend(open, async backend => {
        await put(backend, 0, 14)
        const { sink, reached } = silent()
        const a = startWorker(backend, 'a', { sink, drainMs: 50 })
        await a.worker.start()
        await reached
        await a.stop()
        const [row] = await backend.leaseStore({ application: 'app', stream: 'raw' }).list()
        assert.equal(row?.owner, undefined)
        assert.ok(row?.dirtySince !== undefined)
        const b = startWorker(backend, 'b')
        await b.worker.start()
        assert.deepEqual(inOrder(await readNumbers(backend, 14)), numbers(14))
        await b.stop()
      }))
  })
}
