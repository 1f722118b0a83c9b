import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { LeaseRow, NewLease } from '../../leases/index.ts'
import { MillraceError } from '../../lib/index.ts'
import type { Position } from '../../streams/index.ts'
import type { Change } from './expression.ts'

/** What the Kinesis Client Library (KCL) 2.x and 3.x write into a lease row. */
export const kclAttributes = [
  'leaseKey',
  'leaseOwner',
  'leaseCounter',
  'checkpoint',
  'checkpointSubSequenceNumber',
  'ownerSwitchesSinceCheckpoint',
  'parentShardId',
  'childShardIds',
  'startingHashKey',
  'endingHashKey',
  'pendingCheckpoint',
  'pendingCheckpointSubSequenceNumber',
  'pendingCheckpointState',
  'checkpointOwner',
  'throughputKBps',
  'streamName',
  'shardId',
  'entityType',
] as const

/** What we write besides; KCL leaves attributes alone that it does not know. */
export const ownAttributes = [
  /** N, server ms: since when output beyond the checkpoint may exist. Absent: clean. */
  'millraceDirtySince',
  /** N: the counter that our last write produced. Another counter: somebody else wrote since. */
  'millraceMark',
  /** S: a worker that would like to have the lease. */
  'millraceAskedBy',
  /** N: the counter that our last take produced. */
  'millraceEpoch',
  /** N, ms: what AT_TIMESTAMP means. KCL keeps the time in its configuration only. */
  'millraceTimestamp',
  /** S, on the first row only: changes whenever somebody asks for a lease or lets go of one, whichever it is. */
  'millraceBell',
] as const

export type LeaseAttribute = (typeof kclAttributes)[number] | (typeof ownAttributes)[number]
export type LeaseItem = Readonly<Partial<Record<LeaseAttribute, AttributeValue>>>

/** Beginnings of a two-phase checkpoint; a real one ends it. */
export const pendingAttributes = [
  'pendingCheckpoint',
  'pendingCheckpointSubSequenceNumber',
  'pendingCheckpointState',
] as const

export const shardEnd: AttributeValue = { S: 'SHARD_END' }

export function number(value: number): AttributeValue {
  return { N: String(value) }
}

/** KCL 3.5 keeps leaders, metrics and migrations in the lease table, too. */
export function isLease(item: LeaseItem): boolean {
  return (item.entityType?.S ?? 'LEASE') === 'LEASE'
}

/** Undefined for a row that is no lease. Throws a MillraceError for a lease without counter or checkpoint, or with something else in place of a number. */
export function leaseRowOf(item: LeaseItem): LeaseRow | undefined {
  if (!isLease(item)) return undefined
  const counter = numberOf(item, 'leaseCounter') ?? refuse(item, 'leaseCounter')
  const owner = item.leaseOwner?.S
  const dirtySince = numberOf(item, 'millraceDirtySince')
  const askedBy = item.millraceAskedBy?.S
  return {
    shardId: item.leaseKey?.S ?? refuse(item, 'leaseKey'),
    parents: item.parentShardId?.SS ?? [],
    ...(owner !== undefined && { owner }),
    counter,
    epoch: numberOf(item, 'millraceEpoch') ?? 0,
    checkpoint: positionOf(item),
    ...(dirtySince !== undefined && { dirtySince }),
    ...(numberOf(item, 'millraceMark') !== counter && { foreign: true }),
    ...(askedBy !== undefined && { askedBy }),
    ownerSwitchesSinceCheckpoint: numberOf(item, 'ownerSwitchesSinceCheckpoint') ?? 0,
  }
}

/** The same, but a lease that cannot be read is a row that says so, and knows nothing else of itself. */
export function seenRowOf(item: LeaseItem): LeaseRow | undefined {
  try {
    return leaseRowOf(item)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return {
      shardId: item.leaseKey?.S ?? '',
      parents: item.parentShardId?.SS ?? [],
      counter: 0,
      epoch: 0,
      checkpoint: { at: 'trimHorizon' },
      ownerSwitchesSinceCheckpoint: 0,
      unreadable: error.message,
    }
  }
}

/** A row as KCL creates it, and our mark on it. DynamoDB has no empty sets. */
export function itemOf({ shardId, parents, checkpoint }: NewLease): LeaseItem {
  return {
    leaseKey: { S: shardId },
    leaseCounter: number(0),
    ...checkpointOf(checkpoint).set,
    ownerSwitchesSinceCheckpoint: number(0),
    ...(parents.length > 0 && { parentShardId: { SS: [...parents] } }),
    millraceMark: number(0),
  }
}

/**
 * A position as KCL writes it. `after` is KCL's plain checkpoint: KCL resumes *at* the sequence number and skips what lies up
 * to (sequence, sub-sequence).
 */
export function checkpointOf(position: Position): Change<LeaseAttribute> {
  const set = {
    checkpoint: { S: sentinelOf(position) },
    checkpointSubSequenceNumber: number(position.at === 'after' ? position.subSequence : 0),
  }
  if (position.at === 'timestamp') return { set: { ...set, millraceTimestamp: number(position.ms) } }
  return { set, remove: ['millraceTimestamp'] }
}

function sentinelOf(position: Position): string {
  switch (position.at) {
    case 'trimHorizon':
      return 'TRIM_HORIZON'
    case 'latest':
      return 'LATEST'
    case 'timestamp':
      return 'AT_TIMESTAMP'
    case 'shardEnd':
      return 'SHARD_END'
    case 'after':
      return position.sequence
  }
}

function positionOf(item: LeaseItem): Position {
  const checkpoint = item.checkpoint?.S ?? refuse(item, 'checkpoint')
  switch (checkpoint) {
    case 'TRIM_HORIZON':
      return { at: 'trimHorizon' }
    case 'LATEST':
      return { at: 'latest' }
    case 'SHARD_END':
      return { at: 'shardEnd' }
    case 'AT_TIMESTAMP': {
      const ms = numberOf(item, 'millraceTimestamp')
      // KCL's own row does not say which time: reading too much is the mistake that loses nothing.
      return ms === undefined ? { at: 'trimHorizon' } : { at: 'timestamp', ms }
    }
    default:
      if (!/^\d+$/.test(checkpoint)) refuse(item, 'checkpoint')
      return {
        at: 'after',
        sequence: checkpoint,
        subSequence: numberOf(item, 'checkpointSubSequenceNumber') ?? 0,
      }
  }
}

function numberOf(item: LeaseItem, attribute: LeaseAttribute): number | undefined {
  const value = item[attribute]
  if (value === undefined) return undefined
  const number = Number(value.N)
  return Number.isSafeInteger(number) ? number : refuse(item, attribute)
}

function refuse(item: LeaseItem, attribute: LeaseAttribute): never {
  const found = JSON.stringify(item[attribute]) ?? 'nothing'
  const message =
    `the row ${item.leaseKey?.S ?? '(without leaseKey)'} of the lease table is no lease that can be read: ` +
    `${attribute} is ${found}; repair the row, or use a table that holds leases only`
  throw new MillraceError('leases', message, { retryable: false })
}
