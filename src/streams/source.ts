import type { ByteBudget } from '../lib/index.ts'
import type { Position, StreamRecord } from './record.ts'
import type { Shard } from './shard-map.ts'

/** What one read of a shard brought, in order. */
export interface RecordBatch {
  /** May be empty: a read that found nothing still tells how far behind the tip it is. */
  readonly records: readonly StreamRecord[]
  /** The reader's position once all of these records are done. */
  readonly position: Position
  /** How far behind the tip of the shard this batch ends. 0 when caught up. */
  readonly millisBehindLatest: number
  /**
   * Set on the first batch behind records that retention removed before this reader came to them: they are lost. Also
   * when the reader began at a time from which retention may have removed some.
   */
  readonly gap?: true
}

export interface ReadOptions {
  readonly signal: AbortSignal
  /** No batch holds more data than this, so that memory is bounded by bytes. A larger record comes alone. */
  readonly maxBatchBytes: number
  readonly maxBatchRecords: number
  /**
   * Shared by all readers of a process: a reader claims `maxBatchBytes` before it reads, and gives them back when the
   * consumer asks for more: the data of the batch must not be used after that. Memory is then bounded by the budget, not
   * by the number of shards.
   */
  readonly budget?: ByteBudget
}

/** Where raw records come from: a stream of shards that split and merge. */
export interface Source {
  readonly stream: string
  /** Every shard that still holds records or may get some, closed ones included, parents before children. */
  listShards(): Promise<readonly Shard[]>
  /**
   * Reads one shard from a position on. Yields each record once, in order; an empty batch now and then when idle, and
   * at once when there is nothing to read: then `latest` has become a place that a checkpoint can hold.
   * Ends by itself after the last record of a closed shard, with a batch whose position is `shardEnd`; a shard that
   * retention has removed does so at once, with a gap, so that its children are not kept waiting. Returns early
   * when the signal aborts. Retries inside; rejects with a MillraceError when it gives up.
   */
  read(shardId: string, from: Position, options: ReadOptions): AsyncIterable<RecordBatch>
  close(): Promise<void>
}
