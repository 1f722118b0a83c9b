import { MillraceError, type Clock } from '../../lib/index.ts'
import type { NewStream, Shard, ShardControl } from '../../streams/index.ts'
import { MemoryStream } from './stream.ts'

/** Every stream of one in-process backend. */
export class MemoryShardControl implements ShardControl {
  readonly #streams = new Map<string, MemoryStream>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  open(stream: string): MemoryStream {
    const found = this.#streams.get(stream)
    if (found !== undefined) return found
    throw new MillraceError('store', `there is no stream ${stream}: create it first`, { retryable: true })
  }

  async createStream(stream: string, options: NewStream): Promise<'created' | 'exists'> {
    if (this.#streams.has(stream)) return 'exists'
    this.#streams.set(stream, new MemoryStream(stream, options))
    return 'created'
  }

  async listShards(stream: string): Promise<readonly Shard[]> {
    return this.open(stream).shards.map(shard => shard.describe())
  }

  async splitShard(stream: string, shardId: string, at?: bigint): Promise<'split' | 'refused'> {
    return this.open(stream).split(shardId, this.#clock.now(), at)
  }

  async mergeShards(stream: string, shardId: string, adjacent: string): Promise<'merged' | 'refused'> {
    return this.open(stream).merge(shardId, adjacent, this.#clock.now())
  }
}
