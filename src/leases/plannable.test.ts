import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LeaseRow } from './lease.ts'
import { Observations } from './observations.ts'
import { plannable } from './plannable.ts'

const free: LeaseRow = {
  shardId: 's1',
  parents: [],
  counter: 4,
  epoch: 3,
  checkpoint: { at: 'trimHorizon' },
  ownerSwitchesSinceCheckpoint: 0,
}

/** What this worker makes of the row, after it has looked as it does at these times. */
function seenBy(worker: string, row: LeaseRow, ...looks: number[]) {
  const observations = new Observations(1000)
  for (const at of looks) observations.look([row], at)
  return plannable(row, { worker, observations, headStartMs: 200, holds: () => false })
}

test('what was let go for somebody is left to it for one head start, and dealt to others for another', () => {
  const row = { ...free, askedBy: 'a' }
  const base = { shardId: 's1', abandoned: false }
  assert.deepEqual(seenBy('b', row, 0, 200), { ...base, askedBy: 'a' })
  assert.deepEqual(seenBy('b', row, 0, 201), { ...base, missed: 'a', overdue: false })
  assert.deepEqual(seenBy('b', row, 0, 201, 401), { ...base, missed: 'a', overdue: true })
})

test('what was let go for us stays ours while nobody else has it', () => {
  const row = { ...free, askedBy: 'a' }
  assert.deepEqual(seenBy('a', row, 0, 401), { shardId: 's1', abandoned: false, askedBy: 'a' })
})

test('what nobody asked for is overdue after one head start', () => {
  assert.equal(seenBy('a', free, 0, 200).overdue, false)
  assert.equal(seenBy('a', free, 0, 201).overdue, true)
})

test('our own name on a row that we do not hold is a stranger’s, until that is dead', () => {
  const row = { ...free, owner: 'a' }
  assert.equal(seenBy('a', row, 0, 700).liveOwner, 'a')
  assert.equal(seenBy('a', row, 0, 700, 1001).liveOwner, undefined)
})
