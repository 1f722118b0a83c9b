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
 *
 * KCL removes the row of an ended shard as soon as its children are worked on, long before the stream forgets it. Such a
 * shard lacks no row: from its beginning everything in it would come once more. Nor does one whose row cannot be read.
 */
export function missingRows(
  shards: readonly Shard[],
  rows: ReadonlyMap<string, LeaseRow>,
  initial: InitialPosition,
  now: number,
): NewLease[] {
  const { done, settled } = ended(shards, rows)
  return shards
    .filter(({ shardId }) => !rows.has(shardId) && !settled.has(shardId))
    .map((shard): NewLease => {
      const { shardId, parents } = shard
      if (done.has(shardId)) return { shardId, parents, checkpoint: { at: 'shardEnd' } }
      const known = parents.some(parent => rows.has(parent) || done.has(parent))
      return { shardId, parents, checkpoint: known ? { at: 'trimHorizon' } : startOf(shard, initial, now) }
    })
    .toReversed()
}

/** Somebody has worked on it; then all its parents are done. */
export function begun({ checkpoint }: LeaseRow): boolean {
  return checkpoint.at === 'after' || checkpoint.at === 'shardEnd'
}

/**
 * What the rows of its descendants tell of a shard. `done`: one of them has been begun with. `settled`: its row may be
 * missing, since no child waits for it any more.
 */
function ended(shards: readonly Shard[], rows: ReadonlyMap<string, LeaseRow>) {
  const children = new Map<string, string[]>()
  for (const { shardId, parents } of shards)
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), shardId])
  const done = new Set<string>()
  const settled = new Set<string>()
  // Children before their parents: what is found of a child counts for its parents in the same pass.
  for (const { shardId, parents } of shards.toReversed()) {
    const row = rows.get(shardId)
    const own = children.get(shardId) ?? []
    if (row === undefined && own.length > 0 && own.every(child => waitsForNobody(child))) settled.add(shardId)
    if (done.has(shardId) || (row !== undefined && begun(row))) for (const parent of parents) done.add(parent)
  }
  return { done, settled }

  function waitsForNobody(shardId: string): boolean {
    const row = rows.get(shardId)
    return row === undefined ? settled.has(shardId) : begun(row)
  }
}

function startOf(shard: Shard, initial: InitialPosition, now: number): Position {
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
  const { settled } = ended(shards, rows)
  const allChildrenKnown = shards.every(({ shardId }) => readable(rows.get(shardId)) || settled.has(shardId))
  return [...earlier.values()].filter(
    row => row.checkpoint.at === 'shardEnd' && !listed.has(row.shardId) && allChildrenKnown,
  )
}

/** Whoever repairs a row that is not may have to remove it: then its parents' rows tell where to begin. */
function readable(row: LeaseRow | undefined): boolean {
  return row !== undefined && row.unreadable === undefined
}

/** Shards that are open while their rows say ended. No shard opens again: the stream was made anew under its name. */
export function reopened(shards: readonly Shard[], earlier: ReadonlyMap<string, LeaseRow>): string[] {
  return shards
    .filter(({ endingSequence }) => endingSequence === undefined)
    .map(({ shardId }) => shardId)
    .filter(shardId => earlier.get(shardId)?.checkpoint.at === 'shardEnd')
}
