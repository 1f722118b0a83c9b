import { evenRanges, mergeRanges, splitRange, type HashRange } from '../../streams/index.ts'
import { Shard, type ShardOptions } from './shard.ts'

type Birth = Pick<ShardOptions, 'range' | 'parents'>

/** The shards of a stream: those that are open cover every hash key once, always. */
export class ShardTree {
  readonly #make: (birth: Birth & { readonly ordinal: number; readonly createdAt: number }) => Shard
  /** In the order of their birth. */
  readonly #all = new Map<string, Shard>()
  /** In the order of their hash keys. */
  #open: Shard[] = []
  #born = 0

  constructor(count: number, now: number, limits: ShardOptions['limits']) {
    this.#make = birth => new Shard({ ...birth, limits })
    this.#open = evenRanges(count).map(range => this.#birth({ range, parents: [] }, now))
  }

  get all(): readonly Shard[] {
    return [...this.#all.values()]
  }

  get open(): readonly Shard[] {
    return this.#open
  }

  get(shardId: string): Shard | undefined {
    return this.#all.get(shardId)
  }

  /** The open shard that a hash key belongs to. */
  owner(hashKey: bigint): Shard {
    let low = 0
    let high = this.#open.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      const shard = this.#open[middle]
      if (shard !== undefined && shard.range.endingHashKey < hashKey) low = middle + 1
      else high = middle
    }
    const shard = this.#open[low]
    if (shard === undefined) throw new Error(`no open shard holds ${hashKey}`)
    return shard
  }

  split(shard: Shard, at: bigint, now: number): void {
    shard.close(now)
    const children = splitRange(shard.range, at).map(range =>
      this.#birth({ range, parents: [shard] }, now + 1),
    )
    this.#open.splice(this.#open.indexOf(shard), 1, ...children)
  }

  /** Both must be open and touch. */
  merge(shard: Shard, adjacent: Shard, now: number): Shard {
    const range = mergeRanges(shard.range, adjacent.range)
    shard.close(now)
    adjacent.close(now)
    const child = this.#birth({ range, parents: [shard, adjacent] }, now + 1)
    const first = Math.min(this.#open.indexOf(shard), this.#open.indexOf(adjacent))
    this.#open.splice(first, 2, child)
    return child
  }

  /**
   * Splits at every bound of `count` even ranges, then merges what lies within one. Kinesis does so as well: shards
   * in between live for a moment only. `tick` gives a later moment each time.
   */
  resize(count: number, tick: () => number): void {
    const targets = evenRanges(count)
    for (const { startingHashKey } of targets) {
      const shard = this.owner(startingHashKey)
      if (shard.range.startingHashKey !== startingHashKey) this.split(shard, startingHashKey, tick())
    }
    for (const target of targets) this.#mergeWithin(target, tick)
  }

  /** Forgets closed shards all of whose records are gone. */
  forget(closedBefore: number): void {
    for (const shard of this.#all.values()) {
      if (shard.closedAt !== undefined && shard.closedAt < closedBefore) this.#all.delete(shard.shardId)
    }
  }

  #mergeWithin(target: HashRange, tick: () => number): void {
    const within = this.#open.filter(
      ({ range }) =>
        range.startingHashKey >= target.startingHashKey && range.endingHashKey <= target.endingHashKey,
    )
    within.reduce((merged, next) => this.merge(merged, next, tick()))
  }

  #birth(birth: Birth, createdAt: number): Shard {
    const shard = this.#make({ ...birth, ordinal: this.#born++, createdAt })
    this.#all.set(shard.shardId, shard)
    return shard
  }
}
