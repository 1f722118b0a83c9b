import { Readable } from 'node:stream'
import type { Backend } from '../../src/backends/index.ts'
import { dedupe } from '../../src/delivery/index.ts'
import { columnIndex, decodePayload } from '../../src/core/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { tail, type ShardBatch, type StreamRecord } from '../../src/streams/index.ts'
import { streams } from './fleet.ts'
import type { RawRecord, Written } from './oracle.ts'

const limits = { maxBatchBytes: 4 * 1024 * 1024, maxBatchRecords: 10_000 }

/** Every record of a stream that nobody writes to any more: parents before their children, each shard in its order. */
async function readAll(backend: Backend, stream: string): Promise<ShardBatch[]> {
  const source = backend.source(stream)
  const open = (await source.listShards()).filter(({ endingSequence }) => endingSequence === undefined)
  const done = new Set<string>()
  const batches: ShardBatch[] = []
  const stop = new AbortController()
  for await (const batch of tail(source, { ...limits, from: { at: 'trimHorizon' }, signal: stop.signal })) {
    batches.push(batch)
    if (batch.millisBehindLatest === 0) done.add(batch.shardId)
    if (open.every(({ shardId }) => done.has(shardId))) stop.abort()
  }
  return batches
}

function recordsOf<T>(
  batches: readonly ShardBatch[],
  read: (record: StreamRecord, shardId: string) => T,
): T[] {
  return batches.flatMap(({ shardId, records }) => records.map(record => read(record, shardId)))
}

export async function readRaw(backend: Backend): Promise<RawRecord[]> {
  return recordsOf(await readAll(backend, streams.raw), readRawRecord)
}

/** What lies in an output stream, and what a reader that keeps the reader's rule makes of it. */
export interface ReadStream {
  readonly inStream: readonly Written[]
  readonly afterReader: readonly Written[]
}

export async function readWritten(backend: Backend, stream: Written['stream']): Promise<ReadStream> {
  const eventIdOf = stream === 'good' ? eventIdOfLine : eventIdOfBadRow
  const read = ({ data, provenance, arrivedAt }: StreamRecord, shardId: string): Written => ({
    stream,
    shardId,
    arrivedAt,
    eventId: eventIdOf(Buffer.from(data).toString()),
    ...(provenance !== undefined && { from: provenance }),
  })
  const batches = await readAll(backend, streams[stream])
  const source = backend.source(streams[stream])
  const kept: ShardBatch[] = []
  for await (const batch of dedupe(Readable.from(batches), { source })) kept.push(batch)
  return { inStream: recordsOf(batches, read), afterReader: recordsOf(kept, read) }
}

/** Counts what a reader gets of the outputs, from their beginning on, until there is so much or nothing has come for so long. */
export async function waitForOutputs(backend: Backend, count: number, patienceMs: number): Promise<void> {
  const progress = { missing: count, lastAt: performance.now() }
  const stop = new AbortController()
  const counting = Promise.all(
    [streams.good, streams.bad].map(async stream => {
      const source = backend.source(stream)
      const options = { ...limits, from: { at: 'trimHorizon' }, signal: stop.signal } as const
      for await (const { records } of dedupe(tail(source, options), { source })) {
        progress.missing -= records.length
        if (records.length > 0) progress.lastAt = performance.now()
      }
    }),
  )
  const waits = () => progress.missing > 0 && performance.now() - progress.lastAt < patienceMs
  while (waits()) await systemClock.sleep(100)
  stop.abort()
  await counting
}

function readRawRecord({ data, sequence, arrivedAt }: StreamRecord, shardId: string): RawRecord {
  const decoded = decodePayload(data, { tryBase64Decoding: false })
  const body = 'payload' in decoded ? decoded.payload.body : null
  return { shardId, sequence, arrivedAt, eventIds: [...(body ?? '').matchAll(eid)].map(([, id]) => id ?? '') }
}

const eid = /"eid":"([0-9a-f-]{36})"/g

function eventIdOfLine(line: string): string {
  return line.split('\t')[columnIndex.event_id] ?? ''
}

/** Bad rows keep what the tracker sent. */
function eventIdOfBadRow(row: string): string {
  return (
    /"(?:eid|event_id)":"([0-9a-f-]{36})"/.exec(row)?.[1] ?? /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(row)?.[0] ?? row
  )
}
