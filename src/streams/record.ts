/**
 * Place of a record in its stream: a decimal number of up to 128 bits as text, as Kinesis gives it. Compare with
 * `compareSequences`, never as strings.
 */
export type SequenceNumber = string

/** Orders two sequence numbers by value: negative, zero or positive. */
export function compareSequences(a: SequenceNumber, b: SequenceNumber): number {
  if (a.length !== b.length) return a.length - b.length
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** One record as it lies in a shard. */
export interface StreamRecord {
  readonly sequence: SequenceNumber
  /** Index inside an aggregated record; 0 otherwise. */
  readonly subSequence: number
  readonly partitionKey: string
  /** When the stream stored it, ms since the epoch, by the stream's clock. */
  readonly arrivedAt: number
  readonly data: Uint8Array
}

/** How far a reader has come in one shard, or where it wants to begin. */
export type Position =
  | { readonly at: 'trimHorizon' }
  | { readonly at: 'latest' }
  | { readonly at: 'timestamp'; readonly ms: number }
  /** Everything up to and including this record is done. */
  | { readonly at: 'after'; readonly sequence: SequenceNumber; readonly subSequence: number }
  /** The shard was closed and everything in it is done. */
  | { readonly at: 'shardEnd' }

/** Says which input made a record. Equal for every run over the same input. Source: delivery protocol, rule 29. */
export interface Provenance {
  readonly stream: string
  readonly shardId: string
  readonly sequence: SequenceNumber
  readonly subSequence: number
  /** Which event of the raw record, from 0. */
  readonly index: number
}
