import type { Inheritance } from '../leases/index.ts'
import type { RecordBatch } from '../streams/index.ts'
import type { Look, ReadBack } from './read-back.ts'
import { graceMs, type DeliveryTimers } from './timers.ts'

export type Unclean = Extract<Inheritance, { state: 'unclean' }>

/**
 * What has to be remembered of an unclean take, until it is worked off: since when the last owners' output may be there,
 * and the look that finds it.
 *
 * The *suspect range* are the first records behind the checkpoint that was found, as far as they had arrived by then:
 * no earlier owner can have sent output of any other. Until our own checkpoint has passed it the row stays as dirty as
 * it was found, so that a crash meanwhile makes the next owner look from the same date. Source: rules 23 and 24.
 */
export class Recovery {
  readonly since: number
  readonly look: Look
  /** Resolves when everything that the last owners sent has been looked for. */
  readonly ready: Promise<void>
  #suspects: number

  constructor(
    shardId: string,
    { since, after, decidedAt }: Unclean,
    readBack: ReadBack,
    timers: DeliveryTimers,
  ) {
    this.since = since
    this.#suspects = timers.maxOpenRecords
    this.look = readBack.look(shardId, since - timers.dateMarginMs)
    this.ready = this.look.readUpTo(decidedAt + graceMs(timers, after))
    // It is awaited when there is something to send; until then nobody listens.
    this.ready.catch(() => {})
  }

  /** The checkpoint moves past this batch. True when the suspect range is behind it. */
  pass({ records, millisBehindLatest, position }: RecordBatch): boolean {
    this.#suspects -= records.length
    return this.#suspects <= 0 || millisBehindLatest === 0 || position.at === 'shardEnd'
  }
}
