import type { LeaseRow } from './lease.ts'
import type { Observations } from './observations.ts'
import type { PlannableLease } from './plan.ts'

export interface Looker {
  readonly worker: string
  readonly observations: Observations
  /** For how long what is free is left to whoever it is meant for, before others may have it. */
  readonly headStartMs: number
  /** Whether this worker holds the lease, whatever the row says. */
  readonly holds: (shardId: string) => boolean
}

/** A row as the planner sees it: what one worker makes of it, by all that it has seen so far. */
export function plannable(row: LeaseRow, looker: Looker): PlannableLease {
  const { worker, observations, headStartMs, holds } = looker
  const { shardId, owner, askedBy } = row
  const asked = askedBy === undefined ? {} : { askedBy }
  if (holds(shardId)) return { shardId, liveOwner: worker, ...asked }
  if (owner === undefined) return free(row, looker)
  // Our own name on a row that we do not hold is a stranger's: an earlier take whose reply was lost. Who asked a
  // dead owner may be dead too: an expired lease is anybody's at once.
  if (!observations.expired(row)) return { shardId, liveOwner: owner, ...asked }
  // Not all see at the same moment that it is dead. Its other leases run out soon.
  return { shardId, missed: owner, overdue: observations.expiredFor(row, 2 * headStartMs) }
}

/**
 * Whoever asked for it comes first, and whoever it would be dealt to after that; but either may be dead, and the shard
 * stands still meanwhile. So each has a head start, and no more: who does not come in that time is passed over. Left
 * alone for a whole lease, it is anybody's beyond their share.
 */
function free(row: LeaseRow, { worker, observations, headStartMs }: Looker): PlannableLease {
  const { shardId, askedBy } = row
  const late = observations.freeFor(row, headStartMs)
  const base = { shardId, abandoned: observations.abandoned(row) }
  if (askedBy === undefined) return { ...base, overdue: late }
  // What was let go for us is ours for as long as nobody else has it.
  if (askedBy === worker || !late) return { ...base, askedBy }
  return { ...base, missed: askedBy, overdue: observations.freeFor(row, 2 * headStartMs) }
}
