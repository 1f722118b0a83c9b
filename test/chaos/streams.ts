import type { Backend } from '../../src/backends/index.ts'
import { columnIndex, decodePayload } from '../../src/core/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { tail, type StreamRecord } from '../../src/streams/index.ts'
import { streams } from './fleet.ts'
import type { RawRecord, Written } from './oracle.ts'

const limits = { maxBatchBytes: 4 * 1024 * 1024, maxBatchRecords: 10_000 }

type Read<T> = (record: StreamRecord, shardId: string) => T

/** Every record of a stream that nobody writes to any more, shard by shard. */
async function readAll<T>(backend: Backend, stream: string, read: Read<T>): Promise<T[]> {
  const source = backend.source(stream)
  const all: T[] = []
  for (const { shardId } of await source.listShards()) {
    const stop = new AbortController()
    const options = { ...limits, signal: stop.signal }
    for await (const batch of source.read(shardId, { at: 'trimHorizon' }, options)) {
      for (const record of batch.records) all.push(read(record, shardId))
      if (batch.millisBehindLatest === 0) stop.abort()
    }
  }
  return all
}

export function readRaw(backend: Backend): Promise<RawRecord[]> {
  return readAll(backend, streams.raw, readRawRecord)
}

export function readWritten(backend: Backend, stream: Written['stream']): Promise<Written[]> {
  const eventIdOf = stream === 'good' ? eventIdOfLine : eventIdOfBadRow
  return readAll(backend, streams[stream], ({ data, provenance, arrivedAt }, shardId) => ({
    stream,
    shardId,
    arrivedAt,
    eventId: eventIdOf(Buffer.from(data).toString()),
    ...(provenance !== undefined && { from: provenance }),
  }))
}

/** Counts what is in the outputs, from their beginning on, until there is so much or nothing has come for so long. */
export async function waitForOutputs(backend: Backend, count: number, patienceMs: number): Promise<void> {
  const progress = { missing: count, lastAt: performance.now() }
  const stop = new AbortController()
  const counting = Promise.all(
    [streams.good, streams.bad].map(async stream => {
      const options = { ...limits, from: { at: 'trimHorizon' }, signal: stop.signal } as const
      for await (const { records } of tail(backend.source(stream), options)) {
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
