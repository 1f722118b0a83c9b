import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LeaseRow } from './lease.ts'
import { Observations } from './observations.ts'

function row(shardId: string, counter: number, owner?: string): LeaseRow {
  const rest = {
    parents: [],
    epoch: 1,
    checkpoint: { at: 'trimHorizon' },
    ownerSwitchesSinceCheckpoint: 0,
  } as const
  return { shardId, counter, ...rest, ...(owner !== undefined && { owner }) }
}

const headStartMs = 200

test('the next holder to be dead is the one that has been silent for longest and is not dead yet', () => {
  const seen = new Observations(1000)
  assert.equal(seen.nextChange(headStartMs, 0), Infinity)
  seen.look([row('a', 1, 'x'), row('b', 1, 'y')], 100)
  assert.equal(seen.nextChange(headStartMs, 100), 1100)
  seen.look([row('a', 1, 'x'), row('b', 2, 'y')], 600)
  assert.equal(seen.nextChange(headStartMs, 600), 1100)
  assert.equal(seen.expired(row('a', 1, 'x')), false)
  seen.look([row('a', 1, 'x'), row('b', 2, 'y')], 1101)
  assert.equal(seen.expired(row('a', 1, 'x')), true)
  // Two head starts after that, what is left of it is anybody's.
  assert.equal(seen.nextChange(headStartMs, 1101), 1500)
  assert.equal(seen.expiredFor(row('a', 1, 'x'), 400), false)
  seen.look([row('a', 1, 'x'), row('b', 2, 'y')], 1501)
  assert.equal(seen.expiredFor(row('a', 1, 'x'), 400), true)
  assert.equal(seen.nextChange(headStartMs, 1501), 1600)
})

test('what is free is looked at again when a head start is over, and when a second one is', () => {
  const seen = new Observations(1000)
  seen.look([row('free', 1)], 100)
  assert.equal(seen.nextChange(headStartMs, 100), 300)
  assert.equal(seen.freeFor(row('free', 1), headStartMs), false)
  seen.look([row('free', 1)], 301)
  assert.equal(seen.freeFor(row('free', 1), headStartMs), true)
  assert.equal(seen.nextChange(headStartMs, 301), 500)
  assert.equal(seen.nextChange(headStartMs, 501), Infinity)
})
