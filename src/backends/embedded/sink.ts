import type { Committer, PutReply, PutRequest, ReadBackSink, Work } from '../../delivery/index.ts'
import type { HeldLease } from '../../leases/index.ts'
import { MillraceError, type Clock } from '../../lib/index.ts'
import {
  outputKinds,
  refuseUnfit,
  type NewRecord,
  type OutputRecord,
  type Producer,
} from '../../streams/index.ts'
import { refuseKind, type CommitterOptions, type StreamSinkOptions } from '../backend.ts'
import type { Log } from './files.ts'
import { frameBytes, packFrames, writeProvenance, type Framed } from './frame.ts'
import type { StreamFrames } from './log-file.ts'

export interface ProducerParts {
  readonly open: () => Log
  readonly clock: Clock
  readonly maxRecordBytes: number
}

interface Put {
  readonly records: readonly Framed[]
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

// Puts that wait for the disk together share a transaction up to this size.
const groupBytes = 4 * 1024 * 1024

/**
 * Puts that arrive while a transaction is on its way to the disk wait for it, and then share the next one: many small
 * puts cost one sync of the disk, and none waits for more than two.
 */
export class EmbeddedProducer implements Producer {
  readonly stream: string
  readonly maxRecordBytes: number
  readonly #parts: ProducerParts
  #waiting: Put[] = []
  #writing: Promise<void> | undefined

  constructor(stream: string, parts: ProducerParts) {
    this.stream = stream
    this.maxRecordBytes = parts.maxRecordBytes
    this.#parts = parts
  }

  async put(records: readonly NewRecord[]): Promise<void> {
    for (const record of records) refuseUnfit(this.stream, record, this.maxRecordBytes)
    if (records.length === 0) return
    const framed = records.map(({ partitionKey, data }) => ({ partitionKey, data, provenance: '' }))
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ records: framed, resolve, reject })
    this.#writing ??= this.#write()
    await promise
  }

  async close(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    // Puts of the same turn go together.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#append(this.#nextGroup())
    this.#writing = undefined
  }

  async #append(group: readonly Put[]): Promise<void> {
    try {
      const frames = packFrames(group.flatMap(put => put.records))
      const log = this.#parts.open()
      const batches = group.length === 1 ? '1 batch' : `${group.length} batches`
      const doing = `put ${batches} on ${this.stream}`
      const purpose = { code: 'sink', doing, transfer: [frames.buffer] } as const
      await log.thread.call(purpose, 'append', { stream: this.stream, frames }, this.#parts.clock.now())
      for (const put of group) put.resolve()
    } catch (error) {
      for (const put of group) put.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Whole puts, in order: each is written by one transaction. */
  #nextGroup(): Put[] {
    let bytes = 0
    const tooMany = this.#waiting.findIndex(({ records }, i) => {
      for (const record of records) bytes += frameBytes(record)
      return i > 0 && bytes > groupBytes
    })
    return this.#waiting.splice(0, tooMany === -1 ? this.#waiting.length : tooMany)
  }
}

export interface CommitterParts {
  readonly log: Log
  readonly clock: Clock
  readonly maxRecordBytes: number
}

export class EmbeddedCommitter implements Committer {
  readonly capability = 'transactional'
  readonly #options: CommitterOptions
  readonly #parts: CommitterParts

  constructor(options: CommitterOptions, parts: CommitterParts) {
    this.#options = options
    this.#parts = parts
  }

  async commit(lease: HeldLease, { outputs, position }: Work): Promise<'committed' | 'lost'> {
    const { application, inputStream } = this.#options
    const { log, clock } = this.#parts
    const packed = this.#pack(outputs, lease.epoch)
    const { shardId, owner, epoch } = lease
    const claim = { consumer: { application, stream: inputStream }, shardId, owner, epoch }
    const purpose = {
      code: 'sink',
      doing: `commit ${outputs.length} outputs of ${shardId} of ${inputStream}`,
      transfer: packed.map(({ frames }) => frames.buffer),
    } as const
    return log.thread.call(purpose, 'commit', claim, { outputs: packed, position }, clock.now())
  }

  async close(): Promise<void> {}

  #pack(outputs: readonly OutputRecord[], epoch: number) {
    return outputKinds.flatMap(kind => {
      const records = outputs.filter(output => output.kind === kind)
      if (records.length === 0) return []
      const stream = this.#options.streams[kind] ?? refuseKind(kind)
      for (const record of records) refuseUnfit(stream, record, this.#parts.maxRecordBytes)
      const { application } = this.#options
      const frames = packFrames(records.map(record => framed(record, { application, epoch })))
      return [{ stream, frames } satisfies StreamFrames]
    })
  }
}

/** The same streams without transactions, so that what is not sure has to be read back. */
export class EmbeddedStreamSink implements ReadBackSink {
  readonly capability = 'readBack'
  // Those of Kinesis' PutRecords.
  readonly maxRequestRecords = 500
  readonly maxRequestBytes = 5 * 1024 * 1024
  readonly #options: StreamSinkOptions
  readonly #parts: CommitterParts

  constructor(options: StreamSinkOptions, parts: CommitterParts) {
    this.#options = options
    this.#parts = parts
  }

  async put({ kind, records, epoch, mayGo }: PutRequest): Promise<PutReply> {
    const { application, streams } = this.#options
    const { log, clock } = this.#parts
    const stream = streams[kind] ?? refuseKind(kind)
    for (const record of records) refuseUnfit(stream, record, this.#parts.maxRecordBytes)
    const frames = packFrames(records.map(record => framed(record, { application, epoch })))
    const purpose = { code: 'sink', doing: `put ${records.length} outputs on ${stream}` } as const
    if (!mayGo()) return { sent: false }
    const stored = log.thread.call(
      { ...purpose, transfer: [frames.buffer] },
      'append',
      { stream, frames },
      clock.now(),
    )
    const leftAt = clock.monotonic()
    try {
      await stored
      return { sent: true, leftAt, fates: records.map(() => 'stored') }
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      return { sent: true, leftAt, fates: records.map(() => 'unknown') }
    }
  }

  async close(): Promise<void> {}
}

function framed(record: OutputRecord, writer: { application: string; epoch: number }): Framed {
  const { partitionKey, data, provenance, output } = record
  return { partitionKey, data, provenance: writeProvenance({ ...provenance, ...writer, output }) }
}
