import type { Position } from '../streams/index.ts'

/**
 * One row of the lease table: who works on a shard, and how far it has come.
 *
 * A row is *free* (no owner), *held* (an owner that renews, so that the counter rises) or *ended* (the position is
 * `shardEnd`). Only the pair (owner, counter) tells whether a holder is alive: a pair that has not changed for a
 * whole lease, by the looker's own monotonic clock, is expired. No clock is ever compared with another machine's.
 * Source: KCL 2.x lease table; delivery protocol, section 3.
 */
export interface LeaseRow {
  readonly shardId: string
  readonly parents: readonly string[]
  /** Unique for each process start; absent when free. */
  readonly owner?: string
  /** Rises by one with every write except `ask`. */
  readonly counter: number
  /** The counter that the last take produced; 0 before the first. Fences output in transactional backends. */
  readonly epoch: number
  readonly checkpoint: Position
  /** A worker that would like to have this lease; the owner drains and releases when it sees this. */
  readonly askedBy?: string
  /** Takes from an owner that had not released, since the checkpoint last moved. Many mean: the records there crash workers. */
  readonly ownerSwitchesSinceCheckpoint: number
}

/** A row that this process holds, as its last successful write left it. */
export interface HeldLease extends LeaseRow {
  readonly owner: string
}
