import type { NewStream, Shard, ShardControl } from '../../streams/index.ts'
import type { Files } from './files.ts'
import type { Purpose } from './thread.ts'

export class EmbeddedShardControl implements ShardControl {
  readonly #files: Files
  readonly #retentionMs: number

  constructor(files: Files, retentionMs: number) {
    this.#files = files
    this.#retentionMs = retentionMs
  }

  async createStream(stream: string, options: NewStream): Promise<'created' | 'exists'> {
    const purpose = purposeOf(`create the stream ${stream}`)
    if (await this.hasStream(stream)) return 'exists'
    const log = options.role === 'raw' ? this.#files.raw(stream) : this.#files.of(stream)
    const complete = { retentionMs: this.#retentionMs, ...options }
    return log.thread.call(purpose, 'createStream', stream, complete, this.#files.clock.now())
  }

  async hasStream(stream: string): Promise<boolean> {
    const { thread } = this.#files.of(stream)
    return thread.call(purposeOf(`look for the stream ${stream}`), 'hasStream', stream)
  }

  async listShards(stream: string): Promise<readonly Shard[]> {
    const { thread } = this.#files.of(stream)
    return thread.call(purposeOf(`list the shards of ${stream}`), 'listShards', stream)
  }

  async splitShard(stream: string, shardId: string, at?: bigint): Promise<'split' | 'refused'> {
    const { thread } = this.#files.of(stream)
    const now = this.#files.clock.now()
    return thread.call(purposeOf(`split ${shardId} of ${stream}`), 'splitShard', stream, shardId, now, at)
  }

  async mergeShards(stream: string, shardId: string, adjacent: string): Promise<'merged' | 'refused'> {
    const { thread } = this.#files.of(stream)
    const purpose = purposeOf(`merge ${shardId} and ${adjacent} of ${stream}`)
    return thread.call(purpose, 'mergeShards', stream, shardId, adjacent, this.#files.clock.now())
  }

  /** Applies the retention now, rather than within a second. */
  async trim(stream: string): Promise<void> {
    const { thread } = this.#files.of(stream)
    const purpose = purposeOf(`remove old records of ${stream}`)
    while (await thread.call(purpose, 'tend', this.#files.clock.now())) continue
  }
}

function purposeOf(doing: string): Purpose {
  return { code: 'store', doing }
}
