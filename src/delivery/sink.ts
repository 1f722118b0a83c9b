import type { HeldLease } from '../leases/index.ts'
import type { OutputKind, OutputRecord, Position, RecordBatch } from '../streams/index.ts'

/*
 * Where outputs go. What a sink can do decides how nothing is written twice:
 *
 *   transactional   outputs, position and the check of the lease are one transaction
 *   readBack        what was written can be read again, with its provenance
 *   idempotent      writing the same again changes nothing
 */

/** Everything that one batch of input made, and the position that it leads to. */
export interface Work {
  readonly outputs: readonly OutputRecord[]
  readonly position: Position
}

/** A batch of input with what it made. */
export interface ShardWork extends Work {
  readonly batch: RecordBatch
}

/**
 * Writes what a shard's worker made, and how far it came, at one instant.
 *
 * `commit` resolves only when outputs and position are durable. The lease's epoch is checked inside the transaction:
 * after `'lost'`, nothing of this work was written, and work whose position the checkpoint has already reached is not
 * written again, so that a commit of unknown outcome may be repeated. Retries inside; throws a MillraceError when it
 * gives up.
 */
export interface Committer {
  readonly capability: 'transactional'
  commit(lease: HeldLease, work: Work): Promise<'committed' | 'lost'>
  close(): Promise<void>
}

/** Records for one stream, in order, within the limits of one request. */
export interface PutRequest {
  readonly kind: OutputKind
  readonly records: readonly OutputRecord[]
  readonly epoch: number
  /** Asked in the last statement before the socket write. When it says no, nothing is sent. */
  readonly mayGo: () => boolean
}

/** `refused`: surely not stored. `unknown`: stored, or not, or not yet. */
export type RecordFate = 'stored' | 'refused' | 'unknown'

export type PutReply =
  | { readonly sent: false }
  | {
      readonly sent: true
      /** Own monotonic time after the socket write. */
      readonly leftAt: number
      /** One for each record of the request. */
      readonly fates: readonly RecordFate[]
    }

/**
 * Streams without transactions, whose records can be read again.
 *
 * `put` sends one request and never retries: what is done about a fate other than `stored` is the caller's decision.
 * Throws a MillraceError when the request as a whole was refused: then nothing of it was stored.
 */
export interface ReadBackSink {
  readonly capability: 'readBack'
  readonly maxRequestRecords: number
  readonly maxRequestBytes: number
  put(request: PutRequest): Promise<PutReply>
  close(): Promise<void>
}

/**
 * Writes outputs under names that say their content, so that writing them again changes nothing. Name each output, by its
 * provenance, never the batch: another owner cuts its batches elsewhere.
 */
export interface IdempotentSink {
  readonly capability: 'idempotent'
  /** Resolves only when the outputs are durable. */
  write(shardId: string, work: ShardWork): Promise<void>
  close(): Promise<void>
}

export type Sink = Committer | ReadBackSink | IdempotentSink
