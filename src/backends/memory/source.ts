import type { Clock } from '../../lib/index.ts'
import type { Position, ReadOptions, RecordBatch, Shard, Source } from '../../streams/index.ts'
import { after, batchEnd } from '../batch.ts'
import type { MemoryShard, MemoryStream } from './stream.ts'

/** A shard that retention has removed has ended. Whoever comes to read it now has not seen its end. */
const removed: RecordBatch = { records: [], position: { at: 'shardEnd' }, millisBehindLatest: 0, gap: true }

export interface MemorySourceOptions {
  readonly clock: Clock
  /** How long a reader waits before it says that there is nothing new. */
  readonly idleMs: number
}

export class MemorySource implements Source {
  readonly stream: string
  readonly #open: () => MemoryStream
  readonly #options: MemorySourceOptions
  readonly #closed = new AbortController()

  constructor(stream: string, open: () => MemoryStream, options: MemorySourceOptions) {
    this.stream = stream
    this.#open = open
    this.#options = options
  }

  async listShards(): Promise<readonly Shard[]> {
    const stream = this.#open()
    stream.trim(this.#options.clock.now())
    return stream.shards.map(shard => shard.describe())
  }

  async *read(shardId: string, from: Position, options: ReadOptions): AsyncGenerator<RecordBatch> {
    const stream = this.#open()
    stream.trim(this.#options.clock.now())
    const shard = stream.shard(shardId)
    if (shard === undefined) return yield removed
    const signal = AbortSignal.any([options.signal, this.#closed.signal])
    let done = shard.locate(from)
    let idle = true
    while (!signal.aborted) {
      const heard = stream.changed.rings
      const batch = this.#next(shard, done, options)
      if (batch !== undefined) {
        if (batch.position.at === 'after') done = Number(batch.position.sequence)
        yield batch
        if (batch.position.at === 'shardEnd') return
      } else if (idle) {
        yield { records: [], position: after(done), millisBehindLatest: 0 }
        idle = false
      } else {
        idle =
          (await stream.changed.rest(heard, this.#options.idleMs, this.#options.clock, signal)) === 'quiet'
      }
    }
  }

  async close(): Promise<void> {
    this.#closed.abort()
  }

  #next(shard: MemoryShard, done: number, options: ReadOptions): RecordBatch | undefined {
    const gap = done < shard.trimmedThrough ? { gap: true as const } : {}
    const start = shard.indexAfter(done)
    const end = batchEnd(shard.records, start, options)
    const records = shard.records.slice(start, end)
    const last = records.at(-1)
    if (last !== undefined) {
      const behind = Math.max(1, this.#options.clock.now() - last.arrivedAt)
      const caughtUp = end === shard.records.length
      return { records, position: after(last.sequence), millisBehindLatest: caughtUp ? 0 : behind, ...gap }
    }
    if (shard.closed !== undefined) {
      return { records, position: { at: 'shardEnd' }, millisBehindLatest: 0, ...gap }
    }
    if (done >= shard.trimmedThrough) return undefined
    return { records, position: after(shard.trimmedThrough), millisBehindLatest: 0, ...gap }
  }
}
