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
  /**
   * Server time (ms since the epoch) since which output beyond the checkpoint may exist or may still come to exist, of
   * any epoch. Absent: *clean*, there is none and none can come. Never set by transactional backends, which have none.
   */
  readonly dirtySince?: number
  /** Somebody who does not follow this protocol wrote the row last: `dirtySince` means nothing. */
  readonly foreign?: true
  /** A worker that would like to have this lease; the owner drains and releases when it sees this. It comes first then. */
  readonly askedBy?: string
  /**
   * Why nothing else of this row can be believed. Nobody takes, asks for or removes it, and its shard lacks no row: where
   * the work on it stopped has to come from a person.
   */
  readonly unreadable?: string
  /** Takes from an owner that had not released, since the checkpoint last moved. Many mean: the records there crash workers. */
  readonly ownerSwitchesSinceCheckpoint: number
}

/** A row that this process holds, as its last successful write left it. */
export interface HeldLease extends LeaseRow {
  readonly owner: string
  /** The server's date in the reply of that write, where the store has a server. */
  readonly repliedAt?: number
}

/** What the last owner left behind, as a take found it. */
export type Inheritance =
  /** No output beyond the checkpoint. */
  | { readonly state: 'clean' }
  /** Output beyond the checkpoint may be there: look for what arrived since. */
  | {
      readonly state: 'unclean'
      readonly since: number
      /** Its owner let go a moment ago, or was silent for a whole lease: how recent its last request may be. */
      readonly after: 'release' | 'expiry'
      /** When the take was decided, by this process's monotonic clock. */
      readonly decidedAt: number
    }
  /** The row does not tell: a foreign worker wrote it. */
  | { readonly state: 'unknown' }
