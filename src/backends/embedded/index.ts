import type { Committer, ReadBackSink } from '../../delivery/index.ts'
import type { LeaseStore } from '../../leases/index.ts'
import { systemClock, type Clock, type ServerDate } from '../../lib/index.ts'
import {
  maxRecordBytes,
  type NewStream,
  type Producer,
  type Shard,
  type Source,
} from '../../streams/index.ts'
import {
  ownDate,
  type Backend,
  type CommitterOptions,
  type Consumer,
  type StreamSinkOptions,
} from '../backend.ts'
import { Files, type Log } from './files.ts'
export { checkDirectory } from './checkup.ts'
export { holdsStreams } from './files.ts'
import { EmbeddedLeaseStore } from './lease-store.ts'
import { EmbeddedShardControl } from './shard-control.ts'
import { EmbeddedCommitter, EmbeddedProducer, EmbeddedStreamSink, type CommitterParts } from './sink.ts'
import { EmbeddedSource } from './source.ts'

export interface EmbeddedOptions {
  readonly directory: string
  readonly clock?: Clock
  /** What a put on a raw stream outlives once it has resolved: the end of every process, or also a power cut. */
  readonly durability?: 'process' | 'disk'
  /** How long the records of new streams stay readable; 24 hours when absent. */
  readonly retentionMs?: number
  readonly maxRecordBytes?: number
  /** How long a reader with nothing to read waits before it says so. */
  readonly idleMs?: number
  /** How long to try while another process holds the lock of a file. */
  readonly busyMs?: number
  /** Stands in for a full disk in tests: log files grow no further. */
  readonly maxPageCount?: number
}

const dayMs = 24 * 60 * 60 * 1000

/** Streams, leases and output in one directory, for many processes on one machine. Opens files when they are needed. */
export function openEmbedded(options: EmbeddedOptions): EmbeddedBackend {
  return new EmbeddedBackend(options)
}

export class EmbeddedBackend implements Backend {
  readonly #files: Files
  readonly #control: EmbeddedShardControl
  readonly serverDate: ServerDate
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #maxRecordBytes: number
  readonly #sources = new Set<Source>()
  readonly #producers = new Set<Producer>()
  #closed: Promise<void> | undefined

  constructor(options: EmbeddedOptions) {
    const { clock = systemClock, durability = 'disk', retentionMs = dayMs, busyMs = 5000 } = options
    this.#clock = clock
    this.serverDate = ownDate(clock)
    this.#idleMs = options.idleMs ?? 1000
    this.#maxRecordBytes = options.maxRecordBytes ?? maxRecordBytes
    this.#files = new Files({ ...options, clock, durability, busyMs })
    this.#control = new EmbeddedShardControl(this.#files, retentionMs)
  }

  createStream(stream: string, options: NewStream): Promise<'created' | 'exists'> {
    return this.#control.createStream(stream, options)
  }

  hasStream(stream: string): Promise<boolean> {
    return this.#control.hasStream(stream)
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

  /** Applies the retention now. Processes that write do so by themselves, within a second. */
  trim(stream: string): Promise<void> {
    return this.#control.trim(stream)
  }

  producer(stream: string): Producer {
    const open = () => this.#tended(this.#files.of(stream))
    const parts = { open, clock: this.#clock, maxRecordBytes: this.#maxRecordBytes }
    const producer = new EmbeddedProducer(stream, parts)
    this.#producers.add(producer)
    return producer
  }

  source(stream: string): Source {
    const options = { clock: this.#clock, idleMs: this.#idleMs }
    const source = new EmbeddedSource(stream, () => this.#files.of(stream), options)
    this.#sources.add(source)
    return source
  }

  leaseStore(consumer: Consumer): LeaseStore {
    const outputs = this.#files.outputs().thread
    const heartbeats = this.#files.heartbeats()
    return new EmbeddedLeaseStore(consumer, { heartbeats, outputs, bell: this.#files.bell })
  }

  committer(options: CommitterOptions): Committer {
    return new EmbeddedCommitter(options, this.#sinkParts())
  }

  sink(options: CommitterOptions): Committer {
    return this.committer(options)
  }

  /** The same streams without transactions, for those who read back what they are not sure of. */
  streamSink(options: StreamSinkOptions): ReadBackSink {
    return new EmbeddedStreamSink(options, this.#sinkParts())
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#sources].map(source => source.close()))
    await Promise.all([...this.#producers].map(producer => producer.close()))
    await this.#files.close()
  }

  #sinkParts(): CommitterParts {
    const log = this.#tended(this.#files.outputs())
    return { log, clock: this.#clock, maxRecordBytes: this.#maxRecordBytes }
  }

  #tended(log: Log): Log {
    this.#files.tend(log)
    return log
  }
}
