import { systemClock, type Clock } from '../lib/index.ts'
import type { StartingPoint } from './record.ts'
import type { Shard } from './shard-map.ts'
import type { ReadOptions, RecordBatch, Source } from './source.ts'

export interface TailOptions extends ReadOptions {
  /** Where to start in the shards that are there at first. Their children are read from their beginning. */
  readonly from: StartingPoint
  readonly clock?: Clock
}

export interface ShardBatch extends RecordBatch {
  readonly shardId: string
}

/** How long to wait before asking again for the children of a shard that has ended. */
const childrenMs = 100

/**
 * Reads a whole stream without leases, following splits and merges: for taps and for consumers that work alone.
 * Order is kept within each shard, and parents come before children. One batch per shard is held at most.
 */
export async function* tail(source: Source, options: TailOptions): AsyncGenerator<ShardBatch> {
  const readers = new Readers(source, options)
  try {
    await readers.open(options.from)
    while (readers.size > 0 && !options.signal.aborted) {
      const { shardId, batch } = await readers.next()
      if (batch !== undefined) yield { ...batch, shardId }
    }
  } finally {
    await readers.close()
  }
}

/** What came of one shard: its next batch, or the shards of the stream once its children are among them. */
interface Arrival {
  readonly shardId: string
  readonly batch?: RecordBatch
  readonly shards?: readonly Shard[]
}

/**
 * One iterator per shard that can be read now, with its next batch already asked for. A shard that has ended is waited
 * for like one that is read, until its children are known: the others go on meanwhile.
 */
class Readers {
  readonly #source: Source
  readonly #options: TailOptions
  readonly #clock: Clock
  readonly #stop = new AbortController()
  readonly #iterators = new Map<string, AsyncIterator<RecordBatch>>()
  readonly #signal: AbortSignal
  readonly #arrivals = new Map<string, Promise<Arrival>>()
  /** Shards that are done, or that lie before the start. */
  readonly #done = new Set<string>()

  constructor(source: Source, options: TailOptions) {
    this.#source = source
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal])
  }

  get size(): number {
    return this.#arrivals.size
  }

  /** From `latest` only open shards matter; otherwise every shard does, each after its parents. */
  async open(from: StartingPoint): Promise<void> {
    const shards = await this.#source.listShards()
    const closed = shards.filter(shard => shard.endingSequence !== undefined)
    if (from.at === 'latest') for (const { shardId } of closed) this.#done.add(shardId)
    for (const shard of this.#ready(shards)) this.#start(shard.shardId, from)
  }

  async next(): Promise<Arrival> {
    const arrival = await Promise.race(this.#arrivals.values())
    const { shardId, batch, shards } = arrival
    if (shards !== undefined) this.#follow(shardId, shards)
    else if (batch === undefined || batch.position.at === 'shardEnd') this.#finish(shardId)
    else this.#ask(shardId)
    return arrival
  }

  #finish(shardId: string): void {
    this.#iterators.delete(shardId)
    this.#done.add(shardId)
    this.#await(shardId, this.#children(shardId))
  }

  /** The stream's shards, once the children of one that has ended are there. They may take a moment to show up. */
  async #children(shardId: string): Promise<Arrival> {
    while (!this.#signal.aborted) {
      const shards = await this.#source.listShards()
      if (shards.some(shard => shard.parents.includes(shardId))) return { shardId, shards }
      if (!shards.some(shard => shard.shardId === shardId)) return { shardId, shards }
      await this.#clock.sleep(childrenMs, this.#signal)
    }
    return { shardId, shards: [] }
  }

  #follow(shardId: string, shards: readonly Shard[]): void {
    this.#arrivals.delete(shardId)
    const { from } = this.#options
    const start: StartingPoint = from.at === 'timestamp' ? from : { at: 'trimHorizon' }
    for (const shard of this.#ready(shards)) this.#start(shard.shardId, start)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.allSettled([...this.#iterators.values()].map(async iterator => iterator.return?.()))
  }

  #ready(shards: readonly Shard[]): Shard[] {
    const known = new Set(shards.map(shard => shard.shardId))
    const waits = (parent: string) => known.has(parent) && !this.#done.has(parent)
    return shards.filter(
      ({ shardId, parents }) =>
        !this.#done.has(shardId) && !this.#arrivals.has(shardId) && !parents.some(waits),
    )
  }

  #start(shardId: string, from: StartingPoint): void {
    const batches = this.#source.read(shardId, from, { ...this.#options, signal: this.#signal })
    this.#iterators.set(shardId, batches[Symbol.asyncIterator]())
    this.#ask(shardId)
  }

  #ask(shardId: string): void {
    const iterator = this.#iterators.get(shardId)
    if (iterator === undefined) return
    this.#await(
      shardId,
      iterator
        .next()
        .then(({ done, value }): Arrival => (done === true ? { shardId } : { shardId, batch: value })),
    )
  }

  #await(shardId: string, arrival: Promise<Arrival>): void {
    // It may be rejected while another shard's batch is being worked on: `next` reports it then.
    arrival.catch(() => {})
    this.#arrivals.delete(shardId)
    this.#arrivals.set(shardId, arrival)
  }
}
