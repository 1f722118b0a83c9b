import { randomUUID } from 'node:crypto'
import { MillraceError, type Clock } from '../../lib/index.ts'
import type { LeaseItems } from './lease-items.ts'

export interface LeaseBellOptions {
  readonly clock: Clock
  /** Between two looks at the bell. */
  readonly everyMs: number
}

/** Whoever has just asked for a lease looks so much more often, for so many looks. */
const eager = { times: 3, looks: 15 }
/** A bell makes every worker look at the whole table: with more rows than this, less often in proportion. */
const fewRows = 256
/** A table that fails or throttles has better to do: so many times less often after a look that failed. */
const failedFactor = 10

/**
 * Tells the workers of one table soon that somebody asked for a lease or let go of one, so that they look at the table
 * then and not at their next turn. DynamoDB has nothing to wait on: the bell is one attribute of the first row of the
 * table, which all know. To ring is to change it, to listen is to look at it a few times a second: half a read unit each.
 * Nothing depends on it. A bell that is not heard costs the time until the next look at the table.
 */
export class LeaseBell {
  readonly #items: LeaseItems
  readonly #options: LeaseBellOptions
  /** The first row and how many there are, as the table last was. */
  #table: { readonly first: string; readonly rows: number } | undefined
  #heard: string | undefined
  #eagerLooks = 0
  #ringing: Promise<void> | undefined
  #again = false

  constructor(items: LeaseItems, options: LeaseBellOptions) {
    this.#items = items
    this.#options = options
  }

  /** The table was looked at. */
  saw(shardIds: readonly string[]): void {
    const [one] = shardIds
    if (one === undefined) return
    const first = shardIds.reduce((least, shardId) => (shardId < least ? shardId : least), one)
    this.#table = { first, rows: shardIds.length }
  }

  /** Soon, and once for all that want it meanwhile. */
  ring(): void {
    if (this.#ringing !== undefined) this.#again = true
    else this.#ringing = this.#ringAll().finally(() => (this.#ringing = undefined))
  }

  /** Something was asked for: the answer is near. */
  expectAnswer(): void {
    this.#eagerLooks = eager.looks
  }

  listen(onRing: () => void): () => void {
    const stop = new AbortController()
    void this.#listen(onRing, stop.signal)
    return () => stop.abort()
  }

  /** Resolves when what was rung has been heard by the table. */
  async close(): Promise<void> {
    await this.#ringing
  }

  async #ringAll(): Promise<void> {
    do {
      this.#again = false
      await unlessFailed(this.#ringOnce())
    } while (this.#again)
  }

  async #ringOnce(): Promise<void> {
    if (this.#table === undefined) return
    const { first } = this.#table
    await this.#items.update('ring the bell at', first, {
      condition: { equal: { leaseKey: { S: first } } },
      change: { set: { millraceBell: { S: randomUUID() } } },
    })
  }

  async #listen(onRing: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const rang = await unlessFailed(this.#look())
      if (rang === true && !signal.aborted) onRing()
      const waitMs = this.#waitMs() * (rang === undefined ? failedFactor : 1)
      await this.#options.clock.sleep(waitMs, signal)
    }
  }

  /** True when it was rung since the last look. */
  async #look(): Promise<boolean> {
    if (this.#table === undefined) return false
    const item = await this.#items.glance(this.#table.first, 'millraceBell')
    const bell = item?.millraceBell?.S
    const rang = bell !== undefined && bell !== this.#heard
    this.#heard = bell
    return rang
  }

  #waitMs(): number {
    const { everyMs } = this.#options
    const waitMs = everyMs * Math.max(1, (this.#table?.rows ?? 0) / fewRows)
    if (this.#eagerLooks === 0) return waitMs
    this.#eagerLooks--
    return waitMs / eager.times
  }
}

async function unlessFailed<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof MillraceError) return undefined
    throw error
  }
}
