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
  /** Which input made it; absent on records that a producer appended. */
  readonly provenance?: WrittenProvenance
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

/** A position that needs no knowledge of the shard's records. */
export type StartingPoint = Extract<Position, { at: 'trimHorizon' } | { at: 'latest' } | { at: 'timestamp' }>

/** True when `to` lies further on than `from`, so that a checkpoint may move there. Never true for a starting point. */
export function advances(from: Position, to: Position): boolean {
  if (from.at === 'shardEnd') return false
  if (to.at === 'shardEnd') return true
  if (to.at !== 'after') return false
  if (from.at !== 'after') return true
  const order = compareSequences(to.sequence, from.sequence)
  return order === 0 ? to.subSequence > from.subSequence : order > 0
}

export function samePosition(a: Position, b: Position): boolean {
  return showPosition(a) === showPosition(b)
}

/** A position as a person reads it: `after 4711`, `trimHorizon`, `timestamp 1767225600000`. */
export function showPosition(position: Position): string {
  if (position.at === 'timestamp') return `timestamp ${position.ms}`
  if (position.at !== 'after') return position.at
  return `after ${position.sequence}${position.subSequence > 0 ? `/${position.subSequence}` : ''}`
}

/** Says which input made a record. Equal for every run over the same input. Source: delivery protocol, rule 29. */
export interface Provenance {
  readonly stream: string
  readonly shardId: string
  readonly sequence: SequenceNumber
  readonly subSequence: number
  /** Which event of the raw record, from 0. */
  readonly index: number
}

/** Provenance as it is read back beside an output record. The epoch tells which take of the lease wrote it. */
export interface WrittenProvenance extends Provenance {
  readonly application: string
  /** Which output of the event, from 0. */
  readonly output: number
  readonly epoch: number
}
