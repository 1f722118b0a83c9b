import type { LeaseRow } from './lease.ts'

/** A lease as the planner sees it: who holds it, and whether that holder still shows signs of life. */
export interface PlannableLease {
  readonly shardId: string
  /** The holder; absent when the lease is free or its holder has expired. */
  readonly liveOwner?: string
  /** Free for a whole lease and nobody took it: whoever it is meant for cannot or will not. */
  readonly abandoned?: boolean
  /** Who has asked the holder to let go. */
  readonly askedBy?: string
}

export interface LeasePlan {
  /** Free leases to take now. */
  readonly claim: readonly string[]
  /** Leases to ask their live owners for. They are never taken from them. */
  readonly ask: readonly string[]
}

/**
 * Decides which leases one worker should take, and which it should ask for, so that all workers end within one
 * lease of each other. Pure: every worker decides for itself from the same table, and the conditional writes settle
 * who wins a race. Moves nothing that does not bring two workers closer together: an owner is asked only when it
 * has at least two more than the asker.
 *
 * A worker is known by the leases that it holds or has asked for; one that has neither is seen by nobody else, and
 * makes itself known by asking. It takes and asks for no more than `maxLeases`, whatever its share: what it asked for
 * and cannot take would wait for it.
 */
export function planLeases(
  leases: readonly PlannableLease[],
  worker: string,
  maxLeases = Number.POSITIVE_INFINITY,
): LeasePlan {
  const counts = countByWorker(leases, worker)
  const room = Math.max(0, maxLeases - (counts.get(worker) ?? 0))
  const free = leases.filter(lease => lease.liveOwner === undefined)
  const fair = fairClaim(counts, worker, free.length, leases.length)
  const claim = spread(free, worker)
    .filter(({ abandoned }, i) => i < fair || abandoned === true)
    .slice(0, room)
    .map(lease => lease.shardId)
  if (claim.length > 0 || free.length > 0) return { claim, ask: [] }
  return { claim: [], ask: leasesToAskFor(leases, counts, worker).slice(0, room) }
}

/** Leases that each worker has or is about to have: one that was asked for counts for the asker. */
function countByWorker(leases: readonly PlannableLease[], worker: string): Map<string, number> {
  const counts = new Map([[worker, 0]])
  for (const { liveOwner, askedBy } of leases) {
    if (liveOwner === undefined) continue
    if (!counts.has(liveOwner)) counts.set(liveOwner, 0)
    const holder = askedBy ?? liveOwner
    counts.set(holder, (counts.get(holder) ?? 0) + 1)
  }
  return counts
}

/** Up to the even share; one more when free leases are left over after everybody has an even share. */
function fairClaim(counts: Map<string, number>, worker: string, free: number, total: number): number {
  const share = Math.floor(total / counts.size)
  const mine = counts.get(worker) ?? 0
  const missing = Math.max(0, share - mine)
  let othersMissing = 0
  for (const [other, count] of counts) if (other !== worker) othersMissing += Math.max(0, share - count)
  const leftOver = free - othersMissing - missing
  const extra = leftOver > 0 && mine + missing <= share ? 1 : 0
  return Math.min(free, missing + extra)
}

/** One by one from whoever has most, while that brings the two closer together. */
function leasesToAskFor(
  leases: readonly PlannableLease[],
  counts: Map<string, number>,
  worker: string,
): string[] {
  let mine = counts.get(worker) ?? 0
  const share = Math.floor(leases.length / counts.size)
  // What an owner has above the even share belongs first to those who have less; then to those who have just that.
  const othersMissing = [...counts].some(([other, count]) => other !== worker && count < share)
  const most = mine < share || othersMissing ? share : share + 1
  const askable = byOwner(leases, worker)
  const ask: string[] = []
  for (; mine < most; mine++) {
    const fullest = fullestOwner(askable, counts)
    const count = counts.get(fullest ?? '') ?? 0
    const lease = count > share && count - mine >= 2 ? askable.get(fullest ?? '')?.pop() : undefined
    if (lease === undefined || fullest === undefined) break
    counts.set(fullest, count - 1)
    ask.push(lease.shardId)
  }
  return ask
}

/** The owner with most leases among those that have one nobody has asked for. */
function fullestOwner(
  askable: ReadonlyMap<string, readonly PlannableLease[]>,
  counts: ReadonlyMap<string, number>,
): string | undefined {
  let fullest: string | undefined
  let most = 0
  for (const [owner, theirs] of askable) {
    const count = counts.get(owner) ?? 0
    if (theirs.length === 0 || count <= most) continue
    most = count
    fullest = owner
  }
  return fullest
}

/** What each other owner holds that nobody has asked for yet. */
function byOwner(leases: readonly PlannableLease[], worker: string): Map<string, PlannableLease[]> {
  const owners = new Map<string, PlannableLease[]>()
  for (const lease of leases) {
    const { liveOwner, askedBy } = lease
    if (liveOwner === undefined || liveOwner === worker || askedBy !== undefined) continue
    const theirs = owners.get(liveOwner)
    if (theirs === undefined) owners.set(liveOwner, [lease])
    else theirs.push(lease)
  }
  return owners
}

/** An order that differs from worker to worker, so that a fleet does not run for the same free lease. */
function spread(leases: readonly PlannableLease[], worker: string): PlannableLease[] {
  return leases
    .map(lease => ({ lease, rank: hash(worker + lease.shardId) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ lease }) => lease)
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}

/** May be worked on: not ended, and every parent that the stream still knows has ended. */
export function eligible(
  row: LeaseRow,
  rows: ReadonlyMap<string, LeaseRow>,
  listed: ReadonlySet<string>,
): boolean {
  if (row.checkpoint.at === 'shardEnd') return false
  return row.parents.every(parent => {
    const parentRow = rows.get(parent)
    return parentRow === undefined ? !listed.has(parent) : parentRow.checkpoint.at === 'shardEnd'
  })
}
