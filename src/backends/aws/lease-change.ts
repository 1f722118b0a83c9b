import type { HeldLease, LeaseRow, Progress } from '../../leases/index.ts'
import { advances } from '../../streams/index.ts'
import type { Change, Condition } from './expression.ts'
import {
  checkpointOf,
  number,
  pendingAttributes,
  shardEnd,
  type LeaseAttribute,
  type LeaseItem,
} from './lease-item.ts'

export interface LeaseChange {
  readonly condition: Condition<LeaseAttribute>
  readonly change: Change<LeaseAttribute>
}

interface Parts {
  readonly set: LeaseItem
  readonly remove: readonly LeaseAttribute[]
}

/** Owner *and* counter as they were seen. Source: delivery protocol, section 3.2. */
export function unchanged({
  owner,
  counter,
}: Pick<LeaseRow, 'owner' | 'counter'>): Condition<LeaseAttribute> {
  const same = { leaseCounter: number(counter) }
  return owner === undefined
    ? { equal: same, absent: ['leaseOwner'] }
    : { equal: { ...same, leaseOwner: { S: owner } } }
}

/**
 * A foreign row's date means nothing, so a new one takes its place; a date of our own stays, however old. KCL 3's
 * `checkpointOwner` ends with the take, as with KCL's own.
 */
export function takeChange(seen: LeaseRow, owner: string, dirtySince?: number): LeaseChange {
  const counter = seen.counter + 1
  const switched = seen.owner !== undefined && seen.owner !== owner
  const since = dirtySince === undefined ? {} : { millraceDirtySince: number(dirtySince) }
  return {
    condition: { ...unchanged(seen), different: { checkpoint: shardEnd } },
    change: {
      set: {
        leaseOwner: { S: owner },
        ...written(counter),
        millraceEpoch: number(counter),
        ownerSwitchesSinceCheckpoint: number(seen.ownerSwitchesSinceCheckpoint + (switched ? 1 : 0)),
        ...(seen.foreign === true && since),
      },
      ...(seen.foreign !== true && { setIfAbsent: since }),
      remove: ['millraceAskedBy', 'checkpointOwner'],
    },
  }
}

export function keepChange(held: HeldLease, progress?: Progress): LeaseChange {
  const { set, remove } = progressed(held, progress)
  return {
    condition: unchanged(held),
    change: { set: { ...set, ...written(held.counter + 1) }, remove },
  }
}

/** A foreign row that is let go stays foreign: what its last owner did is as unknown as before. */
export function releaseChange(held: HeldLease, progress?: Progress): LeaseChange {
  const { set, remove } = progressed(held, progress)
  const { leaseCounter, millraceMark } = written(held.counter + 1)
  const mark = held.foreign === true ? {} : { millraceMark }
  const unmark: readonly LeaseAttribute[] = held.foreign === true ? ['millraceMark'] : []
  return {
    condition: unchanged(held),
    change: {
      set: { ...set, leaseCounter, ...mark },
      // Who asked for it stays named: the lease is theirs to take.
      remove: [...remove, ...unmark, 'leaseOwner'],
    },
  }
}

/** On the owner alone, and without a new counter: the owner's next renewal must come through. */
export function askChange(owner: string, asker: string): LeaseChange {
  return {
    condition: { equal: { leaseOwner: { S: owner } } },
    change: { set: { millraceAskedBy: { S: asker } } },
  }
}

/** As long as the row says so. */
export function withdrawChange(asker: string): LeaseChange {
  return {
    condition: { equal: { millraceAskedBy: { S: asker } } },
    change: { set: {}, remove: ['millraceAskedBy'] },
  }
}

function written(counter: number): Required<Pick<LeaseItem, 'leaseCounter' | 'millraceMark'>> {
  return { leaseCounter: number(counter), millraceMark: number(counter) }
}

/** Whether the checkpoint moves is decided here: owner and counter unchanged mean that the row's is still the one we hold. */
function progressed(held: HeldLease, progress: Progress | undefined): Parts {
  if (progress === undefined) return { set: {}, remove: [] }
  const { checkpoint, dirtySince, idle } = progress
  const moved = checkpoint === undefined || !advances(held.checkpoint, checkpoint) ? [] : [checkpoint]
  const [change] = moved.map(checkpointOf)
  const dirt: LeaseItem = dirtySince === undefined ? {} : { millraceDirtySince: number(dirtySince) }
  const ended = change === undefined ? [] : [...(change.remove ?? []), ...pendingAttributes]
  return {
    set: {
      ...change?.set,
      ...((change !== undefined || idle === true) && { ownerSwitchesSinceCheckpoint: number(0) }),
      ...dirt,
    },
    remove: dirtySince === undefined ? [...ended, 'millraceDirtySince'] : ended,
  }
}
