import type { Position, Shard } from '../streams/index.ts'
import type { LeaseRow } from './lease.ts'
import type { NewLease } from './store.ts'

/** Where an application begins in a stream that it has never read. */
export type InitialPosition = Extract<Position, { at: 'trimHorizon' | 'latest' | 'timestamp' }>

/**
 * Decides which rows the lease table lacks. Pure.
 *
 * The initial position counts only for a shard none of whose parents has a row: a shard that came out of a shard we
 * worked on is read from its beginning, or what was written between the split and now would be lost. Children come
 * first, so that a crash half-way through leaves no parent whose unwritten child would then be read from its beginning.
 */
export function missingRows(
  shards: readonly Shard[],
  rows: ReadonlyMap<string, LeaseRow>,
  initial: InitialPosition,
  now: number,
): NewLease[] {
  return shards
    .filter(shard => !rows.has(shard.shardId))
    .map(shard => ({
      shardId: shard.shardId,
      parents: shard.parents,
      checkpoint: startOf(shard, rows, initial, now),
    }))
    .toReversed()
}

function startOf(
  shard: Shard,
  rows: ReadonlyMap<string, LeaseRow>,
  initial: InitialPosition,
  now: number,
): Position {
  if (shard.parents.some(parent => rows.has(parent))) return { at: 'trimHorizon' }
  // Nothing can still arrive in a closed shard: it lies before the tip.
  if (initial.at === 'latest' && shard.endingSequence !== undefined) return { at: 'shardEnd' }
  // The tip moves on while nobody works on the shard; what arrives from now on is ours.
  return initial.at === 'latest' ? { at: 'timestamp', ms: now } : initial
}

/**
 * Rows that nobody needs any more: ended, forgotten by the stream, and every child has a row of its own. The `earlier`
 * rows are from before the shards were listed: a newer one may belong to a shard that is newer than the list.
 */
export function obsoleteRows(
  shards: readonly Shard[],
  earlier: ReadonlyMap<string, LeaseRow>,
  rows: ReadonlyMap<string, LeaseRow>,
): LeaseRow[] {
  const listed = new Set(shards.map(shard => shard.shardId))
  const allChildrenKnown = shards.every(shard => rows.has(shard.shardId))
  return [...earlier.values()].filter(
    row => row.checkpoint.at === 'shardEnd' && !listed.has(row.shardId) && allChildrenKnown,
  )
}
