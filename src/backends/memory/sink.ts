import type { Committer, PutReply, PutRequest, ReadBackSink, Work } from '../../delivery/index.ts'
import type { HeldLease } from '../../leases/index.ts'
import type { Clock } from '../../lib/index.ts'
import {
  advances,
  maxRecordBytes,
  outputKinds,
  refuseUnfit,
  type NewRecord,
  type OutputRecord,
  type Producer,
} from '../../streams/index.ts'
import { refuseKind, type CommitterOptions, type StreamSinkOptions } from '../backend.ts'
import type { MemoryLeaseTable } from './lease-store.ts'
import type { Append, MemoryStream } from './stream.ts'

export type OpenStream = (stream: string) => MemoryStream

export class MemoryProducer implements Producer {
  readonly stream: string
  readonly maxRecordBytes = maxRecordBytes
  readonly #open: OpenStream
  readonly #clock: Clock

  constructor(stream: string, open: OpenStream, clock: Clock) {
    this.stream = stream
    this.#open = open
    this.#clock = clock
  }

  async put(records: readonly NewRecord[]): Promise<void> {
    for (const record of records) refuseUnfit(this.stream, record, this.maxRecordBytes)
    this.#open(this.stream).append(records, this.#clock.now())
  }

  async close(): Promise<void> {}
}

export interface MemoryCommitterParts {
  readonly table: MemoryLeaseTable
  readonly open: OpenStream
  readonly clock: Clock
}

/** Fence, outputs and checkpoint change in one turn of the event loop: that is its transaction. */
export class MemoryCommitter implements Committer {
  readonly capability = 'transactional'
  readonly #options: CommitterOptions
  readonly #parts: MemoryCommitterParts

  constructor(options: CommitterOptions, parts: MemoryCommitterParts) {
    this.#options = options
    this.#parts = parts
  }

  async commit(lease: HeldLease, { outputs, position }: Work): Promise<'committed' | 'lost'> {
    const { table, open, clock } = this.#parts
    const { application, streams } = this.#options
    const appends = outputKinds.flatMap(kind => {
      const records = outputs.filter(output => output.kind === kind)
      if (records.length === 0) return []
      const stream = open(streams[kind] ?? refuseKind(kind))
      for (const record of records) refuseUnfit(stream.name, record, maxRecordBytes)
      return [{ stream, records }]
    })
    const checkpoint = table.checkpointOf(lease)
    if (checkpoint === undefined) return 'lost'
    if (!advances(checkpoint, position)) return 'committed'
    const { epoch } = lease
    for (const { stream, records } of appends) {
      stream.append(
        records.map(record => written(record, { application, epoch })),
        clock.now(),
      )
    }
    table.move(lease, position)
    return 'committed'
  }

  async close(): Promise<void> {}
}

/** The same streams without transactions: what is written is there at once, and can be read back. */
export class MemoryStreamSink implements ReadBackSink {
  readonly capability = 'readBack'
  // Those of Kinesis' PutRecords.
  readonly maxRequestRecords = 500
  readonly maxRequestBytes = 5 * 1024 * 1024
  readonly #options: StreamSinkOptions
  readonly #open: OpenStream
  readonly #clock: Clock

  constructor(options: StreamSinkOptions, { open, clock }: Pick<MemoryCommitterParts, 'open' | 'clock'>) {
    this.#options = options
    this.#open = open
    this.#clock = clock
  }

  async put({ kind, records, epoch, mayGo }: PutRequest): Promise<PutReply> {
    const { application, streams } = this.#options
    const stream = this.#open(streams[kind] ?? refuseKind(kind))
    for (const record of records) refuseUnfit(stream.name, record, maxRecordBytes)
    if (!mayGo()) return { sent: false }
    stream.append(
      records.map(record => written(record, { application, epoch })),
      this.#clock.now(),
    )
    return { sent: true, leftAt: this.#clock.monotonic(), fates: records.map(() => 'stored') }
  }

  async close(): Promise<void> {}
}

function written(record: OutputRecord, writer: { application: string; epoch: number }): Append {
  const { partitionKey, data, provenance, output } = record
  return { partitionKey, data, provenance: { ...provenance, ...writer, output } }
}
