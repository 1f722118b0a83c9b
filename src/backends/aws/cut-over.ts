import { samePosition, type Position } from '../../streams/index.ts'
import type { LeaseAttribute, LeaseItem } from './lease-item.ts'
import {
  checkpointOf,
  isLease,
  kclAttributes,
  leaseRowOf,
  number,
  ownAttributes,
  pendingAttributes,
} from './lease-item.ts'
import { unchanged, type LeaseChange } from './lease-change.ts'

/** One lease that changes programs. Pure data: what it would look like, and how to write it. */
export interface Move {
  readonly shardId: string
  /** Where the next program goes on. */
  readonly checkpoint: Position
  /** Something that the operator should know of this lease. */
  readonly note?: string
  /** In the table where the lease is. */
  readonly change: LeaseChange
}

export interface MoveIn extends Move {
  /** In another table. */
  readonly item: LeaseItem
}

export interface MoveInOptions {
  /** Server's date, ms: where LATEST begins, which nobody has looked at yet. */
  readonly now: number
  /** What AT_TIMESTAMP meant in the configuration of the last program. */
  readonly timestampMs?: number
}

/** Of one owner only, or of the table's other inhabitants: nothing that the next program needs. */
const lastOwners: readonly LeaseAttribute[] = ['leaseOwner', 'checkpointOwner', ...pendingAttributes]
const notCopied: readonly string[] = [...lastOwners, 'throughputKBps', 'entityType']

/**
 * A lease of a stopped KCL application as ours: free, marked, and clean. Clean is what can be known: output of the last
 * program beyond its checkpoint has no provenance, so that nobody could find it.
 * Undefined: it is ours already, or no lease.
 */
export function moveIn(item: LeaseItem, options: MoveInOptions): MoveIn | undefined {
  const row = leaseRowOf(item)
  if (row === undefined || row.foreign !== true) return undefined
  const checkpoint = startOf(item, row.checkpoint, options)
  const resolved = samePosition(checkpoint, row.checkpoint) ? undefined : checkpointOf(checkpoint)
  const counter = number(row.counter + 1)
  const copied = Object.entries(item).filter(([name]) => isKcl(name) && !notCopied.includes(name))
  const note = noteOf(item, checkpoint)
  return {
    shardId: row.shardId,
    checkpoint,
    ...(note !== undefined && { note }),
    change: {
      condition: unchanged(row),
      change: {
        set: { ...resolved?.set, leaseCounter: counter, millraceMark: counter },
        remove: [...lastOwners, 'millraceAskedBy', 'millraceDirtySince'],
      },
    },
    item: {
      ...Object.fromEntries(copied),
      ...checkpointOf(checkpoint).set,
      leaseCounter: number(0),
      millraceMark: number(0),
    },
  }
}

/** A lease of ours as KCL writes it: free, and without any attribute of ours. Undefined: no lease, or KCL's already. */
export function moveOut(item: LeaseItem): Move | undefined {
  const row = leaseRowOf(item)
  if (row === undefined) return undefined
  const ours = ownAttributes.filter(attribute => item[attribute] !== undefined)
  if (ours.length === 0 && row.owner === undefined) return undefined
  return {
    shardId: row.shardId,
    checkpoint: row.checkpoint,
    ...(row.dirtySince !== undefined &&
      row.checkpoint.at !== 'shardEnd' && { note: 'output beyond the checkpoint may exist' }),
    change: {
      condition: unchanged(row),
      change: { set: { leaseCounter: number(row.counter + 1) }, remove: ['leaseOwner', ...ours] },
    },
  }
}

/** The leases that somebody wrote between two looks at the table: their fleet is not stopped. */
export function movedBetween(before: readonly LeaseItem[], after: readonly LeaseItem[]): string[] {
  const first = fingerprints(before)
  const second = fingerprints(after)
  return [...new Set([...first.keys(), ...second.keys()])].filter(key => first.get(key) !== second.get(key))
}

/** The first lease of a table that many streams share. KCL alone understands those keys. */
export function multiStreamLease(items: readonly LeaseItem[]): string | undefined {
  return items.find(item => item.streamName !== undefined)?.leaseKey?.S
}

/** Leases whose start only the configuration of their last program tells. */
export function needTimestamp(items: readonly LeaseItem[]): string[] {
  return items
    .filter(item => item.checkpoint?.S === 'AT_TIMESTAMP' && item.millraceTimestamp === undefined)
    .map(item => item.leaseKey?.S ?? '')
}

function startOf(item: LeaseItem, position: Position, { now, timestampMs }: MoveInOptions): Position {
  // The tip moves on while nobody works on the shard; what arrives from now on is ours.
  if (position.at === 'latest') return { at: 'timestamp', ms: now }
  const unknown = item.checkpoint?.S === 'AT_TIMESTAMP' && item.millraceTimestamp === undefined
  return unknown && timestampMs !== undefined ? { at: 'timestamp', ms: timestampMs } : position
}

function noteOf(item: LeaseItem, checkpoint: Position): string | undefined {
  if (item.checkpoint?.S === 'LATEST') return 'was LATEST: begins now'
  if (checkpoint.at === 'shardEnd') return undefined
  return item.leaseOwner === undefined ? undefined : `was held by ${item.leaseOwner.S}`
}

function isKcl(name: string): boolean {
  const known: readonly string[] = kclAttributes
  return known.includes(name)
}

function fingerprints(items: readonly LeaseItem[]): Map<string, string> {
  return new Map(
    items
      .filter(isLease)
      .map(({ leaseKey, leaseOwner, leaseCounter, checkpoint, checkpointSubSequenceNumber }) => [
        leaseKey?.S ?? '',
        JSON.stringify([leaseOwner?.S, leaseCounter?.N, checkpoint?.S, checkpointSubSequenceNumber?.N]),
      ]),
  )
}
