import type { Committer, Work } from '../../delivery/index.ts'
import type { HeldLease } from '../../leases/index.ts'
import type { Clock } from '../../lib/index.ts'
import {
  advances,
  maxRecordBytes,
  outputKinds,
  refuseUnfit,
  type NewRecord,
  type Producer,
} from '../../streams/index.ts'
import { refuseKind, type CommitterOptions } from '../backend.ts'
import type { MemoryLeaseTable } from './lease-store.ts'
import type { MemoryStream } from './stream.ts'

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
    for (const { stream, records } of appends) {
      const written = records.map(({ partitionKey, data, provenance, output }) => {
        return {
          partitionKey,
          data,
          provenance: { ...provenance, application, output, epoch: lease.epoch },
        }
      })
      stream.append(written, clock.now())
    }
    table.move(lease, position)
    return 'committed'
  }

  async close(): Promise<void> {}
}
