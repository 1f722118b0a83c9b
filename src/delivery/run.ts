import type { Holding } from '../leases/index.ts'
import { advances, type Position } from '../streams/index.ts'

interface Acknowledged {
  readonly position: Position
  readonly records: number
}

// A store that refuses at once is not asked again and again without a pause.
const retryMs = 100

/**
 * The longest unbroken run of batches whose every output is stored, and how much of it the lease's row does not say
 * yet. The checkpoint rides on renewals; they come earlier when much is open. Source: delivery protocol, rules 17 and 19.
 */
export class Run {
  readonly #holding: Holding
  readonly #maxOpenRecords: number
  readonly #sleep: (ms: number) => Promise<void>
  readonly #open: Acknowledged[] = []
  #position: Position

  constructor(holding: Holding, maxOpenRecords: number, sleep: (ms: number) => Promise<void>) {
    this.#holding = holding
    this.#maxOpenRecords = maxOpenRecords
    this.#sleep = sleep
    this.#position = holding.lease.checkpoint
  }

  /** Where it ends: the checkpoint that the next write may carry. */
  get position(): Position {
    return this.#position
  }

  acknowledge(position: Position, records: number): void {
    this.#position = position
    if (records > 0) this.#open.push({ position, records })
  }

  /** Waits until output of so many more records may be sent. False when the lease is over. */
  async room(records: number): Promise<boolean> {
    while (!this.#holding.over) {
      const open = this.#openRecords() + records
      if (open <= this.#maxOpenRecords / 2) return true
      const written = this.#holding.keep()
      if (open <= this.#maxOpenRecords || open === records) return true
      await written
      if (this.#openRecords() + records > this.#maxOpenRecords) await this.#sleep(retryMs)
    }
    return false
  }

  #openRecords(): number {
    const { checkpoint } = this.#holding.lease
    const reached = this.#open.findIndex(({ position }) => advances(checkpoint, position))
    this.#open.splice(0, reached === -1 ? this.#open.length : reached)
    return this.#open.reduce((sum, { records }) => sum + records, 0)
  }
}
