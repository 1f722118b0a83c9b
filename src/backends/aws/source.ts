import type { Clock } from '../../lib/index.ts'
import type { Observe } from '../../observe/index.ts'
import type { Position, ReadOptions, RecordBatch, Shard, Source } from '../../streams/index.ts'
import type { Connection } from './connection.ts'
import type { ProvenancePlace } from './provenance-key.ts'
import { CallPace } from './call-pace.ts'
import { shardEnd, ShardReader, type ShardReaderParts } from './shard-reader.ts'
import { listShards, sdkFailure } from './shards.ts'
import type { StreamConsumer } from './stream-consumer.ts'

export interface SourceSettings {
  /** Where records say what made them; in their keys when absent. */
  readonly provenance?: ProvenancePlace
  readonly clock: Clock
  readonly observe: Observe
  /** Between two calls for a shard that has nothing new. */
  readonly idleMs: number
  /** Between two calls for a shard that has more. Kinesis allows five calls a second, to all readers together. */
  readonly behindMs: number
  /** What a shard is read at, at most. Kinesis allows 2 MB/s, to all readers together. */
  readonly maxBytesPerSecond: number
  /** In one call at most. Absent: as many as fit into a batch. */
  readonly maxCallRecords?: number
  /** A call that has not answered by then has failed. */
  readonly readTimeoutMs: number
  /** A subscription that tells nothing for so long is given up: it says every few seconds that there is nothing. */
  readonly silentMs: number
  /** For how long nothing may come before a reader gives up. */
  readonly giveUpMs: number
}

/** Shards of a Kinesis stream: polled, or subscribed to where there is a consumer. */
export class KinesisSource implements Source {
  readonly stream: string
  readonly #connection: Connection
  readonly #settings: SourceSettings
  readonly #consumer: StreamConsumer | undefined
  readonly #pace: CallPace
  readonly #closed = new AbortController()

  constructor(stream: string, connection: Connection, settings: SourceSettings, consumer?: StreamConsumer) {
    this.stream = stream
    this.#consumer = consumer
    this.#connection = connection
    this.#settings = settings
    this.#pace = new CallPace(settings.clock, settings.behindMs)
  }

  async listShards(): Promise<readonly Shard[]> {
    try {
      const { client, closed } = this.#connection
      return await listShards(client, this.stream, closed)
    } catch (error) {
      throw sdkFailure('source', `list the shards of ${this.stream}`, error)
    }
  }

  async *read(shardId: string, from: Position, options: ReadOptions): AsyncGenerator<RecordBatch> {
    if (from.at === 'shardEnd') return yield shardEnd
    const signal = AbortSignal.any([options.signal, this.#closed.signal, this.#connection.closed])
    const reader = new ShardReader(shardId, this.#parts(), { ...options, signal })
    yield* reader.read(from)
  }

  async close(): Promise<void> {
    this.#closed.abort()
  }

  #parts(): ShardReaderParts {
    const { stream } = this
    const [connection, pace] = [this.#connection, this.#pace]
    const consumer = this.#consumer === undefined ? {} : { consumer: this.#consumer }
    return { ...this.#settings, ...consumer, stream, connection, pace, listShards: () => this.listShards() }
  }
}
