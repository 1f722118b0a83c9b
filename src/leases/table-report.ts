import type { Observe } from '../observe/index.ts'
import type { LeaseRow } from './lease.ts'

/** Tells what each look at the lease table shows. */
export class TableReport {
  readonly #observe: Observe
  /** Shards whose rows could not be read at the last look. */
  #unreadable: ReadonlySet<string> = new Set()

  constructor(observe: Observe) {
    this.#observe = observe
  }

  tell(rows: readonly LeaseRow[], held: number): void {
    this.#tellUnreadable(rows)
    this.#observe({
      type: 'leases-scanned',
      held,
      total: rows.length,
      leases: rows.map(({ shardId, owner, checkpoint }) => ({
        shardId,
        ...(owner !== undefined && { owner }),
        ended: checkpoint.at === 'shardEnd',
      })),
    })
  }

  /** Of each row once, and once when it is over. */
  #tellUnreadable(rows: readonly LeaseRow[]): void {
    const found = new Set<string>()
    for (const { shardId, unreadable: error } of rows) {
      if (error === undefined) continue
      found.add(shardId)
      if (!this.#unreadable.has(shardId)) this.#observe({ type: 'lease-unreadable', shardId, error })
    }
    for (const shardId of this.#unreadable)
      if (!found.has(shardId)) this.#observe({ type: 'lease-readable', shardId })
    this.#unreadable = found
  }
}
