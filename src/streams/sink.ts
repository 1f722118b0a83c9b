import type { Provenance } from './record.ts'

export const outputKinds = ['good', 'bad', 'failed'] as const
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
