import type { Observe } from '../observe/index.ts'
import type { Position } from '../streams/index.ts'
import type { HeldLease } from './lease.ts'
import type { LeaseStore } from './store.ts'

/**
 * One lease that this process holds, from the take to the release or the loss.
 *
 *   held ──ask seen, stop──► draining ──work done──► released
 *     └──a write is refused, and a strongly consistent look shows it was not our own──► lost
 *
 * One write is in flight at a time, so that each is composed from what the one before left. A write that failed may
 * have been applied: the next one is then refused, and `#adoptOurs` finds our own counter plus one.
 * A release is final from the moment it is sent: nothing but the release itself is written afterwards.
 * Source: delivery protocol, rules 7, 9, 14 and 15.
 */
export class Holding {
  readonly shardId: string
  readonly #store: LeaseStore
  readonly #observe: Observe
  readonly #drain = new AbortController()
  readonly #lost = new AbortController()
  #lease: HeldLease
  #lastWrite: Promise<unknown> = Promise.resolve()
  #releasing = false

  constructor(lease: HeldLease, store: LeaseStore, observe: Observe) {
    this.shardId = lease.shardId
    this.#lease = lease
    this.#store = store
    this.#observe = observe
  }

  get lease(): HeldLease {
    return this.#lease
  }

  /** Aborts when the work should finish what it has and stop. */
  get draining(): AbortSignal {
    return this.#drain.signal
  }

  /** Aborts when somebody else may be working on the shard: drop everything. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  drain(): void {
    this.#drain.abort()
  }

  /** Renews the lease. A failing store is nobody's fault yet: the lease is lost only when a write is refused. */
  keep(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#releasing || this.#lost.signal.aborted) return
      try {
        const kept = await this.#store.keep(this.#lease)
        if (kept === 'lost') await this.#recheck()
        else this.#adopt(kept)
      } catch {
        this.#observe({ type: 'lease-written', write: 'keep', result: 'failed' })
      }
    })
  }

  /** Lets go of the lease, with the position that the work has reached where the commit does not carry it. */
  release(checkpoint?: Position): Promise<'released' | 'lost'> {
    this.#releasing = true
    return this.#inTurn(async () => {
      if (this.#lost.signal.aborted) return 'lost'
      for (let attempt = 0; ; attempt++) {
        try {
          const result = await this.#store.release(this.#lease, checkpoint)
          // The renewal before was applied after all, and its reply was lost.
          if (result === 'lost' && attempt === 0 && (await this.#adoptOurs())) continue
          // After a failed attempt, a refusal may be our own release, seen late. Either way the lease is not ours.
          if (result === 'lost') this.#tellLost('release')
          else this.#observe({ type: 'lease-written', write: 'release', result: 'ok' })
          return result
        } catch (error) {
          this.#observe({ type: 'lease-written', write: 'release', result: 'failed' })
          // Then it expires by itself.
          if (attempt === 2) throw error
        }
      }
    })
  }

  #adopt(kept: HeldLease): void {
    this.#lease = kept
    this.#observe({ type: 'lease-written', write: 'keep', result: 'ok' })
    if (kept.askedBy !== undefined) this.#drain.abort()
  }

  /** A refused write: either an earlier write of ours was applied after all, or the lease is somebody else's. */
  async #recheck(): Promise<void> {
    if (await this.#adoptOurs()) return
    this.#tellLost('keep')
    this.#lost.abort()
  }

  async #adoptOurs(): Promise<boolean> {
    const row = await this.#store.get(this.shardId)
    const { owner, counter } = this.#lease
    if (row === undefined || row.owner !== owner || row.counter !== counter + 1) return false
    this.#adopt({ ...row, owner })
    return true
  }

  #tellLost(write: 'keep' | 'release'): void {
    this.#observe({ type: 'lease-written', write, result: 'lost' })
    this.#observe({ type: 'lease-lost', shardId: this.shardId, during: write })
  }

  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#lastWrite.then(write)
    this.#lastWrite = turn.catch(() => {})
    return turn
  }
}
