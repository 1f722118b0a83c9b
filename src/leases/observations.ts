import type { LeaseRow } from './lease.ts'

interface Observation {
  readonly owner: string | undefined
  readonly counter: number
  /** Own monotonic time at which the reply that first showed this pair arrived. */
  readonly since: number
}

/**
 * What this process has seen of everybody's rows, and since when. A holder is dead when its (owner, counter) pair has
 * not changed for longer than a lease, by our monotonic clock. After a gap in the looking (own pause, store outage)
 * everything is forgotten: nobody could renew what we did not see. Source: delivery protocol, rules 10 and 11.
 */
export class Observations {
  readonly #leaseMs: number
  #seen = new Map<string, Observation>()
  #lastLook = Number.NEGATIVE_INFINITY

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs
  }

  look(rows: readonly LeaseRow[], arrivedAt: number): void {
    const forgotten = arrivedAt - this.#lastLook > 0.75 * this.#leaseMs
    const seen = new Map<string, Observation>()
    for (const { shardId, owner, counter } of rows) {
      const known = forgotten ? undefined : this.#seen.get(shardId)
      const same = known !== undefined && known.owner === owner && known.counter === counter
      seen.set(shardId, same ? known : { owner, counter, since: arrivedAt })
    }
    this.#lastLook = arrivedAt
    this.#seen = seen
  }

  /**
   * When the next row becomes something else though nobody writes it, own monotonic time: its holder is dead that shows no
   * sign of life until then; or a head start is over, the first or second of a free row, or both of a dead holder's.
   */
  nextChange(headStartMs: number, now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const { owner, since } of this.#seen.values()) {
      const from = owner === undefined ? since : since + this.#leaseMs
      const first = owner === undefined ? from + headStartMs : from
      const at = first > now ? first : from + 2 * headStartMs
      if (at > now && at < next) next = at
    }
    return next
  }

  /** The row has had no holder for a whole lease. */
  abandoned(row: LeaseRow): boolean {
    return this.freeFor(row, this.#leaseMs)
  }

  /** The row has had no holder for longer than that. */
  freeFor(row: LeaseRow, ms: number): boolean {
    return row.owner === undefined && this.#unchangedFor(row, ms)
  }

  /** The row's holder has shown no sign of life for a whole lease. False for a row without a holder. */
  expired(row: LeaseRow): boolean {
    return row.owner !== undefined && this.#unchangedFor(row, this.#leaseMs)
  }

  /** The row's holder is dead, and nobody has taken the lease for so long. */
  expiredFor(row: LeaseRow, ms: number): boolean {
    return row.owner !== undefined && this.#unchangedFor(row, this.#leaseMs + ms)
  }

  #unchangedFor({ shardId, counter }: LeaseRow, ms: number): boolean {
    const seen = this.#seen.get(shardId)
    return seen !== undefined && seen.counter === counter && this.#lastLook - seen.since > ms
  }
}
