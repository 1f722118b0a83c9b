import { MillraceError } from '../lib/index.ts'
import type { Provenance } from './record.ts'

export const outputKinds = ['good', 'bad', 'failed', 'pii'] as const
/** Which of the output streams a record is for. */
export type OutputKind = (typeof outputKinds)[number]

/** One record to be written. `provenance` and `output` together name it: equal for every run over the same input. */
export interface OutputRecord {
  readonly kind: OutputKind
  /** 1 to 256 characters. */
  readonly partitionKey: string
  readonly data: Uint8Array
  readonly provenance: Provenance
  /** Which output of the event, from 0. */
  readonly output: number
}

/** One record to be appended by a producer that has no input to point to, such as the collector. */
export interface NewRecord {
  readonly partitionKey: string
  readonly data: Uint8Array
}

/** Appends records that have no provenance: the collector's way into the raw stream. */
export interface Producer {
  readonly stream: string
  /** Largest `data` plus partition key that one record may have, in bytes. */
  readonly maxRecordBytes: number
  /** Resolves only when every record is durable. Retries inside; rejects with a MillraceError when it gives up. */
  put(records: readonly NewRecord[]): Promise<void>
  close(): Promise<void>
}

// Kinesis: 1 MiB of data and partition key together, keys of 1 to 256 characters. Every backend refuses alike.
export const maxRecordBytes = 1024 * 1024
const maxKeyCharacters = 256

/** Throws when a stream could never store the record, so that nobody retries it. */
export function refuseUnfit(stream: string, { partitionKey, data }: NewRecord, limit: number): void {
  const bytes = data.byteLength + Buffer.byteLength(partitionKey)
  const keyFits = partitionKey.length > 0 && partitionKey.length <= maxKeyCharacters
  if (bytes <= limit && keyFits) return
  const wrong = keyFits
    ? `it has ${bytes} bytes with its key`
    : `its key has ${partitionKey.length} characters`
  const rule = keyFits ? `make it ${limit} or fewer` : `use 1 to ${maxKeyCharacters}`
  throw new MillraceError('sink', `record not put on ${stream}: ${wrong}; ${rule}`, { retryable: false })
}
