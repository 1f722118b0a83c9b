import { MillraceError } from '../../lib/index.ts'
import {
  evenRanges,
  mergeRanges,
  shardIdOf,
  splitRange,
  type HashRange,
  type NewStream,
  type Shard,
} from '../../streams/index.ts'
import { Counter } from './counter.ts'
import type { SqliteFile } from './sqlite-file.ts'

export interface StreamRow {
  readonly stream: number
  readonly name: string
  readonly retentionMs: number
  readonly shardCount: number
}

export interface ShardRow {
  readonly shard: number
  readonly shardId: string
  readonly parents: string
  /** 32 hexadecimal digits: their order as texts is that of the numbers. */
  readonly startingHashKey: string
  readonly endingHashKey: string
  readonly startingSequence: number
  readonly endingSequence: number | null
  readonly closedAt: number | null
  /** Retention has removed everything up to here. */
  readonly trimmedThrough: number
}

const streamColumns = 'stream, name, retention_ms AS retentionMs, shard_count AS shardCount'

const shardColumns = `shard, shard_id AS shardId, parents, starting_hash_key AS startingHashKey,
  ending_hash_key AS endingHashKey, starting_sequence AS startingSequence, ending_sequence AS endingSequence,
  closed_at AS closedAt, trimmed_through AS trimmedThrough`

const insertShard = `INSERT INTO shards (stream, shard_id, parents, starting_hash_key, ending_hash_key,
  starting_sequence, trimmed_through) VALUES (?, ?, ?, ?, ?, ?, ?)`

const dayMs = 24 * 60 * 60 * 1000

/** The streams of one file, and how they are cut into shards. */
export class ShardTable {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    this.#file = file
  }

  createStream(name: string, { shards, retentionMs = dayMs }: NewStream, now: number): 'created' | 'exists' {
    return this.#file.write(() => {
      if (this.find(name) !== undefined) return 'exists'
      this.#file.run(
        'INSERT INTO streams (name, retention_ms, shard_count) VALUES (?, ?, 0)',
        name,
        retentionMs,
      )
      const counter = new Counter(this.#file, now)
      for (const range of evenRanges(shards)) this.#open(name, [], range, counter)
      this.#changed(counter)
      return 'created'
    })
  }

  find(name: string): StreamRow | undefined {
    const sql = `SELECT ${streamColumns} FROM streams WHERE name = ?`
    return this.#file.rows<StreamRow>(sql, name)[0]
  }

  streams(): StreamRow[] {
    return this.#file.rows<StreamRow>(`SELECT ${streamColumns} FROM streams`)
  }

  /** Parents before children: a shard is written after those that it came from. */
  shards({ stream }: StreamRow): ShardRow[] {
    return this.#file.rows<ShardRow>(
      `SELECT ${shardColumns} FROM shards WHERE stream = ? ORDER BY shard`,
      stream,
    )
  }

  shard(name: string, shardId: string): ShardRow | undefined {
    const sql = `SELECT ${shardColumns} FROM shards WHERE stream = ? AND shard_id = ?`
    return this.#file.rows<ShardRow>(sql, this.stream(name).stream, shardId)[0]
  }

  stream(name: string): StreamRow {
    const row = this.find(name)
    if (row !== undefined) return row
    throw new MillraceError('store', `there is no stream ${name} in ${this.#file.path}: create it first`, {
      retryable: true,
    })
  }

  /** True for a shard that the stream once had. */
  removed(name: string, shardId: string): boolean {
    const ordinal = Number(shardId.split('-').at(-1))
    return shardIdOf(ordinal) === shardId && ordinal < this.stream(name).shardCount
  }

  list(name: string): Shard[] {
    return this.#file.read(() => this.shards(this.stream(name)).map(describe))
  }

  split(name: string, shardId: string, now: number, at?: bigint): 'split' | 'refused' {
    return this.#file.write(() => {
      const shard = this.shard(name, shardId)
      if (shard === undefined || shard.closedAt !== null) return 'refused'
      const ranges = splitRange(describe(shard), at)
      const counter = new Counter(this.#file, now)
      this.#close(shard, counter)
      for (const range of ranges) this.#open(name, [shardId], range, counter)
      this.#changed(counter)
      return 'split'
    })
  }

  merge(name: string, shardId: string, adjacentShardId: string, now: number): 'merged' | 'refused' {
    return this.#file.write(() => {
      const shards = [shardId, adjacentShardId].map(id => this.shard(name, id))
      const [a, b] = shards.filter(shard => shard?.closedAt === null)
      if (a === undefined || b === undefined) return 'refused'
      const range = mergeRanges(describe(a), describe(b))
      const counter = new Counter(this.#file, now)
      for (const shard of [a, b]) this.#close(shard, counter)
      this.#open(name, [shardId, adjacentShardId], range, counter)
      this.#changed(counter)
      return 'merged'
    })
  }

  /** Forgets closed shards whose last record is gone. Inside a write transaction. */
  drop(shards: readonly ShardRow[], now: number): void {
    if (shards.length === 0) return
    for (const { shard } of shards) this.#file.run('DELETE FROM shards WHERE shard = ?', shard)
    this.#changed(new Counter(this.#file, now))
  }

  #open(name: string, parents: readonly string[], range: HashRange, counter: Counter): void {
    const { stream, shardCount } = this.stream(name)
    const sequence = counter.next(1)
    const bounds = [hexOf(range.startingHashKey), hexOf(range.endingHashKey)] as const
    const shardId = shardIdOf(shardCount)
    this.#file.run(insertShard, stream, shardId, JSON.stringify(parents), ...bounds, sequence, sequence)
    this.#file.run('UPDATE streams SET shard_count = shard_count + 1 WHERE stream = ?', stream)
  }

  #close({ shard }: ShardRow, counter: Counter): void {
    const sql = 'UPDATE shards SET ending_sequence = ?, closed_at = ? WHERE shard = ?'
    this.#file.run(sql, counter.next(1), counter.arrival, shard)
  }

  #changed(counter: Counter): void {
    counter.shardsChanged()
    counter.save()
  }
}

function describe(row: ShardRow): Shard {
  const shard = {
    shardId: row.shardId,
    parents: JSON.parse(row.parents) as string[],
    startingHashKey: BigInt(`0x${row.startingHashKey}`),
    endingHashKey: BigInt(`0x${row.endingHashKey}`),
    startingSequence: String(row.startingSequence),
  }
  return row.endingSequence === null ? shard : { ...shard, endingSequence: String(row.endingSequence) }
}

function hexOf(hashKey: bigint): string {
  return hashKey.toString(16).padStart(32, '0')
}
