import { freeBuffer, type Clock } from '../../lib/index.ts'
import type { Position, ReadOptions, RecordBatch, Shard, Source, StreamRecord } from '../../streams/index.ts'
import { after, batchEnd } from '../batch.ts'
import type { ShardRead } from './batch-table.ts'
import type { Log } from './files.ts'
import { readFrames } from './frame.ts'

export interface EmbeddedSourceOptions {
  readonly clock: Clock
  /** How long a reader waits before it says that there is nothing new. */
  readonly idleMs: number
}

export class EmbeddedSource implements Source {
  readonly stream: string
  readonly #open: () => Log
  readonly #options: EmbeddedSourceOptions
  readonly #closed = new AbortController()

  constructor(stream: string, open: () => Log, options: EmbeddedSourceOptions) {
    this.stream = stream
    this.#open = open
    this.#options = options
  }

  listShards(): Promise<readonly Shard[]> {
    const purpose = { code: 'source', doing: `list the shards of ${this.stream}` } as const
    return this.#open().thread.call(purpose, 'listShards', this.stream)
  }

  async *read(shardId: string, from: Position, options: ReadOptions): AsyncGenerator<RecordBatch> {
    const { hub } = this.#open()
    const signal = AbortSignal.any([options.signal, this.#closed.signal])
    hub.enter()
    try {
      let position = from
      let idle = true
      while (!signal.aborted) {
        const bell = hub.bell(this.stream, shardId)
        const heard = bell.rings
        if ((await options.budget?.acquire(options.maxBatchBytes, signal)) === false) return
        let read: ShardRead | undefined
        try {
          read = await this.#fetch(shardId, position, options)
          if (position.at !== 'after') position = after(read.after)
          for (const batch of this.#batches(read, options)) {
            if (signal.aborted) return
            position = batch.position
            yield batch
          }
        } finally {
          release(read, options)
        }
        if (position.at === 'shardEnd') return
        if (read.rows.length > 0) continue
        if (idle && !read.gap) yield { records: [], position, millisBehindLatest: 0 }
        idle = (await bell.rest(heard, this.#options.idleMs, this.#options.clock, signal)) === 'quiet'
      }
    } finally {
      hub.leave()
    }
  }

  async close(): Promise<void> {
    this.#closed.abort()
  }

  #fetch(shardId: string, position: Position, options: ReadOptions): Promise<ShardRead> {
    const { maxBatchBytes, maxBatchRecords } = options
    const purpose = { code: 'source', doing: `read ${shardId} of ${this.stream}` } as const
    const limits = { maxBatchBytes, maxBatchRecords }
    return this.#open().thread.call(purpose, 'read', this.stream, shardId, position, limits)
  }

  /** What one read brought, cut to size; the last batch of a closed shard ends it. */
  *#batches(read: ShardRead, options: ReadOptions): Generator<RecordBatch> {
    const records = recordsOf(read)
    let gap = read.gap ? { gap: true as const } : {}
    for (let start = 0; start < records.length;) {
      const end = batchEnd(records, start, options)
      const batch = records.slice(start, end)
      const last = batch.at(-1)
      if (last === undefined) break
      const caughtUp = end === records.length && !read.more
      const behind = caughtUp ? 0 : Math.max(1, this.#options.clock.now() - last.arrivedAt)
      yield { records: batch, position: after(last.sequence), millisBehindLatest: behind, ...gap }
      gap = {}
      start = end
    }
    const nothing = { records: [], millisBehindLatest: 0, ...gap }
    if (read.ended) yield { ...nothing, position: { at: 'shardEnd' } }
    else if (read.gap && records.length === 0) yield { ...nothing, position: after(read.after) }
  }
}

/** Readers that share a budget have agreed to be done with a batch before they ask for the next. */
function release(read: ShardRead | undefined, { budget, maxBatchBytes }: ReadOptions): void {
  if (budget === undefined) return
  for (const { frames } of read?.rows ?? []) freeBuffer(frames.buffer)
  budget.release(maxBatchBytes)
}

/** The first row may hold records from before: those that an earlier batch of it brought. */
function recordsOf({ rows, after }: ShardRead): StreamRecord[] {
  const records: StreamRecord[] = []
  for (const { frames, firstSequence, arrivedAt } of rows) {
    const read = readFrames(frames, firstSequence, arrivedAt)
    records.push(...(after < firstSequence ? read : read.slice(after - firstSequence + 1)))
  }
  return records
}
