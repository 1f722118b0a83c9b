import type { Shard } from './shard-map.ts'

export interface NewStream {
  readonly shards: number
  /** How long records stay readable; 24 hours when absent. */
  readonly retentionMs?: number
  /** `raw`: an acknowledged record outlives a power cut. `output`: it can be made again from its input. */
  readonly role: 'raw' | 'output'
}

/** Makes streams and changes how they are cut into shards. Each call resolves when the change is in force. */
export interface ShardControl {
  createStream(stream: string, options: NewStream): Promise<'created' | 'exists'>
  /** Parents before children. */
  listShards(stream: string): Promise<readonly Shard[]>
  /** Closes the shard and opens two. Refused when it is closed or gone: somebody else was first. */
  splitShard(stream: string, shardId: string, newStartingHashKey?: bigint): Promise<'split' | 'refused'>
  /** Closes two neighbours and opens one. Refused when one of them is closed or gone. */
  mergeShards(stream: string, shardId: string, adjacentShardId: string): Promise<'merged' | 'refused'>
}
