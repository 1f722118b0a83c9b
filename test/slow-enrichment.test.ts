import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openEmbedded, type EmbeddedBackend } from '../src/backends/embedded/index.ts'
import { coreDefaults } from '../src/core/index.ts'
import type { LeaseRow } from '../src/leases/index.ts'
import { Observations } from '../src/leases/observations.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import { ThreadPool } from '../src/worker/pool.ts'
import { createStreams, makeWorker, readAll } from './harness.ts'

// Enrichments that take every processor for much longer than a lease, in two workers that would each take what the
// other loses.

/** As they are when nobody configures them. */
const timers = { leaseMs: 2000, renewMs: 667, scanMs: 500, shardSyncMs: 2000 }
const program = new URL('../src/worker/test-thread.ts', import.meta.url)
const shards = 4
/** Seven records make a batch: together longer than a lease. */
const burnMs = 400
const batchTimeoutMs = 4000

const cases = [
  { threads: 1, what: 'fewer threads than shards' },
  { threads: Math.max(2, availableParallelism()), what: 'as many busy threads in each worker as processors' },
]

for (const { threads, what } of cases) {
  test(`enrichments at 100 % cost no lease, and an endless loop its record only: ${what}`, async context => {
    const backend = openEmbedded({ directory: directoryOf(context), idleMs: 20 })
    await createStreams(backend, shards)
    const a = startOne(backend, 'a', threads)
    const b = startOne(backend, 'b', threads)
    await Promise.all([a.worker.start(), b.worker.start()])
    await Promise.all([a.holds(shards / 2), b.holds(shards / 2)])

    const watch = new Watch(backend)
    const words = Array.from({ length: 34 }, (_, i) => `burn ${burnMs} ${i}`)
    await put(backend, [...words.slice(0, 17), 'loop', ...words.slice(17)])
    await committed(words.length + 1, [a, b])
    const seen = await watch.stop()
    context.diagnostic(JSON.stringify(seen))

    assert.deepEqual((await readAll(backend, 'good', words.length)).toSorted(), words.toSorted())
    assert.deepEqual(await readAll(backend, 'bad', 1), [`took longer than ${batchTimeoutMs} ms`])
    assert.deepEqual([...a.losses(), ...b.losses()], [])
    assert.equal(seen.expired, 0)
    assert.ok(seen.longestGapMs < timers.leaseMs, `no renewal for ${seen.longestGapMs} ms`)
    assert.ok(seen.renewals >= 0.7 * seen.renewalsDue, `${seen.renewals} of ${seen.renewalsDue} renewals`)
    await Promise.all([a.stop(), b.stop()])
    await backend.close()
  })
}

function directoryOf(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-slow-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function startOne(backend: EmbeddedBackend, name: string, threads: number) {
  const told: MillraceEvent[] = []
  const observe = (event: MillraceEvent) => void told.push(event)
  const setup = { core: coreDefaults, igluConfig: null, enrichments: [] }
  const pool = new ThreadPool({ threads, setup, batchTimeoutMs, program, observe })
  const { worker, seen } = makeWorker(backend, name, pool, { maxLeases: shards, timers })
  void seen(event => {
    observe(event)
    return false
  })
  return {
    worker,
    told,
    seen,
    holds: (count: number) => seen(event => event.type === 'leases-scanned' && event.held === count),
    /** Leases that changed hands otherwise than by being let go, and work that was given up. */
    losses: () =>
      told.filter(
        event =>
          event.type === 'lease-lost' ||
          event.type === 'shard-failed' ||
          (event.type === 'lease-taken' && event.from !== undefined),
      ),
    async stop() {
      await worker.stop('test')
      await pool.close()
    },
  }
}

/** Resolves when the workers have committed so many raw records together. */
async function committed(count: number, workers: readonly ReturnType<typeof startOne>[]): Promise<void> {
  const all = ({ told }: ReturnType<typeof startOne>) =>
    told.reduce((sum, event) => sum + (event.type === 'batch-committed' ? event.records : 0), 0)
  const reached = () => workers.reduce((sum, worker) => sum + all(worker), 0) >= count
  await Promise.race(workers.map(({ seen }) => seen(event => event.type === 'batch-committed' && reached())))
}

async function put(backend: EmbeddedBackend, words: readonly string[]): Promise<void> {
  const producer = backend.producer('raw')
  await producer.put(words.map((word, i) => ({ partitionKey: `key-${i}`, data: Buffer.from(word) })))
}

/** Looks at the lease table as a third worker would, and notes how regularly the counters rise. */
class Watch {
  readonly #began = performance.now()
  readonly #looks = new Observations(timers.leaseMs)
  readonly #delay = monitorEventLoopDelay({ resolution: 5 })
  readonly #rows = new Map<string, { counter: number; since: number }>()
  readonly #stop = new AbortController()
  readonly #watching: Promise<void>
  #renewals = 0
  #expired = 0
  #longestGapMs = 0

  constructor(backend: EmbeddedBackend) {
    this.#delay.enable()
    this.#watching = this.#watch(backend)
  }

  async stop() {
    this.#stop.abort()
    await this.#watching
    this.#delay.disable()
    const watchedMs = performance.now() - this.#began
    return {
      watchedMs: Math.round(watchedMs),
      renewals: this.#renewals,
      renewalsDue: Math.floor((watchedMs / timers.renewMs) * shards),
      expired: this.#expired,
      renewMs: timers.renewMs,
      longestGapMs: Math.round(this.#longestGapMs),
      mainThreadLateMsP99: Math.round(this.#delay.percentile(99) / 1e6),
      mainThreadLateMsMax: Math.round(this.#delay.max / 1e6),
    }
  }

  async #watch(backend: EmbeddedBackend): Promise<void> {
    const store = backend.leaseStore({ application: 'app', stream: 'raw' })
    while (!this.#stop.signal.aborted) {
      const rows = await store.list()
      this.#looks.look(rows, performance.now())
      for (const row of rows) this.#note(row)
      await sleep(20)
    }
  }

  #note(row: LeaseRow): void {
    const now = performance.now()
    const before = this.#rows.get(row.shardId)
    if (this.#looks.expired(row)) this.#expired++
    this.#longestGapMs = Math.max(this.#longestGapMs, now - (before?.since ?? now))
    if (before?.counter === row.counter) return
    if (before !== undefined) this.#renewals += row.counter - before.counter
    this.#rows.set(row.shardId, { counter: row.counter, since: now })
  }
}
