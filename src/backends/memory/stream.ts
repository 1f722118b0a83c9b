import { MillraceError } from '../../lib/index.ts'
import {
  evenRanges,
  hashKeyOf,
  mergeRanges,
  shardIdOf,
  splitRange,
  type HashRange,
  type NewRecord,
  type NewStream,
  type Position,
  type Shard,
  type StreamRecord,
  type WrittenProvenance,
} from '../../streams/index.ts'
import { Doorbell } from '../doorbell.ts'

export interface Append extends NewRecord {
  readonly provenance?: WrittenProvenance
}

const dayMs = 24 * 60 * 60 * 1000

/** One shard. A record's sequence is a number here; text only at the door. */
export class MemoryShard {
  readonly shardId: string
  readonly parents: readonly string[]
  readonly range: HashRange
  readonly startingSequence: number
  /** Rising, and all above `trimmedThrough`. */
  readonly records: StreamRecord[] = []
  trimmedThrough: number
  closed: { readonly sequence: number; readonly at: number } | undefined

  constructor(shardId: string, parents: readonly string[], range: HashRange, startingSequence: number) {
    this.shardId = shardId
    this.parents = parents
    this.range = range
    this.startingSequence = startingSequence
    this.trimmedThrough = startingSequence
  }

  get lastSequence(): number {
    return Number(this.records.at(-1)?.sequence ?? this.trimmedThrough)
  }

  /** The sequence behind which a reader at this position goes on. */
  locate(position: Position): number {
    if (position.at === 'trimHorizon') return this.trimmedThrough
    if (position.at === 'after') return Number(position.sequence)
    if (position.at !== 'timestamp') return this.lastSequence
    const first = this.records.find(record => record.arrivedAt >= position.ms)
    return first === undefined ? this.lastSequence : Number(first.sequence) - 1
  }

  /** Index of the first record behind the sequence. */
  indexAfter(sequence: number): number {
    let low = 0
    let high = this.records.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (Number(this.records[middle]?.sequence) > sequence) high = middle
      else low = middle + 1
    }
    return low
  }

  trim(before: number): void {
    const kept = this.records.findIndex(record => record.arrivedAt >= before)
    const gone = this.records.splice(0, kept === -1 ? this.records.length : kept)
    this.trimmedThrough = Number(gone.at(-1)?.sequence ?? this.trimmedThrough)
  }

  describe(): Shard {
    const { shardId, parents, range, startingSequence, closed } = this
    const shard = { shardId, parents, ...range, startingSequence: String(startingSequence) }
    return closed === undefined ? shard : { ...shard, endingSequence: String(closed.sequence) }
  }
}

/** A stream of shards that lives as long as its process. */
export class MemoryStream {
  readonly name: string
  readonly changed = new Doorbell()
  readonly #retentionMs: number
  #shards: MemoryShard[] = []
  readonly #removed = new Set<string>()
  #shardCount = 0
  #sequence = 0
  /** Never goes back, so that reading from a time is exact. */
  #arrival = 0

  constructor(name: string, { shards, retentionMs = dayMs }: NewStream) {
    this.name = name
    this.#retentionMs = retentionMs
    for (const range of evenRanges(shards)) this.#open([], range)
  }

  get shards(): readonly MemoryShard[] {
    return this.#shards
  }

  /** Absent when retention has removed it. */
  shard(shardId: string): MemoryShard | undefined {
    const shard = this.#shards.find(shard => shard.shardId === shardId)
    if (shard !== undefined || this.#removed.has(shardId)) return shard
    const message = `cannot read ${shardId} of ${this.name}: the stream never had such a shard; list its shards`
    throw new MillraceError('source', message, { retryable: false })
  }

  /** All at one instant: nobody sees a part of it. */
  append(records: readonly Append[], now: number): readonly StreamRecord[] {
    this.#arrival = Math.max(this.#arrival, now)
    this.trim(now)
    const stored = records.map(({ partitionKey, data, provenance }) => {
      const record: StreamRecord = {
        sequence: String(++this.#sequence),
        subSequence: 0,
        partitionKey,
        arrivedAt: this.#arrival,
        data: data.slice(),
        ...(provenance !== undefined && { provenance }),
      }
      this.#route(partitionKey).records.push(record)
      return record
    })
    this.changed.ring()
    return stored
  }

  split(shardId: string, now: number, at?: bigint): 'split' | 'refused' {
    const shard = this.#openShard(shardId)
    if (shard === undefined) return 'refused'
    const ranges = splitRange(shard.range, at)
    this.#close(shard, now)
    for (const range of ranges) this.#open([shardId], range)
    this.changed.ring()
    return 'split'
  }

  merge(shardId: string, adjacentShardId: string, now: number): 'merged' | 'refused' {
    const shard = this.#openShard(shardId)
    const adjacent = this.#openShard(adjacentShardId)
    if (shard === undefined || adjacent === undefined) return 'refused'
    const range = mergeRanges(shard.range, adjacent.range)
    this.#close(shard, now)
    this.#close(adjacent, now)
    this.#open([shardId, adjacentShardId], range)
    this.changed.ring()
    return 'merged'
  }

  /** Drops what is older than the retention, and closed shards that have nothing left. */
  trim(now: number): void {
    const before = now - this.#retentionMs
    for (const shard of this.#shards) shard.trim(before)
    const gone = (shard: MemoryShard) =>
      shard.closed !== undefined && shard.closed.at < before && shard.records.length === 0
    for (const shard of this.#shards.filter(gone)) this.#removed.add(shard.shardId)
    this.#shards = this.#shards.filter(shard => !gone(shard))
  }

  #openShard(shardId: string): MemoryShard | undefined {
    return this.#shards.find(shard => shard.shardId === shardId && shard.closed === undefined)
  }

  #open(parents: readonly string[], range: HashRange): void {
    this.#shards.push(new MemoryShard(shardIdOf(this.#shardCount++), parents, range, ++this.#sequence))
  }

  #close(shard: MemoryShard, now: number): void {
    shard.closed = { sequence: ++this.#sequence, at: now }
  }

  #route(partitionKey: string): MemoryShard {
    const key = hashKeyOf(partitionKey)
    const covers = ({ closed, range }: MemoryShard) =>
      closed === undefined && range.startingHashKey <= key && key <= range.endingHashKey
    const shard = this.#shards.find(covers)
    if (shard === undefined) throw new Error(`no open shard of ${this.name} covers hash key ${key}`)
    return shard
  }
}
