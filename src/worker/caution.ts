import type { HeldLease } from '../leases/index.ts'
import type { RecordBatch } from '../streams/index.ts'

// Deploys and machines that die cost a lease a few owners; more of them without progress are the records' doing.
const suspiciousSwitches = 3

/**
 * What a lease's history asks for. One that changed hands again and again, and whose checkpoint never moved, has a record
 * that ends every process that touches it. Then records are done one by one, so that the checkpoint stands right before
 * that one; and when this does not help either, the first one is condemned: it becomes a generic_error, and the shard
 * goes on. Source: delivery protocol, section 9.
 */
export class Caution {
  /** Why the next batch is not to be processed; absent when it is. */
  condemned: string | undefined
  /** So many more records one by one. */
  #left: number

  constructor({ ownerSwitchesSinceCheckpoint: switches }: HeldLease, maxBatchRecords: number) {
    this.#left = switches > suspiciousSwitches ? maxBatchRecords : 0
    if (switches > suspiciousSwitches + 1) this.condemned = `has ended ${switches} workers in a row`
  }

  get needed(): boolean {
    return this.#left > 0
  }

  /** A batch is done. True when the checkpoint should say so at once. */
  past({ records, millisBehindLatest }: RecordBatch): boolean {
    // Nothing here can have ended anybody: the owners died of something else.
    if (records.length === 0 && millisBehindLatest === 0) this.#left = 0
    if (this.#left === 0) this.condemned = undefined
    if (this.#left === 0 || records.length === 0) return false
    this.#left -= records.length
    this.condemned = undefined
    return true
  }
}
