import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { MillraceError } from '../../lib/index.ts'
import type { Position, ReadOptions } from '../../streams/index.ts'
import type { Counter } from './counter.ts'
import { frameSpans, type FrameSpan } from './frame.ts'
import type { ShardRow, ShardTable, StreamRow } from './shard-table.ts'
import type { SqliteFile } from './sqlite-file.ts'

/** One packed batch as it goes to the main thread. */
export interface BatchRow {
  readonly firstSequence: number
  readonly arrivedAt: number
  readonly frames: Uint8Array<ArrayBuffer>
}

export interface ShardRead {
  readonly rows: readonly BatchRow[]
  /** The sequence behind which this read began; what the rows hold up to it was read before. */
  readonly after: number
  /** Retention removed records behind the asked position before anybody read them. */
  readonly gap: boolean
  /** The shard is closed, and there is nothing behind these rows. */
  readonly ended: boolean
  /** There is more behind these rows. */
  readonly more: boolean
}

export type ReadLimits = Omit<ReadOptions, 'signal'>

interface BatchSize {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly bytes: number
}

/** The oldest batch behind some sequence. */
interface Oldest {
  readonly lastSequence: number
  readonly arrivedAt: number
}

interface Part {
  readonly frames: Uint8Array
  readonly records: number
  readonly bytes: number
}

const insertBatch = `INSERT INTO batches (first_sequence, last_sequence, shard, arrived_at, bytes, checksum, frames)
  VALUES (?, ?, ?, ?, ?, ?, ?)`

const sizesAfter = `SELECT first_sequence AS firstSequence, last_sequence AS lastSequence, bytes FROM batches
  WHERE shard = ? AND last_sequence > ? ORDER BY last_sequence`

const oneBatch = `SELECT first_sequence AS firstSequence, arrived_at AS arrivedAt, checksum, frames FROM batches
  WHERE first_sequence = ?`

const firstAfter = `SELECT last_sequence AS lastSequence, arrived_at AS arrivedAt FROM batches
  WHERE shard = ? AND last_sequence > ? ORDER BY last_sequence LIMIT 1`

const lastOf = 'SELECT max(last_sequence) AS lastSequence FROM batches WHERE shard = ?'

const changedShards = `SELECT DISTINCT streams.name || '/' || shard_id AS name FROM batches JOIN shards USING (shard)
  JOIN streams USING (stream) WHERE first_sequence > ?`

// A read fetches whole rows, so this bounds what a reader holds beyond its limit.
const rowBytes = 256 * 1024

// One read brings no more rows than this, so that it takes milliseconds.
const rowsAtOnce = 500

// One transaction removes no more rows of a shard than this, so that it holds the write lock for milliseconds.
const rowsPerTrim = 50

/** The records of one file, packed. */
export class BatchTable {
  readonly #file: SqliteFile
  readonly #shards: ShardTable
  /** The open shards of each stream, as of `#generation`. */
  readonly #open = new Map<string, ShardRow[]>()
  #generation = -1

  constructor(file: SqliteFile, shards: ShardTable) {
    this.#file = file
    this.#shards = shards
  }

  /** Routes and writes packed records. Inside a write transaction: no shard opens or closes meanwhile. */
  append(stream: string, frames: Uint8Array, counter: Counter): void {
    const buffer = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)
    for (const [shard, spans] of route(buffer, this.#openShards(stream, counter.generation))) {
      for (const part of parts(buffer, spans)) this.#insert(shard, part, counter)
    }
  }

  read(stream: string, shardId: string, from: Position, limits: ReadLimits): ShardRead {
    return this.#file.read(() => {
      const shard = this.#shards.shard(stream, shardId)
      if (shard === undefined) return this.#gone(stream, shardId)
      const asked = this.#locate(shard, from)
      const after = Math.max(asked, shard.trimmedThrough)
      const { sizes, more } = within(this.#file.each<BatchSize>(sizesAfter, shard.shard, after), limits)
      const rows = sizes.map(({ firstSequence }) => this.#fetch(stream, shardId, firstSequence))
      return { rows, after, gap: asked < after, ended: shard.endingSequence !== null && !more, more }
    })
  }

  /** Removes what is older than its stream's retention. True when there may be more of it. */
  trim(now: number): boolean {
    return this.#shards
      .streams()
      .map(stream => this.#trimStream(stream, now))
      .includes(true)
  }

  /** The shards that got records since, as `stream/shardId`. */
  changedSince(sequence: number): string[] {
    return this.#file.rows<{ name: string }>(changedShards, sequence).map(({ name }) => name)
  }

  #insert({ shard }: ShardRow, { frames, records, bytes }: Part, counter: Counter): void {
    const first = counter.next(records)
    const last = first + records - 1
    this.#file.run(insertBatch, first, last, shard, counter.arrival, bytes, crc32(frames), frames)
  }

  #openShards(stream: string, generation: number): readonly ShardRow[] {
    if (generation !== this.#generation) this.#open.clear()
    this.#generation = generation
    const known = this.#open.get(stream)
    if (known !== undefined) return known
    const open = this.#shards.shards(this.#shards.stream(stream)).filter(shard => shard.closedAt === null)
    this.#open.set(stream, open)
    return open
  }

  /** A shard that retention has removed has ended. Whoever comes to read it now has not seen its end. */
  #gone(stream: string, shardId: string): ShardRead {
    if (this.#shards.removed(stream, shardId)) {
      return { rows: [], after: 0, gap: true, ended: true, more: false }
    }
    const message = `cannot read ${shardId} of ${stream}: the stream never had such a shard; list its shards`
    throw new MillraceError('source', message, { retryable: false })
  }

  #locate(shard: ShardRow, position: Position): number {
    if (position.at === 'trimHorizon') return shard.trimmedThrough
    if (position.at === 'after') return Number(position.sequence)
    const last = this.#lastSequence(shard)
    return position.at === 'timestamp' ? this.#beforeTime(shard, position.ms, last) : last
  }

  #lastSequence({ shard, trimmedThrough }: ShardRow): number {
    const [last] = this.#file.rows<{ lastSequence: number | null }>(lastOf, shard)
    return last?.lastSequence ?? trimmedThrough
  }

  /** The last sequence that arrived before `ms`. Arrival times rise with the sequences, so halving finds it. */
  #beforeTime({ shard, trimmedThrough }: ShardRow, ms: number, last: number): number {
    let low = trimmedThrough
    let high = last
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const [row] = this.#file.rows<Oldest>(firstAfter, shard, middle)
      if (row !== undefined && row.arrivedAt < ms) low = row.lastSequence
      else high = middle
    }
    return low
  }

  #fetch(stream: string, shardId: string, firstSequence: number): BatchRow {
    const [row] = this.#file.rows<BatchRow & { checksum: number }>(oneBatch, firstSequence)
    if (row !== undefined && crc32(row.frames) === row.checksum) {
      return { firstSequence, arrivedAt: row.arrivedAt, frames: row.frames }
    }
    const where = `the batch at sequence ${firstSequence} of ${shardId} of ${stream} in ${this.#file.path}`
    const message = `cannot read ${where}: its bytes are damaged; restore the file, or move the checkpoint behind it`
    throw new MillraceError('source', message, { retryable: true })
  }

  #trimStream(stream: StreamRow, now: number): boolean {
    const before = now - stream.retentionMs
    const overdue = (shard: ShardRow) => {
      const [oldest] = this.#file.rows<Oldest>(firstAfter, shard.shard, shard.trimmedThrough)
      return oldest === undefined ? (shard.closedAt ?? now) < before : oldest.arrivedAt < before
    }
    if (!this.#file.read(() => this.#shards.shards(stream).some(overdue))) return false
    return this.#file.write(() => {
      const shards = this.#shards.shards(stream)
      const trimmed = shards.map(shard => this.#trimShard(shard, before))
      this.#shards.drop(
        shards.filter((shard, i) => trimmed[i] === 'empty' && (shard.closedAt ?? now) < before),
        now,
      )
      return trimmed.includes('more')
    })
  }

  #trimShard({ shard, trimmedThrough }: ShardRow, before: number): 'more' | 'empty' | 'done' {
    for (let removed = 0; removed < rowsPerTrim; removed++) {
      const [row] = this.#file.rows<Oldest>(firstAfter, shard, trimmedThrough)
      if (row === undefined) return 'empty'
      if (row.arrivedAt >= before) return 'done'
      this.#file.run('DELETE FROM batches WHERE shard = ? AND last_sequence = ?', shard, row.lastSequence)
      this.#file.run('UPDATE shards SET trimmed_through = ? WHERE shard = ?', row.lastSequence, shard)
    }
    return 'more'
  }
}

/** The batches that one read may bring: within both limits, but one at least. Each that is looked at costs a page. */
function within(batches: Iterable<BatchSize>, { maxBatchBytes, maxBatchRecords }: ReadLimits) {
  const sizes: BatchSize[] = []
  let bytes = 0
  let records = 0
  for (const size of batches) {
    bytes += size.bytes
    records += size.lastSequence - size.firstSequence + 1
    const full = bytes > maxBatchBytes || records > maxBatchRecords || sizes.length === rowsAtOnce
    if (full && sizes.length > 0) return { sizes, more: true }
    sizes.push(size)
  }
  return { sizes, more: false }
}

function route(frames: Buffer, shards: readonly ShardRow[]): Map<ShardRow, FrameSpan[]> {
  const routed = new Map<ShardRow, FrameSpan[]>()
  for (const span of frameSpans(frames)) {
    const shard = shards.length === 1 ? shards[0] : shardFor(hash('md5', span.key), shards)
    if (shard === undefined) throw new Error(`no open shard covers the key ${span.key.toString()}`)
    const spans = routed.get(shard)
    if (spans === undefined) routed.set(shard, [span])
    else spans.push(span)
  }
  return routed
}

function shardFor(hashKey: string, shards: readonly ShardRow[]): ShardRow | undefined {
  return shards.find(shard => shard.startingHashKey <= hashKey && hashKey <= shard.endingHashKey)
}

/** Cuts what goes to one shard into rows of a bounded size. */
function parts(frames: Buffer, spans: readonly FrameSpan[]): Part[] {
  const cuts: Part[] = []
  let from = 0
  while (from < spans.length) {
    let size = 0
    let to = from
    for (; to < spans.length; to++) {
      const span = spans[to]
      if (span === undefined) break
      size += span.end - span.start
      if (size > rowBytes && to > from) break
    }
    cuts.push(part(frames, spans.slice(from, to)))
    from = to
  }
  return cuts
}

function part(frames: Buffer, spans: readonly FrameSpan[]): Part {
  const bytes = spans.reduce((sum, span) => sum + span.dataBytes, 0)
  return { frames: together(frames, spans), records: spans.length, bytes }
}

/** What all goes to one shard lies together already. */
function together(frames: Buffer, spans: readonly FrameSpan[]): Buffer {
  const start = spans[0]?.start ?? 0
  const end = spans.at(-1)?.end ?? 0
  const length = spans.reduce((sum, span) => sum + span.end - span.start, 0)
  if (end - start === length) return frames.subarray(start, end)
  return Buffer.concat(spans.map(span => frames.subarray(span.start, span.end)))
}
