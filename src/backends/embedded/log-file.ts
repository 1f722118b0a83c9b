import type { Progress } from '../../leases/index.ts'
import type { NewStream, Position, Shard } from '../../streams/index.ts'
import { advances } from '../../streams/index.ts'
import type { Consumer } from '../backend.ts'
import { BatchTable, type ReadLimits, type ShardRead } from './batch-table.ts'
import { Counter, readCounts } from './counter.ts'
import { PositionTable, type Claim, type PositionRow, type Start } from './position-table.ts'
import { logSchema } from './schema.ts'
import { ShardTable } from './shard-table.ts'
import { createFile, SqliteFile, type SqliteFileOptions } from './sqlite-file.ts'

/** Packed records for one stream. */
export interface StreamFrames {
  readonly stream: string
  readonly frames: Uint8Array
}

export interface PackedWork {
  readonly outputs: readonly StreamFrames[]
  readonly position: Position
}

/** Which readers may find something new: shards as `stream/shardId`, or all of them when shards opened or closed. */
export type Changed = readonly string[] | 'all'

/** One log file: streams, and the positions that change together with them. Runs in a thread of its own. */
export class LogFile {
  readonly #file: SqliteFile
  readonly #shards: ShardTable
  readonly #batches: BatchTable
  readonly #positions: PositionTable
  #seen: { version: number; generation: number; sequence: number } | undefined
  #wrote = false

  constructor(options: SqliteFileOptions) {
    createFile(options.path, logSchema)
    this.#file = new SqliteFile(options)
    this.#shards = new ShardTable(this.#file)
    this.#batches = new BatchTable(this.#file, this.#shards)
    this.#positions = new PositionTable(this.#file)
  }

  hasStream(stream: string): boolean {
    return this.#file.read(() => this.#shards.find(stream) !== undefined)
  }

  createStream(stream: string, options: NewStream, now: number): 'created' | 'exists' {
    this.#wrote = true
    return this.#shards.createStream(stream, options, now)
  }

  listShards(stream: string): Shard[] {
    return this.#shards.list(stream)
  }

  splitShard(stream: string, shardId: string, now: number, at?: bigint): 'split' | 'refused' {
    this.#wrote = true
    return this.#shards.split(stream, shardId, now, at)
  }

  mergeShards(stream: string, shardId: string, adjacent: string, now: number): 'merged' | 'refused' {
    this.#wrote = true
    return this.#shards.merge(stream, shardId, adjacent, now)
  }

  append({ stream, frames }: StreamFrames, now: number): void {
    this.#wrote = true
    this.#file.write(() => {
      const counter = new Counter(this.#file, now)
      this.#batches.append(stream, frames, counter)
      counter.save()
    })
  }

  /**
   * Outputs, position and the check of the fence, as one transaction. Work that the position has passed was committed
   * before, by a call whose reply was lost: it is not written again.
   */
  commit(claim: Claim, { outputs, position }: PackedWork, now: number): 'committed' | 'lost' {
    this.#wrote = true
    return this.#file.write(() => {
      const row = this.#positions.admit(claim)
      if (row === undefined) return 'lost'
      if (!advances(row.checkpoint, position)) return 'committed'
      if (outputs.length > 0) {
        const counter = new Counter(this.#file, now)
        for (const { stream, frames } of outputs) this.#batches.append(stream, frames, counter)
        counter.save()
      }
      this.#positions.move(claim, row, position)
      return 'committed'
    })
  }

  read(stream: string, shardId: string, from: Position, limits: ReadLimits): ShardRead {
    return this.#batches.read(stream, shardId, from, limits)
  }

  position(consumer: Consumer, shardId: string): PositionRow | undefined {
    return this.#file.read(() => this.#positions.get(consumer, shardId))
  }

  positions(consumer: Consumer): PositionRow[] {
    return this.#file.read(() => this.#positions.list(consumer))
  }

  fence(claim: Claim, start: Start): PositionRow | 'lost' {
    return this.#positions.fence(claim, start)
  }

  keepPosition(claim: Claim, progress: Progress): PositionRow | 'lost' {
    return this.#positions.keep(claim, progress)
  }

  releasePosition(claim: Claim, progress: Progress | undefined): 'released' | 'lost' {
    return this.#positions.release(claim, progress)
  }

  removePosition(consumer: Consumer, shardId: string): void {
    this.#positions.remove(consumer, shardId)
  }

  /** One round of trimming. True when there may be more to do. */
  tend(now: number): boolean {
    this.#wrote = true
    const more = this.#batches.trim(now)
    this.#file.shrink()
    return more
  }

  /** What changed since the last call. Costs microseconds when nothing did. */
  changes(): Changed {
    const version = this.#file.dataVersion()
    if (this.#seen !== undefined && version === this.#seen.version && !this.#wrote) return []
    this.#wrote = false
    return this.#file.read(() => {
      const before = this.#seen
      const { generation, lastSequence } = readCounts(this.#file)
      this.#seen = { version, generation, sequence: lastSequence }
      if (before?.generation !== generation) return 'all'
      return before.sequence === lastSequence ? [] : this.#batches.changedSince(before.sequence)
    })
  }

  checkPlace(): void {
    this.#file.checkPlace()
  }

  close(): void {
    this.#file.close()
  }
}
