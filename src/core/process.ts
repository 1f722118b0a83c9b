import type { Outcome } from './bad-row.ts'
import type { RawRecord } from './event.ts'

/** One record for the good or the bad stream. With the raw record's origin, `index` and `output` name it. */
export interface CoreOutput {
  readonly kind: 'good' | 'bad'
  /** 1 to 256 characters. */
  readonly partitionKey: string
  readonly data: Uint8Array
  /** Which event of the raw record, from 0. */
  readonly index: number
  /** Which output of the event, from 0. */
  readonly output: number
}

/** Bytes in, events out. The same record gives the same bytes, whenever and wherever it is processed. */
export interface Core {
  /**
   * What became of every event in a record. Synchronous while all schemas are at hand. Rejects (or throws) only with a
   * MillraceError, when something outside failed: then nothing of the record is done, and it may be tried again.
   */
  process(record: RawRecord): Outcome[] | Promise<Outcome[]>
  /** The records to be written for what `process` gave. Never throws. */
  emit(outcomes: readonly Outcome[], record: RawRecord): CoreOutput[]
}
