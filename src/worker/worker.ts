import { randomBytes } from 'node:crypto'
import type { Delivery } from '../delivery/index.ts'
import {
  Coordinator,
  type HeldLease,
  type InitialPosition,
  type LeaseStore,
  type LeaseTimers,
} from '../leases/index.ts'
import { ByteBudget, type Clock } from '../lib/index.ts'
import type { Observe } from '../observe/index.ts'
import type { Source } from '../streams/index.ts'
import type { Enricher } from './enricher.ts'
import { readShard } from './read-shard.ts'

export interface WorkerOptions {
  /** What people call this worker. A random part is added: no two process starts share an owner name. */
  readonly name: string
  readonly source: Source
  readonly leaseStore: LeaseStore
  readonly delivery: Delivery
  readonly enricher: Enricher
  readonly initialPosition: InitialPosition
  readonly timers: LeaseTimers
  readonly maxLeases: number
  readonly maxBatchBytes: number
  readonly maxBatchRecords: number
  readonly maxBufferedBytes: number
  /** How long stopping may take. What is not done then is left to whoever takes the leases. */
  readonly drainMs: number
  readonly clock: Clock
  readonly observe: Observe
  /** From 0 to below 1; spreads retries out. */
  readonly random?: () => number
  /** Made up from the name when absent. No two process starts may share one. */
  readonly id?: string
}

const abandonMs = 2000

/** Works on this process's fair share of the shards of one stream, from `start` to `stop`. */
export class EnrichWorker {
  readonly id: string
  readonly #options: WorkerOptions
  readonly #coordinator: Coordinator
  #started: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  constructor(options: WorkerOptions) {
    const { source, leaseStore, delivery, initialPosition, timers, maxLeases, clock, observe, random } =
      options
    this.id = options.id ?? `${options.name}:${randomBytes(6).toString('hex')}`
    this.#options = options
    const budget = new ByteBudget(options.maxBufferedBytes)
    this.#coordinator = new Coordinator({
      worker: this.id,
      store: leaseStore,
      listShards: () => source.listShards(),
      work: holding => readShard(holding, { ...options, budget }),
      initialPosition,
      timers,
      maxLeases,
      clock,
      observe,
      ...(delivery.serverDate !== undefined && { serverDate: delivery.serverDate }),
      ...(random !== undefined && { random }),
    })
  }

  get held(): readonly HeldLease[] {
    return this.#coordinator.held
  }

  start(): Promise<void> {
    this.#started ??= this.#coordinator.start()
    return this.#started
  }

  /** Stops reading, finishes what was read, commits it and releases every lease. `drainMs`: in less time than usual. */
  stop(reason: string, drainMs = Infinity): Promise<void> {
    this.#stopped ??= this.#drain(reason, Math.min(drainMs, this.#options.drainMs))
    return this.#stopped
  }

  async #drain(reason: string, drainMs: number): Promise<void> {
    const { observe, clock } = this.#options
    const began = clock.monotonic()
    observe({ type: 'worker-draining', worker: this.id, reason })
    const deadline = new AbortController()
    const late = clock.sleep(drainMs, deadline.signal).then(() => 'late' as const)
    if ((await Promise.race([this.#coordinator.stop(), late])) === 'late') await this.#abandon()
    deadline.abort()
    observe({ type: 'worker-stopped', worker: this.id, ms: Math.round(clock.monotonic() - began) })
  }

  /** What is not done by now is the next owner's, and it is told so; a store that does not answer is not waited for. */
  async #abandon(): Promise<void> {
    const { clock } = this.#options
    await Promise.race([this.#coordinator.abandon(), clock.sleep(abandonMs)])
  }
}
