import type { Backend } from '../../src/backends/index.ts'
import { columnIndex, decodePayload } from '../../src/core/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { tail, type StreamRecord } from '../../src/streams/index.ts'
import { streams } from './fleet.ts'
import type { RawRecord, Written } from './oracle.ts'

const everything = {
  from: { at: 'trimHorizon' },
  maxBatchBytes: 4 * 1024 * 1024,
  maxBatchRecords: 10_000,
} as const

/** One stream from its beginning, as far as it has come; goes on as more comes, until it is closed. */
export class StreamReader<T> {
  readonly all: T[] = []
  /** By the monotonic clock. */
  lastAt = performance.now()
  readonly #stop = new AbortController()
  readonly #reading: Promise<void>

  constructor(backend: Backend, stream: string, read: (record: StreamRecord, shardId: string) => T) {
    this.#reading = this.#read(backend, stream, read)
  }

  /** How long nothing has come. */
  get quietMs(): number {
    return performance.now() - this.lastAt
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#reading
  }

  async #read(
    backend: Backend,
    stream: string,
    read: (record: StreamRecord, shardId: string) => T,
  ): Promise<void> {
    const options = { ...everything, signal: this.#stop.signal }
    for await (const { records, shardId } of tail(backend.source(stream), options)) {
      for (const record of records) this.all.push(read(record, shardId))
      if (records.length > 0) this.lastAt = performance.now()
    }
  }
}

/** Every record of the raw stream, once nobody writes there any more. */
export async function readRaw(backend: Backend): Promise<readonly RawRecord[]> {
  const reader = new StreamReader(backend, streams.raw, readRawRecord)
  while (reader.quietMs < 2000) await systemClock.sleep(100)
  await reader.close()
  return reader.all
}

export function readWritten(backend: Backend, stream: Written['stream']): StreamReader<Written> {
  const eventIdOf = stream === 'good' ? eventIdOfLine : eventIdOfBadRow
  return new StreamReader(backend, streams[stream], ({ data, provenance, arrivedAt }, shardId) => ({
    stream,
    shardId,
    arrivedAt,
    eventId: eventIdOf(Buffer.from(data).toString()),
    ...(provenance !== undefined && { from: provenance }),
  }))
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
