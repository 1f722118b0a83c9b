import { momentOf, type Clock, type ServerDate } from '../lib/index.ts'
import type { TakenLease } from './holding.ts'
import type { HeldLease, Inheritance, LeaseRow } from './lease.ts'
import type { LeaseStore } from './store.ts'

export interface TakeParts {
  readonly store: LeaseStore
  readonly worker: string
  readonly clock: Clock
  readonly serverDate?: ServerDate
}

/**
 * Takes a lease that was seen free or expired. A take whose reply was lost may have been applied: then the row has our
 * name and the next counter, and is as unclean as a row can be. Source: delivery protocol, section 3.3.
 */
export async function takeLease(row: LeaseRow, parts: TakeParts): Promise<TakenLease | 'lost'> {
  const { store, worker, clock, serverDate } = parts
  const dirtySince = serverDate?.newest
  // No server has told its date yet: the next scan will.
  if (serverDate !== undefined && dirtySince === undefined) return 'lost'
  const sentAt = momentOf(clock, dirtySince)
  const take = { row, decidedAt: sentAt.monotonic, dirtySince }
  try {
    const lease = await store.take(row, worker, dirtySince)
    return lease === 'lost' ? 'lost' : { lease, sentAt, inherited: inherit(lease, take) }
  } catch (error) {
    const found = await store.get(row.shardId)
    if (found?.owner !== worker || found.counter !== row.counter + 1) throw error
    const lease = { ...found, owner: worker }
    return { lease, sentAt, inherited: inherit(lease, { ...take, dirtySince: undefined }) }
  }
}

interface Take {
  /** As the scan saw it. */
  readonly row: LeaseRow
  readonly decidedAt: number
  /** The date that the take would mark a clean row with; absent when nobody knows whether it did. */
  readonly dirtySince: number | undefined
}

/** What the last owner left. A row that says clean is believed only when nothing is in doubt. */
function inherit(lease: HeldLease, { row, decidedAt, dirtySince }: Take): Inheritance {
  if (row.foreign === true) return { state: 'unknown' }
  const since = lease.dirtySince
  if (since === undefined || (row.dirtySince === undefined && since === dirtySince)) return { state: 'clean' }
  return { state: 'unclean', since, after: row.owner === undefined ? 'release' : 'expiry', decidedAt }
}
