import type { Shard } from '../../streams/index.ts'

/** What one output shard takes at present, learned from what it refused. */
interface Pace {
  readonly recordsPerSecond: number
  /** Records that may be sent now; negative while more was sent than the pace allows. */
  readonly tokens: number
  /** When `tokens` was right, own monotonic time. */
  readonly at: number
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

  /** Which of these records go with the next request, and when. Records of one shard keep their order. */
  plan(hashKeys: readonly bigint[], now: number): PacePlan {
    const wanted = this.#byShard(hashKeys)
    let waitMs = 0
    let admitted = hashKeys.map((_, index) => index)
    for (const [shardId, indexes] of wanted) {
      const needed = this.#waitMs(shardId, indexes.length, now)
      if (needed <= maxWaitMs) {
        waitMs = Math.max(waitMs, needed)
      } else {
        const affordable = Math.floor(this.#tokens(shardId, now))
        const late = new Set(indexes.slice(Math.max(0, affordable)))
        admitted = admitted.filter(index => !late.has(index))
      }
    }
    if (admitted.length > 0 || hashKeys.length === 0) return { admitted, waitMs }
    return { admitted: [0], waitMs: maxWaitMs }
  }

  /** What became of records that were sent. */
  learn(hashKeys: readonly bigint[], refused: (index: number) => boolean, now: number): void {
    for (const [shardId, indexes] of this.#byShard(hashKeys, true)) {
      const stored = indexes.filter(index => !refused(index)).length
      if (stored < indexes.length) this.#cut(shardId, stored, now)
      else this.#spend(shardId, stored, now)
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

  #spend(shardId: string, count: number, now: number): void {
    const pace = this.#paces.get(shardId)
    if (pace === undefined) return
    const grown = pace.recordsPerSecond * (1 + growthPerSecond * ((now - pace.at) / 1000))
    const tokens = this.#tokens(shardId, now) - count
    if (grown >= fullSpeed) this.#paces.delete(shardId)
    else this.#paces.set(shardId, { ...pace, recordsPerSecond: grown, tokens, at: now })
  }

  #cut(shardId: string, stored: number, now: number): void {
    const pace = this.#paces.get(shardId) ?? {
      recordsPerSecond: fullSpeed,
      tokens: 0,
      at: now,
      cutAt: -Infinity,
    }
    const again = now - pace.cutAt < cutEveryMs
    const recordsPerSecond = again ? pace.recordsPerSecond : Math.max(slowest, pace.recordsPerSecond * cutTo)
    const tokens = Math.min(0, this.#tokens(shardId, now) - stored)
    this.#paces.set(shardId, {
      recordsPerSecond,
      tokens: Number.isFinite(tokens) ? tokens : 0,
      at: now,
      cutAt: again ? pace.cutAt : now,
    })
  }
}
