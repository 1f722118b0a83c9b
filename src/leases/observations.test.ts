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

test('the next holder to be dead is the one that has been silent for longest and is not dead yet', () => {
  const seen = new Observations(1000)
  assert.equal(seen.nextExpiry(0), Infinity)
  seen.look([row('a', 1, 'x'), row('b', 1, 'y'), row('free', 1)], 100)
  assert.equal(seen.nextExpiry(100), 1100)
  seen.look([row('a', 1, 'x'), row('b', 2, 'y'), row('free', 1)], 600)
  assert.equal(seen.nextExpiry(600), 1100)
  assert.equal(seen.expired(row('a', 1, 'x')), false)
  seen.look([row('a', 1, 'x'), row('b', 2, 'y'), row('free', 1)], 1101)
  assert.equal(seen.expired(row('a', 1, 'x')), true)
  // Who is dead already is not waited for.
  assert.equal(seen.nextExpiry(1101), 1600)
})

test('what is free is looked at again when a head start is over, and when a second one is', () => {
  const seen = new Observations(1000)
  const rows = [row('held', 1, 'x'), row('free', 1)]
  seen.look(rows, 100)
  assert.equal(seen.nextHeadStart(200, 100), 300)
  assert.equal(seen.freeFor(row('free', 1), 200), false)
  seen.look(rows, 301)
  assert.equal(seen.freeFor(row('free', 1), 200), true)
  assert.equal(seen.nextHeadStart(200, 301), 500)
  assert.equal(seen.nextHeadStart(200, 501), Infinity)
})

test('what a dead holder has left is looked at again when both are over', () => {
  const seen = new Observations(1000)
  seen.look([row('held', 1, 'x')], 100)
  seen.look([row('held', 1, 'x')], 800)
  assert.equal(seen.nextHeadStart(200, 1100), Infinity)
  seen.look([row('held', 1, 'x')], 1101)
  assert.equal(seen.nextHeadStart(200, 1101), 1500)
  assert.equal(seen.expiredFor(row('held', 1, 'x'), 400), false)
  seen.look([row('held', 1, 'x')], 1501)
  assert.equal(seen.expiredFor(row('held', 1, 'x'), 400), true)
})
