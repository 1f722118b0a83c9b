import type { Committer, ReadBackSink } from '../../delivery/index.ts'
import type { LeaseStore } from '../../leases/index.ts'
import { systemClock, type Clock, type ServerDate } from '../../lib/index.ts'
import type { NewStream, Producer, Shard, Source } from '../../streams/index.ts'
import {
  ownDate,
  type Backend,
  type CommitterOptions,
  type Consumer,
  type StreamSinkOptions,
} from '../backend.ts'
import { MemoryLeaseStore, MemoryLeaseTable } from './lease-store.ts'
import { MemoryShardControl } from './shard-control.ts'
import { MemoryCommitter, MemoryProducer, MemoryStreamSink } from './sink.ts'
import { MemorySource } from './source.ts'

export interface MemoryOptions {
  readonly clock?: Clock
  readonly idleMs?: number
}

/** Streams, leases and output in this process only: for tests and simulations. */
export function openMemory(options: MemoryOptions = {}): MemoryBackend {
  return new MemoryBackend(options)
}

export class MemoryBackend implements Backend {
  readonly serverDate: ServerDate
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #control: MemoryShardControl
  readonly #tables = new Map<string, MemoryLeaseTable>()
  readonly #sources = new Set<Source>()

  constructor({ clock = systemClock, idleMs = 1000 }: MemoryOptions) {
    this.#clock = clock
    this.serverDate = ownDate(clock)
    this.#idleMs = idleMs
    this.#control = new MemoryShardControl(clock)
  }

  createStream(stream: string, options: NewStream): Promise<'created' | 'exists'> {
    return this.#control.createStream(stream, options)
  }

  listShards(stream: string): Promise<readonly Shard[]> {
    return this.#control.listShards(stream)
  }

  splitShard(stream: string, shardId: string, newStartingHashKey?: bigint): Promise<'split' | 'refused'> {
    return this.#control.splitShard(stream, shardId, newStartingHashKey)
  }

  mergeShards(stream: string, shardId: string, adjacentShardId: string): Promise<'merged' | 'refused'> {
    return this.#control.mergeShards(stream, shardId, adjacentShardId)
  }

  producer(stream: string): Producer {
    return new MemoryProducer(stream, name => this.#control.open(name), this.#clock)
  }

  source(stream: string): Source {
    const options = { clock: this.#clock, idleMs: this.#idleMs }
    const source = new MemorySource(stream, () => this.#control.open(stream), options)
    this.#sources.add(source)
    return source
  }

  leaseStore(consumer: Consumer): LeaseStore {
    return new MemoryLeaseStore(this.#table(consumer))
  }

  committer(options: CommitterOptions): Committer {
    const table = this.#table({ application: options.application, stream: options.inputStream })
    return new MemoryCommitter(options, {
      table,
      open: name => this.#control.open(name),
      clock: this.#clock,
    })
  }

  sink(options: CommitterOptions): Committer {
    return this.committer(options)
  }

  /** The same streams without transactions, for those who read back what they are not sure of. */
  streamSink(options: StreamSinkOptions): ReadBackSink {
    return new MemoryStreamSink(options, { open: name => this.#control.open(name), clock: this.#clock })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sources].map(source => source.close()))
  }

  #table({ application, stream }: Consumer): MemoryLeaseTable {
    const name = JSON.stringify([application, stream])
    const table = this.#tables.get(name) ?? new MemoryLeaseTable()
    this.#tables.set(name, table)
    return table
  }
}
