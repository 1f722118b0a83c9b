import { messageOf, MillraceError, momentOf, type Clock, type Moment } from '../lib/index.ts'
import type { Observe } from '../observe/index.ts'
import type { Position } from '../streams/index.ts'
import type { HeldLease, Inheritance } from './lease.ts'
import type { LeaseStore, Progress } from './store.ts'

/** Tells how far the work is, at the instant at which a write is composed. */
export type TellProgress = (write: 'keep' | 'release') => Progress

export interface HoldingParts {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly observe: Observe
}

export interface TakenLease {
  readonly lease: HeldLease
  readonly inherited: Inheritance
  /** The moment before the take was sent. */
  readonly sentAt: Moment
}

// Then the lease expires by itself.
const releaseAttempts = 3
const releaseRetryMs = 200

/**
 * One lease that this process holds, from the take to the release or the loss.
 *
 *   held ──ask seen, stop──► draining ──work done──► released
 *     └──a write is refused, and a strongly consistent look shows it was not our own──► lost
 *
 * One write is in flight at a time, so that each is composed from what the one before left. A write that failed may
 * have been applied: the next one is then refused, and `#adoptOurs` finds our own counter plus one. Only a write whose
 * success reply arrived renews the lease, and it does so from the moment before it was sent: `renewed`.
 * A release is final from the moment it is sent: nothing but the release itself is written afterwards, and no output.
 * Source: delivery protocol, rules 7, 8, 9, 14 and 15.
 */
export class Holding {
  readonly shardId: string
  readonly inherited: Inheritance
  /** There is nothing to do in the shard: whatever ended its earlier owners is not here. */
  idle = false
  readonly #parts: HoldingParts
  readonly #drain = new AbortController()
  readonly #lost = new AbortController()
  #lease: HeldLease
  #renewed: Moment
  #lastWrite: Promise<unknown> = Promise.resolve()
  #waitingKeep: Promise<void> | undefined
  /** Nothing but the release itself is written any more. */
  #releasing = false
  /** A refused write has shown that the lease is somebody else's. */
  #refused = false
  #tellProgress: TellProgress | undefined
  /** Somebody who asks is served later. */
  #settling = false

  constructor({ lease, inherited, sentAt }: TakenLease, parts: HoldingParts) {
    this.shardId = lease.shardId
    this.inherited = inherited
    this.#lease = lease
    this.#parts = parts
    this.#renewed = asRenewal(sentAt, lease)
  }

  get lease(): HeldLease {
    return this.#lease
  }

  /** The moment before the last write that surely came through was sent; `served` is the date of its reply. */
  get renewed(): Moment {
    return this.#renewed
  }

  /** A release was sent, or the lease is somebody else's: no output may be sent under it any more. */
  get over(): boolean {
    return this.#releasing || this.#refused
  }

  /** Aborts when the work should finish what it has and stop. */
  get draining(): AbortSignal {
    return this.#drain.signal
  }

  /** Aborts when somebody else may be working on the shard, or soon will: drop everything. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  drain(): void {
    this.#drain.abort()
  }

  /** Somebody asks for the lease. */
  askedFor(): void {
    if (!this.#settling) this.drain()
  }

  /**
   * Whoever asks has to wait for `settled`: until what the last owner left is worked off, the next one would look for it
   * anew, and the shard stand still for as long again. A stop does not wait.
   */
  async settle(settled: Promise<unknown>): Promise<void> {
    this.#settling = true
    await settled.catch(() => {})
    this.#settling = false
    if (this.#lease.askedBy !== undefined) this.drain()
  }

  /** From now on every write carries the progress that the work tells. Without one, writes leave it alone. */
  follow(tellProgress: TellProgress): void {
    this.#tellProgress = tellProgress
  }

  /** Renews the lease. A failing store is nobody's fault yet: the lease is lost only when a write is refused. */
  keep(): Promise<void> {
    // One that waits for its turn will say all that this one could.
    this.#waitingKeep ??= this.#inTurn(async () => {
      this.#waitingKeep = undefined
      if (this.over) return
      try {
        await this.#keep()
      } catch (error) {
        this.#tellFailed('keep', error)
      }
    })
    return this.#waitingKeep
  }

  /** Lets go of the lease, at the end of the shard with the end mark. */
  release(end?: Extract<Position, { at: 'shardEnd' }>): Promise<'released' | 'lost'> {
    this.#releasing = true
    return this.#inTurn(() => this.#release(end))
  }

  /** Lets go of the lease with the work still under way: the next owner has to look for what it still brings about. */
  abandon(): Promise<'released' | 'lost'> {
    const released = this.release()
    this.#lost.abort()
    return released
  }

  async #keep(): Promise<void> {
    const { store, clock } = this.#parts
    const sentAt = momentOf(clock)
    const kept = await store.keep(this.#lease, this.#progress())
    if (kept !== 'lost') return this.#adopt(kept, sentAt)
    // An earlier write of ours was applied after all: it did not renew anything that we know of, so write on at once.
    if (await this.#adoptOurs()) return this.over ? undefined : this.#keep()
    this.#tellLost('keep')
    this.#lost.abort()
  }

  async #release(end: Position | undefined): Promise<'released' | 'lost'> {
    if (this.#refused) return 'lost'
    // One snapshot for all attempts: no output is sent any more.
    const told = this.#tellProgress?.('release')
    const progress = end === undefined ? told : { ...told, checkpoint: end }
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#tryRelease(progress)
      } catch (error) {
        this.#tellFailed('release', error)
        if (attempt === releaseAttempts) throw error
        await this.#parts.clock.sleep(releaseRetryMs)
      }
    }
  }

  async #tryRelease(progress: Progress | undefined): Promise<'released' | 'lost'> {
    const { store, observe } = this.#parts
    let result = await store.release(this.#lease, progress)
    // The renewal before was applied after all, and its reply was lost.
    if (result === 'lost' && (await this.#adoptOurs())) result = await store.release(this.#lease, progress)
    if (result === 'lost' && (await this.#isFree())) result = 'released'
    if (result === 'lost') this.#tellLost('release')
    else observe({ type: 'lease-written', write: 'release', result: 'ok' })
    return result
  }

  #progress(): Progress | undefined {
    const told = this.#tellProgress?.('keep')
    const { dirtySince, ownerSwitchesSinceCheckpoint } = this.#lease
    if (!this.idle || ownerSwitchesSinceCheckpoint === 0) return told
    return { ...(told ?? (dirtySince === undefined ? {} : { dirtySince })), idle: true }
  }

  #adopt(kept: HeldLease, sentAt: Moment): void {
    this.#lease = kept
    this.#renewed = asRenewal(sentAt, kept)
    this.#parts.observe({ type: 'lease-written', write: 'keep', result: 'ok' })
    if (kept.askedBy !== undefined) this.askedFor()
  }

  /** A refused write: either an earlier write of ours was applied after all, or the lease is somebody else's. */
  async #adoptOurs(): Promise<boolean> {
    const row = await this.#parts.store.get(this.shardId)
    const { owner, counter } = this.#lease
    if (row === undefined || row.owner !== owner || row.counter !== counter + 1) return false
    this.#lease = { ...row, owner }
    if (row.askedBy !== undefined) this.askedFor()
    return true
  }

  /** Our own release was applied, and its reply was lost: nobody else may free a row that we hold. */
  async #isFree(): Promise<boolean> {
    const row = await this.#parts.store.get(this.shardId)
    return row !== undefined && row.owner === undefined && row.counter === this.#lease.counter + 1
  }

  #tellFailed(write: 'keep' | 'release', error: unknown): void {
    const { observe } = this.#parts
    observe({ type: 'lease-written', write, result: 'failed', error: messageOf(error) })
    if (error instanceof MillraceError) return
    observe({
      type: 'bug',
      error: messageOf(error),
      ...(error instanceof Error && { stack: error.stack ?? '' }),
    })
  }

  #tellLost(write: 'keep' | 'release'): void {
    this.#refused = true
    this.#parts.observe({ type: 'lease-written', write, result: 'lost' })
    this.#parts.observe({ type: 'lease-lost', shardId: this.shardId, during: write })
  }

  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#lastWrite.then(write)
    this.#lastWrite = turn.catch(() => {})
    return turn
  }
}

/** Without a date in the reply, the newest that was known before the write was sent is on the safe side. */
function asRenewal({ monotonic, wall, served }: Moment, { repliedAt = served }: HeldLease): Moment {
  return repliedAt === undefined ? { monotonic, wall } : { monotonic, wall, served: repliedAt }
}
