import { hashKeyOf, type Shard } from './shard-map.ts'
import type { Position, StreamRecord } from './record.ts'
import type { ReadOptions, RecordBatch, Source } from './source.ts'

// What every contract suite needs to look at streams.

export const horizon: Position = { at: 'trimHorizon' }

export function limits(signal: AbortSignal, changed: Partial<ReadOptions> = {}): ReadOptions {
  return { signal, maxBatchBytes: 1024 * 1024, maxBatchRecords: 1000, ...changed }
}

export function text(record: Pick<StreamRecord, 'data'>): string {
  return new TextDecoder().decode(record.data)
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** The batches of one shard up to the one for which `enough` says yes, or to the end of the shard. */
export async function readUntil(
  source: Source,
  shardId: string,
  from: Position,
  enough: (batches: readonly RecordBatch[]) => boolean,
): Promise<RecordBatch[]> {
  const stop = new AbortController()
  const batches: RecordBatch[] = []
  for await (const batch of source.read(shardId, from, limits(stop.signal))) {
    batches.push(batch)
    if (enough(batches)) break
  }
  stop.abort()
  return batches
}

export function recordsOf(batches: readonly RecordBatch[]): StreamRecord[] {
  return batches.flatMap(batch => batch.records)
}

/** Exactly `count` records of one shard, or fewer when it ends. */
export async function readRecords(source: Source, shardId: string, from: Position, count: number) {
  const batches = await readUntil(source, shardId, from, read => recordsOf(read).length >= count)
  return recordsOf(batches)
}

/** What a shard holds now. */
export async function readToTip(source: Source, shardId: string, from = horizon): Promise<StreamRecord[]> {
  return recordsOf(await readUntil(source, shardId, from, read => read.at(-1)?.millisBehindLatest === 0))
}

/** What a stream holds now, parents before children. */
export async function readStream(source: Source): Promise<StreamRecord[]> {
  const records: StreamRecord[] = []
  for (const { shardId } of await source.listShards()) records.push(...(await readToTip(source, shardId)))
  return records
}

/** A partition key that leads into this shard. */
export function keyIn({ startingHashKey, endingHashKey }: Shard): string {
  for (let i = 0; ; i++) {
    const hashKey = hashKeyOf(`key-${i}`)
    if (startingHashKey <= hashKey && hashKey <= endingHashKey) return `key-${i}`
  }
}
