import type { Shard } from '../../streams/index.ts'

/** What one output shard takes at present, learned from what it refused. */
interface Pace {
  readonly recordsPerSecond: number
  /** Records that may be sent now; negative while some wait for their turn. */
  readonly tokens: number
  /** When `tokens` was right, own monotonic time. */
  readonly at: number
  /** When the pace was last raised. */
  readonly raisedAt: number
  /** When the pace was last cut. */
  readonly cutAt: number
}

export interface PacePlan {
  /** Indexes of the records that may be sent after `waitMs`, rising. Never empty when there were records. */
  readonly admitted: readonly number[]
  readonly waitMs: number
}

// A shard takes 1000 records or 1 MB a second, whichever comes first. Source: Kinesis quotas.
const fullSpeed = 1000
const slowest = 2
const cutTo = 0.7
/** One refusal often comes in several answers. */
const cutEveryMs = 500
const growthPerSecond = 0.1
/** Longer than this nobody waits for a slow shard: the others go first. */
const maxWaitMs = 1000

/**
 * How fast each shard of an output stream is written: as fast as anybody can, until it refuses something; then more
 * slowly by a third, and faster again by a tenth each second. A shard that is too hot is held back alone.
 */
export class Pacing {
  readonly #paces = new Map<string, Pace>()
  #shards: readonly Shard[] = []

  /** Some shard is held back, so it must be known which record goes where. */
  get active(): boolean {
    return this.#paces.size > 0
  }

  /** The stream's shards, for routing. Unknown shards are not held back. */
  set shards(shards: readonly Shard[]) {
    this.#shards = shards.filter(shard => shard.endingSequence === undefined)
    const open = new Set(this.#shards.map(({ shardId }) => shardId))
    for (const shardId of this.#paces.keys()) if (!open.has(shardId)) this.#paces.delete(shardId)
  }

  /**
   * Which of these records go with the next request, and when. Records of one shard keep their order. What is planned
   * counts as sent, so that others who plan meanwhile get later turns.
   */
  plan(hashKeys: readonly bigint[], now: number): PacePlan {
    const late = new Set<number>()
    let waitMs = 0
    for (const [shardId, indexes] of this.#byShard(hashKeys)) {
      const needed = this.#waitMs(shardId, indexes.length, now)
      if (needed <= maxWaitMs) waitMs = Math.max(waitMs, needed)
      else for (const index of indexes.slice(this.#affordable(shardId, now))) late.add(index)
    }
    const every = hashKeys.map((_, index) => index)
    const timely = late.size === 0 ? every : every.filter(index => !late.has(index))
    const starved = timely.length === 0 && hashKeys.length > 0
    const admitted = starved ? [0] : timely
    this.#spend(hashKeys, admitted, now)
    return { admitted, waitMs: starved ? maxWaitMs : waitMs }
  }

  /** What became of records that were sent. */
  learn(hashKeys: readonly bigint[], refused: (index: number) => boolean, now: number): void {
    for (const [shardId, indexes] of this.#byShard(hashKeys, true)) {
      const stored = indexes.filter(index => !refused(index)).length
      if (stored < indexes.length) this.#cut(shardId, now)
      else this.#raise(shardId, now)
    }
  }

  /** The pace of a shard; absent at full speed. */
  recordsPerSecond(shardId: string): number | undefined {
    return this.#paces.get(shardId)?.recordsPerSecond
  }

  #byShard(hashKeys: readonly bigint[], all = false): Map<string, number[]> {
    const indexes = new Map<string, number[]>()
    if (!all && !this.active) return indexes
    for (const [index, hashKey] of hashKeys.entries()) {
      const shardId = this.#shardOf(hashKey)
      if (shardId === undefined || (!all && !this.#paces.has(shardId))) continue
      const mine = indexes.get(shardId)
      if (mine === undefined) indexes.set(shardId, [index])
      else mine.push(index)
    }
    return indexes
  }

  #shardOf(hashKey: bigint): string | undefined {
    const covers = ({ startingHashKey, endingHashKey }: Shard) =>
      startingHashKey <= hashKey && hashKey <= endingHashKey
    return this.#shards.find(covers)?.shardId
  }

  #tokens(shardId: string, now: number): number {
    const pace = this.#paces.get(shardId)
    if (pace === undefined) return Infinity
    const { tokens, at, recordsPerSecond } = pace
    return Math.min(recordsPerSecond, tokens + ((now - at) / 1000) * recordsPerSecond)
  }

  #waitMs(shardId: string, count: number, now: number): number {
    const pace = this.#paces.get(shardId)
    if (pace === undefined) return 0
    return Math.max(0, ((count - this.#tokens(shardId, now)) / pace.recordsPerSecond) * 1000)
  }

  #affordable(shardId: string, now: number): number {
    return Math.max(0, Math.floor(this.#tokens(shardId, now)))
  }

  #spend(hashKeys: readonly bigint[], admitted: readonly number[], now: number): void {
    const keys = admitted.flatMap(index => hashKeys[index] ?? [])
    for (const [shardId, indexes] of this.#byShard(keys)) {
      const pace = this.#paces.get(shardId)
      if (pace === undefined) continue
      const tokens = this.#tokens(shardId, now) - indexes.length
      this.#paces.set(shardId, { ...pace, tokens, at: now })
    }
  }

  #raise(shardId: string, now: number): void {
    const pace = this.#paces.get(shardId)
    if (pace === undefined) return
    const raised = pace.recordsPerSecond * (1 + growthPerSecond * ((now - pace.raisedAt) / 1000))
    const tokens = this.#tokens(shardId, now)
    if (raised >= fullSpeed) this.#paces.delete(shardId)
    else this.#paces.set(shardId, { ...pace, recordsPerSecond: raised, tokens, at: now, raisedAt: now })
  }

  #cut(shardId: string, now: number): void {
    const pace = this.#paces.get(shardId)
    if (pace !== undefined && now - pace.cutAt < cutEveryMs) return
    const recordsPerSecond = Math.max(slowest, (pace?.recordsPerSecond ?? fullSpeed) * cutTo)
    // A shard that has just refused something has no room now.
    const tokens = Math.min(0, pace === undefined ? 0 : this.#tokens(shardId, now))
    this.#paces.set(shardId, { recordsPerSecond, tokens, at: now, raisedAt: now, cutAt: now })
  }
}
