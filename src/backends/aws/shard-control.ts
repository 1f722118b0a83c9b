import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  MergeShardsCommand,
  SplitShardCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis'
import { MillraceError, type Clock } from '../../lib/index.ts'
import {
  mergeRanges,
  splitRange,
  type NewStream,
  type Shard,
  type ShardControl,
} from '../../streams/index.ts'
import type { Connection } from './connection.ts'
import { isNamed, listShards, sdkFailure } from './shards.ts'

export interface ShardControlSettings {
  readonly clock: Clock
  /** Between two looks at a stream that is changing. */
  readonly pollMs: number
  /** For how long a stream may go on changing. */
  readonly giveUpMs: number
  /** What a stream that is made takes, where that is more than usual. */
  readonly maxRecordBytes: number
}

const hourMs = 60 * 60 * 1000
// Kinesis keeps records for a day at least.
const leastHours = 24
// What a stream takes that nobody says more of.
const usualKiB = 1024

/** Makes and reshards Kinesis streams in provisioned mode. A call resolves when the stream is ACTIVE again. */
export class KinesisShardControl implements ShardControl {
  readonly #connection: Connection
  readonly #settings: ShardControlSettings

  constructor(connection: Connection, settings: ShardControlSettings) {
    this.#connection = connection
    this.#settings = settings
  }

  async createStream(stream: string, { shards, retentionMs = 0 }: NewStream): Promise<'created' | 'exists'> {
    return await this.#attempt(`create ${stream}`, async () => {
      // Looked for first: of a fleet that starts at once, an account may look for twenty in a second, and make five.
      if (await this.#found(stream)) return 'exists'
      if (!(await this.#create(stream, shards))) {
        await this.#active(stream)
        return 'exists'
      }
      await this.#active(stream)
      const hours = Math.ceil(retentionMs / hourMs)
      if (hours > leastHours) {
        const retention = { StreamName: stream, RetentionPeriodHours: hours }
        await this.#client.send(new IncreaseStreamRetentionPeriodCommand(retention))
        await this.#active(stream)
      }
      return 'created'
    })
  }

  async listShards(stream: string): Promise<readonly Shard[]> {
    return await this.#attempt(`list the shards of ${stream}`, () => listShards(this.#client, stream))
  }

  async splitShard(stream: string, shardId: string, at?: bigint): Promise<'split' | 'refused'> {
    return await this.#reshard(`split ${shardId} of ${stream}`, stream, [shardId], async shards => {
      const [, upper] = splitRange(shards[0] ?? { startingHashKey: 0n, endingHashKey: 0n }, at)
      const start = upper.startingHashKey.toString()
      const split = { StreamName: stream, ShardToSplit: shardId, NewStartingHashKey: start }
      await this.#client.send(new SplitShardCommand(split))
      return 'split' as const
    })
  }

  async mergeShards(stream: string, shardId: string, adjacent: string): Promise<'merged' | 'refused'> {
    const attempted = `merge ${shardId} and ${adjacent} of ${stream}`
    return await this.#reshard(attempted, stream, [shardId, adjacent], async ([a, b]) => {
      if (a !== undefined && b !== undefined) mergeRanges(a, b)
      const merge = { StreamName: stream, ShardToMerge: shardId, AdjacentShardToMerge: adjacent }
      await this.#client.send(new MergeShardsCommand(merge))
      return 'merged' as const
    })
  }

  get #client(): KinesisClient {
    return this.#connection.client
  }

  /** False when there is no such stream. One that is being made is waited for. */
  async #found(stream: string): Promise<boolean> {
    try {
      await this.#active(stream)
      return true
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return false
      throw error
    }
  }

  /** False when the stream is there already. */
  async #create(stream: string, shards: number): Promise<boolean> {
    try {
      const most = Math.ceil(this.#settings.maxRecordBytes / 1024)
      const size = most > usualKiB ? { MaxRecordSizeInKiB: most } : {}
      await this.#client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards, ...size }))
      return true
    } catch (error) {
      if (isNamed(error, 'ResourceInUseException')) return false
      throw error
    }
  }

  /**
   * Somebody else may reshard at the same time: the stream is not ACTIVE then, or our shard is no longer open. Which of
   * the two, the list of shards tells.
   */
  async #reshard<T>(
    attempted: string,
    stream: string,
    shardIds: readonly string[],
    change: (shards: readonly Shard[]) => Promise<T>,
  ): Promise<T | 'refused'> {
    return await this.#attempt(attempted, async () => {
      const until = this.#settings.clock.monotonic() + this.#settings.giveUpMs
      for (;;) {
        await this.#active(stream)
        const open = (await listShards(this.#client, stream)).filter(
          shard => shard.endingSequence === undefined,
        )
        const shards = shardIds.flatMap(id => open.find(({ shardId }) => shardId === id) ?? [])
        if (shards.length < shardIds.length) return 'refused'
        try {
          const result = await change(shards)
          await this.#active(stream)
          return result
        } catch (error) {
          const raced = ['ResourceInUseException', 'LimitExceededException', 'InvalidArgumentException']
          const again =
            raced.some(name => isNamed(error, name)) || isNamed(error, 'ResourceNotFoundException')
          if (!again || this.#settings.clock.monotonic() > until) throw error
          await this.#settings.clock.sleep(this.#settings.pollMs, this.#connection.closed)
        }
      }
    })
  }

  async #active(stream: string): Promise<void> {
    const { clock, pollMs, giveUpMs } = this.#settings
    const until = clock.monotonic() + giveUpMs
    for (;;) {
      const { StreamDescriptionSummary: summary } = await this.#client.send(
        new DescribeStreamSummaryCommand({ StreamName: stream }),
      )
      if (summary?.StreamStatus === 'ACTIVE') return
      if (clock.monotonic() > until || this.#connection.closed.aborted) {
        const message = `${stream} is ${summary?.StreamStatus ?? 'in no state'} for longer than ${giveUpMs} ms; look at it in the console`
        throw new MillraceError('store', message, { retryable: true })
      }
      await clock.sleep(pollMs, this.#connection.closed)
    }
  }

  async #attempt<T>(attempted: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw sdkFailure('store', attempted, error)
    }
  }
}
