import { Backoff, messageOf, MillraceError, type Clock, type ServerDate } from '../lib/index.ts'
import type { Observe } from '../observe/index.ts'
import type { Shard } from '../streams/index.ts'
import { Holding } from './holding.ts'
import type { HeldLease, LeaseRow } from './lease.ts'
import { Observations } from './observations.ts'
import { eligible, planLeases } from './plan.ts'
import { plannable, type Looker } from './plannable.ts'
import { renewUntil } from './renewal.ts'
import type { InitialPosition } from './shard-rows.ts'
import { rowsByShard, ShardSync } from './shard-sync.ts'
import type { LeaseStore } from './store.ts'
import { TableReport } from './table-report.ts'
import { takeLease } from './take.ts'

export interface LeaseTimers {
  /** A holder that has not renewed for this long is dead. */
  readonly leaseMs: number
  readonly renewMs: number
  /** How often to look at the table for free and expired leases. */
  readonly scanMs: number
  /** How often to look for shards that have no row. Also done whenever a shard ends. */
  readonly shardSyncMs: number
}

/** What became of the work on a shard. `ended`: the shard was closed and everything in it is committed. */
export type ShardResult = 'drained' | 'ended' | 'lost'

/**
 * The work itself. When `draining` aborts it finishes what it has begun and returns `'drained'`; when `lost` aborts it
 * drops everything and returns `'lost'`. Rejects when something outside failed: the lease is then released and claimed
 * again later.
 */
export type WorkOnShard = (holding: Holding) => Promise<ShardResult>

export interface CoordinatorOptions {
  /** Unique for each process start. */
  readonly worker: string
  readonly store: LeaseStore
  readonly listShards: () => Promise<readonly Shard[]>
  readonly work: WorkOnShard
  readonly initialPosition: InitialPosition
  readonly timers: LeaseTimers
  /** Given where outputs and position are not one transaction: each take marks the row dirty from this date on. */
  readonly serverDate?: ServerDate
  /** This process holds no more than that, whatever its share. */
  readonly maxLeases: number
  readonly clock: Clock
  readonly observe: Observe
  /** From 0 to below 1; spreads retries and renewals out. */
  readonly random?: () => number
}

/** From a hint to the scan that it brings about: releases come several at a time. */
const hintMs = 10
/** A look at the table just before something becomes anybody's would cost the time until the next one. */
const justAfterMs = 10

type ReleaseReason = 'asked' | 'stopping' | 'failed' | 'shard-ended'

/** First and longest wait before a shard whose work failed is claimed again. */
const shardBackoff = { minMs: 500, maxMs: 60_000 }

/**
 * Sees to it that this process works on its fair share of shards, and on each only while it holds the lease.
 *
 * Dull loops beside the work: *scan* looks at the table, lets `planLeases` decide, takes and asks; *sync* makes rows for
 * new shards and removes old ones; and each held lease is renewed, where its owner finds out who asks for it.
 * A live lease is never taken from its owner: ask, the owner drains and releases, take what is free.
 * When the work on a shard ends, for whatever reason, the lease is let go, and the table says what happens next.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions
  readonly #observations: Observations
  readonly #looker: Looker
  readonly #holdings = new Map<string, Holding>()
  /** Takes that are under way. */
  readonly #taking = new Set<string>()
  readonly #working = new Set<Promise<void>>()
  readonly #failures = new Map<string, { backoff: Backoff; notBefore: number }>()
  readonly #stop = new AbortController()
  readonly #shards: ShardSync
  readonly #report: TableReport
  /** A scan is due because of a hint. */
  #hinted = false
  /** Of the scans: aborts when something new was seen, by which the next one may be due sooner. */
  #nap = new AbortController()
  #unwatch: (() => void) | undefined
  #started: Promise<void> | undefined
  #loops: Promise<unknown> | undefined
  #stopped: Promise<void> | undefined

  constructor(options: CoordinatorOptions) {
    const { worker, store, timers } = options
    this.#options = options
    this.#observations = new Observations(timers.leaseMs)
    this.#looker = {
      worker,
      observations: this.#observations,
      // Whoever hears of a release looks at once. Whoever does not, looks within the time of one scan.
      headStartMs: store.watch === undefined ? timers.scanMs : timers.scanMs / 2,
      holds: shardId => this.#holdings.has(shardId),
    }
    this.#shards = new ShardSync(options)
    this.#report = new TableReport(options.observe)
  }

  get held(): readonly HeldLease[] {
    return [...this.#holdings.values()].map(holding => holding.lease)
  }

  /** Resolves after the first look at the table. */
  start(): Promise<void> {
    this.#started ??= this.#begin()
    return this.#started
  }

  /** Takes nothing more, lets all work drain, releases every lease. Renewals go on until the last one is gone. */
  stop(): Promise<void> {
    this.#stopped ??= this.#drainAll()
    return this.#stopped
  }

  /** Lets go of every lease at once, with the work still under way: somebody is about to end this process. */
  async abandon(): Promise<void> {
    this.#stop.abort()
    this.#unwatch?.()
    await Promise.allSettled([...this.#holdings.values()].map(holding => holding.abandon()))
  }

  async #begin(): Promise<void> {
    const { scanMs, shardSyncMs } = this.#options.timers
    await this.#attempt('sync', () => this.#sync())
    await this.#attempt('scan', () => this.#scan())
    this.#unwatch = this.#options.store.watch?.(() => this.#hint())
    this.#loops = Promise.all([
      this.#every(
        scanMs,
        'scan',
        () => this.#scan(),
        until => this.#untilNextScan(until),
      ),
      this.#every(shardSyncMs, 'sync', () => this.#sync()),
    ])
  }

  /** Hints come in bursts: one scan serves all that came before it. */
  #hint(): void {
    const { clock } = this.#options
    const { signal } = this.#stop
    if (this.#hinted || signal.aborted) return
    this.#hinted = true
    const scan = async () => {
      await clock.sleep(hintMs, signal)
      this.#hinted = false
      if (!signal.aborted) await this.#attempt('scan', () => this.#scan())
    }
    this.#track(scan())
  }

  async #drainAll(): Promise<void> {
    this.#stop.abort()
    for (const holding of this.#holdings.values()) holding.drain()
    // The loops first: a scan that is under way may still take a lease.
    await this.#started
    this.#unwatch?.()
    await this.#loops
    await this.#attempt('withdraw', () => this.#withdraw())
    while (this.#working.size > 0) await Promise.all(this.#working)
  }

  /** What was asked for is let go for nobody else while the ask stands. */
  async #withdraw(): Promise<void> {
    const { store, worker } = this.#options
    const asked = (await store.list()).filter(({ askedBy }) => askedBy === worker)
    await Promise.all(asked.map(({ shardId }) => store.withdraw(shardId, worker)))
  }

  /** Every `ms`, or as `rest` has it: it resolves when the time has come, or at once when all stops. */
  async #every(
    ms: number,
    what: string,
    act: () => Promise<unknown>,
    rest = (until: number) => this.#sleepUntil(until),
  ): Promise<void> {
    let began = this.#options.clock.monotonic()
    for (;;) {
      await rest(began + ms)
      if (this.#stop.signal.aborted) return
      began = this.#options.clock.monotonic()
      await this.#attempt(what, act)
    }
  }

  /** Until then, or until there is something to be done. What another scan sees meanwhile may have to be done sooner. */
  async #untilNextScan(until: number): Promise<void> {
    const { clock } = this.#options
    let nap: AbortController
    do {
      nap = this.#nap = new AbortController()
      const change = this.#observations.nextChange(this.#looker.headStartMs, clock.monotonic())
      await this.#sleepUntil(Math.min(until, change + justAfterMs), nap.signal)
    } while (nap.signal.aborted && !this.#stop.signal.aborted)
  }

  async #sleepUntil(until: number, nap?: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stop
    const over = nap === undefined ? signal : AbortSignal.any([signal, nap])
    await clock.sleep(Math.max(0, until - clock.monotonic()), over)
  }

  /** The loops outlive a failing store: what could not be done now is done at the next turn. */
  async #attempt(what: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#options.observe({
        type: 'outside-failed',
        what: error.code,
        error: `${what}: ${error.message}`,
        attempt: 1,
        retryInMs: this.#options.timers.scanMs,
      })
    }
  }

  async #sync(): Promise<void> {
    await this.#shards.sync()
    for (const shardId of this.#failures.keys())
      if (!this.#shards.listed.has(shardId)) this.#failures.delete(shardId)
  }

  async #scan(): Promise<void> {
    const { store, clock, worker, maxLeases } = this.#options
    const rows = await store.list()
    this.#observations.look(rows, clock.monotonic())
    this.#nap.abort()
    const rowByShard = rowsByShard(rows)
    this.#report.tell(rows, this.#holdings.size)
    this.#drainAsked(rows)
    if (this.#shards.isOlderThan(rows)) await this.#sync()
    const leases = rows
      .filter(row => eligible(row, rowByShard, this.#shards.listed))
      .map(row => plannable(row, this.#looker))
    const plan = planLeases(leases, worker, maxLeases)
    const claim = rowsOf(plan.claim, rowByShard).filter(row => this.#mayTake(row))
    const ask = rowsOf(plan.ask, rowByShard).filter(row => this.#mayTake(row))
    await Promise.all([
      ...claim.map(row => this.#attempt('take', () => this.#take(row))),
      ...ask.map(row => this.#attempt('ask', () => this.#ask(row))),
    ])
  }

  /** A scan may show sooner than the next renewal that somebody asks for what we hold. */
  #drainAsked(rows: readonly LeaseRow[]): void {
    for (const { shardId, epoch, askedBy } of rows) {
      const holding = this.#holdings.get(shardId)
      if (askedBy !== undefined && holding?.lease.epoch === epoch) holding.askedFor()
    }
  }

  #mayTake(row: LeaseRow): boolean {
    return !this.#stop.signal.aborted && !this.#cooling(row) && this.#holdings.size < this.#options.maxLeases
  }

  /** The work on this shard failed here a moment ago. Others may try meanwhile. */
  #cooling(row: LeaseRow): boolean {
    const failure = this.#failures.get(row.shardId)
    return failure !== undefined && this.#options.clock.monotonic() < failure.notBefore
  }

  async #take(row: LeaseRow): Promise<void> {
    const { store, worker, clock, observe, maxLeases } = this.#options
    const { shardId } = row
    if (this.#holdings.has(shardId) || this.#taking.has(shardId)) return
    // Two looks at the table may run at once.
    if (this.#holdings.size + this.#taking.size >= maxLeases) return
    this.#taking.add(shardId)
    try {
      const taken = await takeLease(row, this.#options)
      observe({ type: 'lease-written', write: 'take', result: taken === 'lost' ? 'lost' : 'ok' })
      if (taken === 'lost') return
      const { lease } = taken
      const from = row.owner === undefined ? {} : { from: row.owner }
      observe({ type: 'lease-taken', shardId, owner: worker, epoch: lease.epoch, ...from })
      const holding = new Holding(taken, { store, clock, observe })
      this.#holdings.set(shardId, holding)
      this.#track(this.#supervise(holding))
      // A stop that came while the take was under way has not seen this holding.
      if (this.#stop.signal.aborted) holding.drain()
    } finally {
      this.#taking.delete(shardId)
    }
  }

  /** Something that a stop waits for. */
  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#working.delete(tracked))
    this.#working.add(tracked)
  }

  async #ask(row: LeaseRow): Promise<void> {
    const { store, worker, observe } = this.#options
    if (row.owner === undefined) return
    const result = await store.ask(row, worker)
    observe({ type: 'lease-written', write: 'ask', result: result === 'lost' ? 'lost' : 'ok' })
    if (result === 'asked') observe({ type: 'lease-asked', shardId: row.shardId, owner: row.owner })
  }

  /** Runs the work on one shard, and lets go of the lease however it ends. Never rejects. */
  async #supervise(holding: Holding): Promise<void> {
    const { shardId } = holding
    const { clock, random, timers } = this.#options
    const over = new AbortController()
    // None waits for another: a store that is slow for one must not cost the others their leases.
    void renewUntil(over.signal, holding, {
      renewMs: timers.renewMs,
      clock,
      ...(random !== undefined && { random }),
    })
    try {
      const result = await this.#work(holding)
      if (result === 'failed') await this.#tryRelease(holding, 'failed')
      else await this.#letGo(holding, result)
    } finally {
      over.abort()
      this.#holdings.delete(shardId)
    }
  }

  async #work(holding: Holding): Promise<ShardResult | 'failed'> {
    const { shardId } = holding
    try {
      const result = await this.#options.work(holding)
      // Children before the end mark: a crash in between must not leave a shard that nobody ever reads.
      if (result === 'ended') await this.#shards.makeChildren(shardId)
      this.#failures.delete(shardId)
      return result
    } catch (error) {
      this.#fail(shardId, error)
      return 'failed'
    }
  }

  async #letGo(holding: Holding, result: ShardResult): Promise<void> {
    const { observe } = this.#options
    const { shardId } = holding
    if (result === 'lost') {
      // What a renewal found out, it has told.
      if (!holding.lost.aborted) observe({ type: 'lease-lost', shardId, during: 'commit' })
      return
    }
    if (result === 'drained') {
      await this.#tryRelease(holding, this.#stop.signal.aborted ? 'stopping' : 'asked')
      return
    }
    if (!(await this.#tryRelease(holding, 'shard-ended'))) return
    observe({ type: 'shard-ended', shardId })
    if (!this.#stop.signal.aborted) this.#track(this.#attempt('scan', () => this.#scan()))
  }

  #fail(shardId: string, error: unknown): void {
    const { clock, observe, random } = this.#options
    const backoff = this.#failures.get(shardId)?.backoff ?? new Backoff(shardBackoff, clock, random)
    const retryInMs = Math.round(backoff.nextMs())
    this.#failures.set(shardId, { backoff, notBefore: clock.monotonic() + retryInMs })
    const retryable = error instanceof MillraceError && error.retryable
    observe({ type: 'shard-failed', shardId, error: messageOf(error), retryable, retryInMs })
    if (!(error instanceof MillraceError)) this.#bug(error)
  }

  #bug(error: unknown): void {
    const stack = error instanceof Error ? { stack: error.stack ?? '' } : {}
    this.#options.observe({ type: 'bug', error: messageOf(error), ...stack })
  }

  /** True when the lease was ours to let go of, and is free. */
  async #tryRelease(holding: Holding, reason: ReleaseReason): Promise<boolean> {
    const { observe } = this.#options
    const { shardId } = holding
    try {
      const end = reason === 'shard-ended' ? ({ at: 'shardEnd' } as const) : undefined
      if ((await holding.release(end)) === 'lost') return false
      observe({ type: 'lease-released', shardId, reason })
      return true
    } catch (error) {
      if (!(error instanceof MillraceError)) this.#bug(error)
      // The store does not answer. The lease expires by itself, and nothing is written under it any more.
      observe({ type: 'lease-lost', shardId, during: 'release' })
      return false
    }
  }
}

function rowsOf(shardIds: readonly string[], rows: ReadonlyMap<string, LeaseRow>): LeaseRow[] {
  return shardIds.flatMap(shardId => rows.get(shardId) ?? [])
}
