import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Backend, StreamSinkOptions } from '../src/backends/index.ts'
import {
  deliveryTimers,
  type DeliveryTimers,
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

/** A backend whose sink knows no transactions, or has one beside it that does not. */
interface Streams extends Backend {
  streamSink?(options: StreamSinkOptions): ReadBackSink
}

export interface OpenBackend {
  readonly backend: Streams
  readonly close: () => Promise<void>
}

export type Waits = Pick<DeliveryTimers, 'leaseMs'> & Partial<DeliveryTimers>

/** On one machine, by one clock. */
const ownMachine: Waits = { leaseMs: 1000, dateMarginMs: 500, dateSkewMs: 0 }
const streams = { good: 'good', bad: 'bad' }

interface Changes {
  readonly sink?: (sink: ReadBackSink) => ReadBackSink
  readonly store?: (store: LeaseStore) => LeaseStore
  readonly drainMs?: number
  /** Records do not say what made them. */
  readonly blind?: boolean
}

/** A worker on streams without transactions. */
function plainSink(backend: Streams): ReadBackSink {
  const options = { application: 'app', streams }
  const sink = backend.streamSink?.(options) ?? backend.sink({ ...options, inputStream: 'raw' })
  return sink.capability === 'readBack' ? sink : assert.fail('this sink cannot be read back')
}

function startWorker(backend: Streams, given: Waits, name: string, changes: Changes = {}) {
  const { sink = same, store = same, drainMs = 5000, blind = false } = changes
  const told: MillraceEvent[] = []
  const observe = (event: MillraceEvent) => void told.push(event)
  const { leaseMs } = given
  const timers = { leaseMs, renewMs: leaseMs / 4, scanMs: leaseMs / 5, shardSyncMs: 2 * leaseMs }
  const written = sink(plainSink(backend))
  const delivery = deliveryOn(backend, written, deliveryTimers(given), { observe, blind })
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

function deliveryOn(
  backend: Streams,
  sink: ReadBackSink,
  timers: DeliveryTimers,
  { observe, blind }: { observe: (event: MillraceEvent) => void; blind: boolean },
): Delivery {
  const kinds: readonly OutputKind[] = ['good', 'bad']
  const readBack = new ReadBack({
    outputs: new Map<OutputKind, Source>(kinds.map(kind => [kind, backend.source(kind)])),
    application: 'app',
    stream: 'raw',
    serverDate: backend.serverDate,
    dateSkewMs: timers.dateSkewMs,
    maxBatchBytes: 1e6,
    maxBatchRecords: 1000,
    clock: systemClock,
  })
  return readBackDelivery({
    sink,
    ...(!blind && { readBack }),
    timers,
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
    withdraw: (shardId, asker) => guard(() => inner.withdraw(shardId, asker)),
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

/** What must hold of workers on streams whose outputs and positions are no transaction. Each backend's tests call this. */
export function testReadBack(name: string, open: () => Promise<OpenBackend>, waits = ownMachine): void {
  async function using(work: (backend: Streams) => Promise<void>): Promise<void> {
    const { backend, close } = await open()
    try {
      await createStreams(backend, 1)
      await work(backend)
    } finally {
      await close()
    }
  }

  describe(`streams without transactions: ${name}`, () => {
    test('what a dead worker stored without a checkpoint is found, and not written again', () =>
      using(async backend => {
        await put(backend, 0, 20)
        const { store, cut } = cuttable()
        const { sink, reached } = silent()
        const a = startWorker(backend, waits, 'a', { store, sink, drainMs: 0 })
        await a.worker.start()
        await reached
        cut()
        const b = startWorker(backend, waits, 'b')
        await b.worker.start()
        assert.deepEqual(inOrder(await readNumbers(backend, 20)), numbers(20))
        const looked = b.told.find(event => event.type === 'recovery-looked')
        assert.ok(
          looked?.type === 'recovery-looked' && looked.found > 0,
          'the first batches were there already',
        )
        await Promise.all([a.stop(), b.stop()])
      }))

    test('where records do not say what made them nothing is lost, and what may come twice is told', () =>
      using(async backend => {
        await put(backend, 0, 20)
        const { store, cut } = cuttable()
        const { sink, reached } = silent()
        const a = startWorker(backend, waits, 'a', { store, sink, drainMs: 0, blind: true })
        await a.worker.start()
        await reached
        cut()
        const b = startWorker(backend, waits, 'b', { sink: unsure, blind: true })
        await b.worker.start()
        await put(backend, 20, 25)
        let all = new Set<number>()
        while (all.size < 25) all = new Set(await readNumbers(backend, 25))
        assert.deepEqual(inOrder([...all]), numbers(25))
        assert.ok(b.told.some(({ type }) => type === 'recovery-skipped'))
        await Promise.all([a.stop(), b.stop()])
      }))

    test('a request of unknown fate is looked for, and not sent again when it is there', () =>
      using(async backend => {
        const { worker, told, stop } = startWorker(backend, waits, 'a', { sink: unsure })
        await worker.start()
        await put(backend, 0, 25)
        assert.deepEqual(inOrder(await readNumbers(backend, 25)), numbers(25))
        assert.ok(told.some(({ type }) => type === 'put-unknown'))
        await stop()
      }))

    test('a worker that stops leaves the row clean, and the next one has nothing to look for', () =>
      using(async backend => {
        const a = startWorker(backend, waits, 'a')
        await a.worker.start()
        await put(backend, 0, 10)
        assert.deepEqual(inOrder(await readNumbers(backend, 10)), numbers(10))
        await a.stop()
        const [row] = await backend.leaseStore({ application: 'app', stream: 'raw' }).list()
        assert.deepEqual([row?.owner, row?.dirtySince, row?.checkpoint.at], [undefined, undefined, 'after'])
        const b = startWorker(backend, waits, 'b')
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
      using(async backend => {
        await put(backend, 0, 14)
        const { sink, reached } = silent()
        const a = startWorker(backend, waits, 'a', { sink, drainMs: 50 })
        await a.worker.start()
        await reached
        await a.stop()
        const [row] = await backend.leaseStore({ application: 'app', stream: 'raw' }).list()
        assert.equal(row?.owner, undefined)
        assert.ok(row?.dirtySince !== undefined)
        const b = startWorker(backend, waits, 'b')
        await b.worker.start()
        assert.deepEqual(inOrder(await readNumbers(backend, 14)), numbers(14))
        await b.stop()
      }))
  })
}
