import type { ReadBackSink } from '../../delivery/index.ts'
import type { LeaseStore } from '../../leases/index.ts'
import { SeenDates, systemClock, type Clock } from '../../lib/index.ts'
import { unobserved, type Observe } from '../../observe/index.ts'
import {
  maxRecordBytes,
  type NewStream,
  type Producer,
  type Shard,
  type Source,
} from '../../streams/index.ts'
import type { Backend, Consumer, SourceOptions, StreamSinkOptions } from '../backend.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { KinesisProducer } from './producer.ts'
import { maxPutBytes } from './put-body.ts'
import { KinesisShardControl } from './shard-control.ts'
import { KinesisSink, type SinkSettings } from './sink.ts'
import { KinesisSource, type SourceSettings } from './source.ts'
import { StreamConsumer } from './stream-consumer.ts'

export interface AwsOptions
  extends
    Pick<ConnectionOptions, 'region' | 'endpoint' | 'credentials' | 'post'>,
    Partial<Omit<SourceSettings, 'clock' | 'observe'>>,
    Partial<Omit<SinkSettings, 'clock' | 'observe'>> {
  /** Keeps the leases of one consumer. It must feed what the server's replies are dated into `serverDate`. */
  readonly leaseStore: (consumer: Consumer, serverDate: SeenDates) => LeaseStore
  /** How the workers of an application read: enhanced fan-out pushes to them, beside all who poll. Default: polling. */
  readonly retrieval?: 'polling' | 'fanOut'
  /** A put on a raw stream that has not answered by then is made again, and its records may come twice. */
  readonly producerTimeoutMs?: number
  readonly clock?: Clock
  readonly observe?: Observe
  /** Between two looks at a stream that is being made or resharded. */
  readonly pollMs?: number
}

/** Streams on Kinesis; leases where `leaseStore` keeps them. Opens connections when they are needed. */
export function openAws(options: AwsOptions): AwsBackend {
  return new AwsBackend(options)
}

const sourceDefaults = {
  idleMs: 500,
  behindMs: 250,
  maxBytesPerSecond: 2_000_000,
  readTimeoutMs: 10_000,
  // As long as a reader of Amazon's waits.
  silentMs: 35_000,
  giveUpMs: 60_000,
}

const sinkDefaults = {
  putTimeoutMs: 2000,
  maxRequestBytes: maxPutBytes,
  maxRecordBytes,
  provenance: 'partitionKey',
} as const

/** Creating and resharding take a minute or less. */
const changing = { pollMs: 1000, giveUpMs: 10 * 60_000 }
// No lease waits for a producer: one that is as hasty as a sink only makes copies.
const producerDefaults = { timeoutMs: 5000, giveUpMs: 30_000 }

export class AwsBackend implements Backend {
  readonly serverDate = new SeenDates()
  readonly #options: AwsOptions
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #control: KinesisShardControl
  readonly #sources = new Set<Source>()
  readonly #leaseStores = new Set<LeaseStore>()
  #closed: Promise<void> | undefined

  constructor(options: AwsOptions) {
    const { clock = systemClock, pollMs = changing.pollMs } = options
    this.#options = options
    this.#clock = clock
    const { readTimeoutMs: clientAnswerMs = sourceDefaults.readTimeoutMs } = options
    this.#connection = new Connection({ ...options, clock, serverDate: this.serverDate, clientAnswerMs })
    const control = { ...changing, pollMs, clock, maxRecordBytes: options.maxRecordBytes ?? maxRecordBytes }
    this.#control = new KinesisShardControl(this.#connection, control)
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
    const { producerTimeoutMs: putTimeoutMs = producerDefaults.timeoutMs } = this.#options
    const { giveUpMs } = producerDefaults
    const settings = { ...sinkDefaults, ...this.#options, clock: this.#clock, putTimeoutMs, giveUpMs }
    return new KinesisProducer(stream, this.#connection, settings)
  }

  source(stream: string, { application }: SourceOptions = {}): Source {
    const { observe = unobserved } = this.#options
    const settings = { ...sourceDefaults, ...this.#options, observe, clock: this.#clock }
    const source = new KinesisSource(stream, this.#connection, settings, this.#consumer(stream, application))
    this.#sources.add(source)
    return source
  }

  #consumer(stream: string, application: string | undefined): StreamConsumer | undefined {
    const { retrieval, pollMs = changing.pollMs } = this.#options
    if (retrieval !== 'fanOut' || application === undefined) return undefined
    const { giveUpMs } = changing
    const settings = { clock: this.#clock, pollMs, giveUpMs, closed: this.#connection.closed }
    return new StreamConsumer(this.#connection.client, stream, application, settings)
  }

  leaseStore(consumer: Consumer): LeaseStore {
    const store = this.#options.leaseStore(consumer, this.serverDate)
    this.#leaseStores.add(store)
    return store
  }

  /** Kinesis knows no transactions. */
  sink(options: StreamSinkOptions): ReadBackSink {
    const { observe = unobserved } = this.#options
    const settings = { ...sinkDefaults, ...this.#options, observe, clock: this.#clock }
    return new KinesisSink(options, this.#connection, settings)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#sources, ...this.#leaseStores].map(part => part.close()))
    await this.#connection.close()
  }
}
