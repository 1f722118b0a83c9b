import type { HeldLease } from '../leases/index.ts'
import type { OutputRecord, Position } from '../streams/index.ts'

/** Everything that one batch of input made, and the position that it leads to. */
export interface Work {
  readonly outputs: readonly OutputRecord[]
  readonly position: Position
}

/**
 * Writes what a shard's worker made, and how far it came.
 *
 * `commit` resolves only when outputs and position are durable. A transactional backend makes them so at one instant,
 * with the lease's epoch checked inside the transaction: after `'lost'`, nothing of this work was written, and work
 * whose position the checkpoint has already reached is not written again, so that a commit of unknown outcome may be
 * repeated. Retries inside; throws a MillraceError when it gives up.
 */
export interface Committer {
  commit(lease: HeldLease, work: Work): Promise<'committed' | 'lost'>
  close(): Promise<void>
}
