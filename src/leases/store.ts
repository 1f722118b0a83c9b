import type { Position } from '../streams/index.ts'
import type { HeldLease, LeaseRow } from './lease.ts'

export interface NewLease {
  readonly shardId: string
  readonly parents: readonly string[]
  readonly checkpoint: Position
}

/**
 * Keeps who works on which shard, for all workers of one application.
 *
 * Every write is conditional on owner *and* counter as the caller last saw them. A refused write is a value, `'lost'`,
 * never an exception; a failing store throws a retryable MillraceError, and then the write may or may not have happened.
 */
export interface LeaseStore {
  list(): Promise<readonly LeaseRow[]>
  /** Strongly consistent. */
  get(shardId: string): Promise<LeaseRow | undefined>
  create(lease: NewLease): Promise<'created' | 'exists'>
  /** The row as the take left it: the checkpoint to start from is this one, never that of an earlier scan. */
  take(seen: LeaseRow, owner: string): Promise<HeldLease | 'lost'>
  /** Renews, and moves the checkpoint when one is given. The reply carries `askedBy`. */
  keep(held: HeldLease, checkpoint?: Position): Promise<HeldLease | 'lost'>
  release(held: HeldLease, checkpoint?: Position): Promise<'released' | 'lost'>
  /** Asks the owner to drain and release. Conditional on the owner only, and leaves the counter alone. */
  ask(seen: LeaseRow, asker: string): Promise<'asked' | 'lost'>
  /** Removes the row of an ended shard that its stream no longer has. */
  remove(seen: LeaseRow): Promise<'removed' | 'lost'>
  close(): Promise<void>
}
