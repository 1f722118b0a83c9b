import { shardIdOf, type HashRange } from '../../streams/index.ts'
import { ShardThrottle, type KinesisLimits } from './limits.ts'

/** A record as it lies in a shard and as GetRecords gives it. Data stay in base64, as they came and as they go. */
export interface StoredRecord {
  readonly sequence: string
  readonly arrivedAt: number
  readonly partitionKey: string
  readonly data: string
  /** Data and partition key. */
  readonly bytes: number
}

export type NewStoredRecord = Omit<StoredRecord, 'sequence' | 'arrivedAt'>

export interface ShardOptions {
  readonly ordinal: number
  readonly range: HashRange
  readonly parents: readonly Shard[]
  /** Strictly later than that of any parent, so that sequence numbers go on from theirs. */
  readonly createdAt: number
  readonly limits: KinesisLimits
}

/** A place in a shard: how many records were ever appended before it. Trimming does not move it. */
export type Place = number

// Kinesis numbers records within a shard with gaps; nobody may count on the next number.
const stepOf = (count: number): number => 1 + ((count * 7) % 11)

/**
 * One shard: a log that grows at its end while the shard is open and loses its beginning to retention.
 *
 * The records of #log from #head on are live; the first of them has place #trimmed. Sequence numbers have 56 digits,
 * so they order as text: moment of the shard's creation, its ordinal, a count.
 */
export class Shard {
  readonly shardId: string
  readonly ordinal: number
  readonly range: HashRange
  readonly parents: readonly Shard[]
  readonly children: Shard[] = []
  readonly createdAt: number
  readonly throttle: ShardThrottle
  readonly startingSequence: string
  readonly #prefix: string
  readonly #listeners = new Set<() => void>()
  #closed: { readonly at: number; readonly endingSequence: string } | undefined
  #log: StoredRecord[] = []
  #head = 0
  #trimmed = 0
  #count = 0

  constructor({ ordinal, range, parents, createdAt, limits }: ShardOptions) {
    this.shardId = shardIdOf(ordinal)
    this.ordinal = ordinal
    this.range = range
    this.parents = parents
    this.createdAt = createdAt
    this.throttle = new ShardThrottle(limits, createdAt)
    this.#prefix = `49${String(createdAt).padStart(14, '0')}${String(ordinal).padStart(12, '0')}`
    this.startingSequence = this.#sequence()
    for (const parent of parents) parent.children.push(this)
  }

  get endingSequence(): string | undefined {
    return this.#closed?.endingSequence
  }

  get closedAt(): number | undefined {
    return this.#closed?.at
  }

  /** The place after the newest record. */
  get end(): Place {
    return this.#trimmed + this.#log.length - this.#head
  }

  append(record: NewStoredRecord, arrivedAt: number): string {
    const sequence = this.#nextSequence()
    this.#log.push({ ...record, sequence, arrivedAt })
    this.#ring()
    return sequence
  }

  close(at: number): void {
    this.#closed = { at, endingSequence: this.#nextSequence() }
    this.#ring()
  }

  /** True for a number that this shard may have given. */
  numbered(sequence: string): boolean {
    return sequence.startsWith(this.#prefix) && sequence.length === this.startingSequence.length
  }

  /** The record at a place, if it has arrived and is still kept. */
  at(place: Place): StoredRecord | undefined {
    return place < this.#trimmed ? undefined : this.#log[this.#head + place - this.#trimmed]
  }

  /** The place of the oldest record that is still kept. */
  get start(): Place {
    return this.#trimmed
  }

  /** The first place whose record has `sequence` or a later one. */
  placeOf(sequence: string): Place {
    return this.#first(record => record.sequence >= sequence)
  }

  placeAfter(sequence: string): Place {
    return this.#first(record => record.sequence > sequence)
  }

  placeAt(ms: number): Place {
    return this.#first(record => record.arrivedAt >= ms)
  }

  /** Forgets what arrived before `ms`. */
  trim(ms: number): void {
    while (this.#head < this.#log.length && (this.#log[this.#head]?.arrivedAt ?? ms) < ms) {
      this.#head++
      this.#trimmed++
    }
    // Forgetting in halves keeps the cost of a record constant.
    if (this.#head > 1000 && this.#head * 2 > this.#log.length) {
      this.#log = this.#log.slice(this.#head)
      this.#head = 0
    }
  }

  /** Calls back at every append and at the close, until told not to. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #first(reached: (record: StoredRecord) => boolean): Place {
    let low = this.#head
    let high = this.#log.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const record = this.#log[middle]
      if (record !== undefined && reached(record)) high = middle
      else low = middle + 1
    }
    return this.#trimmed + low - this.#head
  }

  #nextSequence(): string {
    this.#count += stepOf(this.#count)
    return this.#sequence()
  }

  #sequence(): string {
    return this.#prefix + String(this.#count).padStart(28, '0')
  }

  #ring(): void {
    for (const listener of this.#listeners) listener()
  }
}
