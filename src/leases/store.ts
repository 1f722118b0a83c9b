import type { Position } from '../streams/index.ts'
import type { HeldLease, LeaseRow } from './lease.ts'

export interface NewLease {
  readonly shardId: string
  readonly parents: readonly string[]
  readonly checkpoint: Position
}

/** How far the work has come. One snapshot: what belongs together is read at one instant and written by one write. */
export interface Progress {
  /** Absent: unchanged. One that is not ahead of the row's changes nothing. */
  readonly checkpoint?: Position
  /** Absent: clean. */
  readonly dirtySince?: number
  /** The shard has nothing to do: forget how often it changed hands, for no record of it can have been the reason. */
  readonly idle?: true
}

/**
 * Keeps who works on which shard, for all workers of one application.
 *
 * Every write but `ask` and `withdraw` is conditional on owner *and* counter as the caller last saw them. A refused write is a value, `'lost'`,
 * never an exception; a failing store throws a retryable MillraceError, and then the write may or may not have happened.
 */
export interface LeaseStore {
  /** A row that cannot be read is told as what it is: one alone must not hide the others. */
  list(): Promise<readonly LeaseRow[]>
  /** Strongly consistent. */
  get(shardId: string): Promise<LeaseRow | undefined>
  create(lease: NewLease): Promise<'created' | 'exists'>
  /**
   * The row as the take left it: the checkpoint to start from is this one, never that of an earlier scan. A clean row is
   * marked dirty since `dirtySince` when one is given; a dirty one stays as dirty as it was.
   */
  take(seen: LeaseRow, owner: string, dirtySince?: number): Promise<HeldLease | 'lost'>
  /** Renews. Without progress, checkpoint and dirtiness stay as they are. The reply carries `askedBy`. */
  keep(held: HeldLease, progress?: Progress): Promise<HeldLease | 'lost'>
  release(held: HeldLease, progress?: Progress): Promise<'released' | 'lost'>
  /** Asks the owner to drain and release. Conditional on the owner only, and leaves the counter alone. */
  ask(seen: LeaseRow, asker: string): Promise<'asked' | 'lost'>
  /** Takes an ask back: the asker goes away. Conditional on the ask only, and leaves the counter alone. */
  withdraw(shardId: string, asker: string): Promise<'withdrawn' | 'lost'>
  /** Removes the row of an ended shard that its stream no longer has. */
  remove(seen: LeaseRow): Promise<'removed' | 'lost'>
  /**
   * Calls `onHint` soon after somebody let go of a lease or asked for one, until the function that it returns is called.
   * Where a store can: whoever never hears of it finds out at its next scan.
   */
  watch?(onHint: () => void): () => void
  close(): Promise<void>
}
