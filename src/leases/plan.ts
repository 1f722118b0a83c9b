import type { LeaseRow } from './lease.ts'
import { begun } from './shard-rows.ts'

/** A lease as the planner sees it: who holds it, and whether that holder still shows signs of life. */
export interface PlannableLease {
  readonly shardId: string
  /** The holder; absent when the lease is free or its holder has expired. */
  readonly liveOwner?: string
  /** Free for a whole lease and nobody took it: whoever it is meant for cannot or will not. */
  readonly abandoned?: boolean
  /** Who has asked the holder to let go. Of a lease without a holder: for whom the last one let go. */
  readonly askedBy?: string
  /** For whom it was let go, and who did not come: it may be dead, and nothing else is dealt to it. */
  readonly missed?: string
  /** Without a holder for so long that whoever it is dealt to should have come: others may have it, too. */
  readonly overdue?: boolean
}

export interface LeasePlan {
  /** Free leases to take now. */
  readonly claim: readonly string[]
  /** Leases to ask their live owners for. They are never taken from them. */
  readonly ask: readonly string[]
}

/**
 * A worker that has nothing is known to nobody, and so may others be: it takes and asks for little until each has
 * shown itself, or a fleet that starts at once would run for every lease. What is free needs a worker soon, what is
 * held can wait.
 */
const newcomerMost = { claim: 4, ask: 1 }

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
  const mine = counts.get(worker) ?? 0
  const most = mine === 0 ? newcomerMost : { claim: Infinity, ask: Infinity }
  const room = (held: number) => Math.max(0, maxLeases - held)
  const ours = leases.filter(lease => lease.liveOwner === undefined && successor(lease) === worker)
  const free = leases.filter(lease => lease.liveOwner === undefined && successor(lease) === undefined)
  const claim = [
    ...ours.slice(0, room(mine - ours.length)),
    ...leasesToClaim(free, counts, worker, leases.length).slice(0, Math.min(most.claim, room(mine))),
  ]
  // What is free is shared first. Not what nobody can take: the rest would wait for it.
  if (free.some(({ abandoned }) => abandoned !== true)) return { claim: claim.map(shardIdOf), ask: [] }
  const then = mine - ours.length + claim.length
  const ask = leasesToAskFor(leases, counts.set(worker, then), worker)
  return {
    claim: claim.map(shardIdOf),
    ask: ask.slice(0, Math.min(most.ask, room(then))).map(shardIdOf),
  }
}

const shardIdOf = ({ shardId }: PlannableLease): string => shardId

/** Whom a free lease was let go for. It comes first, unless it does not come. */
function successor({ askedBy, abandoned }: PlannableLease): string | undefined {
  return abandoned === true ? undefined : askedBy
}

/** Leases that each worker has or is about to have: one that was asked for counts for the asker. */
function countByWorker(leases: readonly PlannableLease[], worker: string): Map<string, number> {
  const counts = new Map([[worker, 0]])
  for (const lease of leases) {
    const { liveOwner } = lease
    const holder = liveOwner === undefined ? successor(lease) : (lease.askedBy ?? liveOwner)
    if (liveOwner !== undefined && !counts.has(liveOwner)) counts.set(liveOwner, 0)
    if (holder !== undefined) counts.set(holder, (counts.get(holder) ?? 0) + 1)
  }
  return counts
}

/**
 * What workers lack is dealt out in one order that all share: those who see the same table run for no lease twice.
 * What is left over goes to whoever is first, one for each; what is overdue as well, some for each, whatever they have; what
 * was left free for a whole lease by whomever it was meant for, to anybody.
 */
function leasesToClaim(
  free: readonly PlannableLease[],
  counts: ReadonlyMap<string, number>,
  worker: string,
  total: number,
): PlannableLease[] {
  const mine = counts.get(worker) ?? 0
  const share = Math.floor(total / counts.size)
  const absent = new Set(free.map(({ missed }) => missed).filter(missed => missed !== worker))
  const takers = takersOf(share, counts).filter(taker => !absent.has(taker))
  // Others know nothing of a newcomer, and deal without it.
  const dealt = spread(free, mine === 0 ? worker : '', shardIdOf)
  const meant = dealt.filter((_, i) => takers[i] === worker)
  const extra = mine <= share ? spread(dealt.slice(takers.length), worker, shardIdOf).slice(0, 1) : []
  const taken = new Set([...meant, ...extra])
  const overdue = dealt.filter(lease => lease.overdue === true && !taken.has(lease))
  for (const [i, { overdue }] of dealt.entries())
    if (overdue === true && takers[i] !== worker) absent.add(takers[i])
  // Who has not come is not reckoned with: the others share what should be somebody's by now, first those who lack some.
  const present = [...counts].filter(([other]) => !absent.has(other))
  const lacking = present.some(([other, count]) => other !== worker && count < share)
  const most = (lacking ? share : Math.ceil(total / present.length)) - mine - taken.size
  const part = Math.max(0, Math.min(Math.ceil(overdue.length / present.length), most))
  for (const lease of spread(overdue, worker, shardIdOf).slice(0, part)) taken.add(lease)
  const abandoned = free.filter(lease => lease.abandoned === true && !taken.has(lease))
  return [...taken, ...spread(abandoned, worker, shardIdOf)]
}

/** Each worker as often as it lacks a lease, in an order that does not depend on who looks. */
function takersOf(share: number, counts: ReadonlyMap<string, number>): string[] {
  const slots: { worker: string; rank: number }[] = []
  for (const [worker, count] of counts) {
    const seed = hash(worker, offsetBasis)
    for (let i = count; i < share; i++) slots.push({ worker, rank: mixed(seed + i) })
  }
  return slots.sort((a, b) => a.rank - b.rank).map(({ worker }) => worker)
}

/** One by one from whoever has most, while that brings the two closer together. */
function leasesToAskFor(
  leases: readonly PlannableLease[],
  counts: Map<string, number>,
  worker: string,
): PlannableLease[] {
  let mine = counts.get(worker) ?? 0
  const share = Math.floor(leases.length / counts.size)
  // What an owner has above the even share belongs first to those who have less; then to those who have just that.
  const othersMissing = [...counts].some(([other, count]) => other !== worker && count < share)
  const most = mine < share || othersMissing ? share : share + 1
  if (mine >= most) return []
  const askable = byOwner(leases, worker)
  const seed = hash(worker, offsetBasis)
  const ask: PlannableLease[] = []
  for (; mine < most; mine++) {
    const fullest = fullestOwner(askable, counts)
    const count = counts.get(fullest ?? '') ?? 0
    const theirs = count > share && count - mine >= 2 ? (askable.get(fullest ?? '') ?? []) : []
    const [lease] = theirs.splice(mixed(seed + mine) % theirs.length, 1)
    if (lease === undefined || fullest === undefined) break
    counts.set(fullest, count - 1)
    ask.push(lease)
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

/** What each other owner holds that nobody has asked for yet; the owners in an order of this worker's own. */
function byOwner(leases: readonly PlannableLease[], worker: string): Map<string, PlannableLease[]> {
  const askable = Map.groupBy(
    leases.filter(({ liveOwner, askedBy }) => liveOwner !== worker && askedBy === undefined),
    ({ liveOwner }) => liveOwner ?? '',
  )
  askable.delete('')
  return new Map(spread([...askable], worker, ([owner]) => owner))
}

/** An order that differs from worker to worker, so that a fleet does not run for the same thing. */
function spread<T>(things: readonly T[], worker: string, nameOf: (thing: T) => string): T[] {
  const seed = hash(worker, offsetBasis)
  return things
    .map(thing => ({ thing, rank: mixed(hash(nameOf(thing), seed)) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ thing }) => thing)
}

const offsetBasis = 0x811c9dc5

/** FNV-1a, 32 bits. */
function hash(text: string, seed: number): number {
  let value = seed
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value
}

/** What differs in the last character alone is far apart afterwards, as it is not in FNV. Source: MurmurHash3. */
function mixed(value: number): number {
  let mix = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35)
  return (mix ^ (mix >>> 16)) >>> 0
}

/**
 * May be worked on: readable, not ended, and every parent that the stream still knows has ended. A parent without a row has, when
 * this shard was begun with: KCL has removed it. Otherwise its row has still to be made. One whose row cannot be read
 * counts as one without.
 */
export function eligible(
  row: LeaseRow,
  rows: ReadonlyMap<string, LeaseRow>,
  listed: ReadonlySet<string>,
): boolean {
  if (row.unreadable !== undefined) return false
  if (row.checkpoint.at === 'shardEnd') return false
  return row.parents.every(parent => {
    const parentRow = rows.get(parent)
    if (parentRow !== undefined && parentRow.unreadable === undefined)
      return parentRow.checkpoint.at === 'shardEnd'
    return begun(row) || !listed.has(parent)
  })
}
