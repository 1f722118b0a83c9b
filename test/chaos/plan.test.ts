import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultKinds, planFaults } from './plan.ts'

const options = { seconds: 120, faults: 60, leaseMs: 2000, kinds: faultKinds }

test('the same seed gives the same plan, another seed another', () => {
  assert.deepEqual(planFaults({ ...options, seed: 7 }), planFaults({ ...options, seed: 7 }))
  assert.notDeepEqual(planFaults({ ...options, seed: 7 }), planFaults({ ...options, seed: 8 }))
})

test('every kind of fault happens, within the time', () => {
  const plan = planFaults({ ...options, seed: 1 })
  assert.equal(plan.length, 60)
  assert.deepEqual([...new Set(plan.map(({ kind }) => kind))].sort(), [...faultKinds].sort())
  assert.ok(plan.every(({ atMs, pick }) => atMs >= 0 && atMs < 120_000 && pick >= 0 && pick < 1))
})

test('a freeze outlives a lease, a pause does not', () => {
  const plan = Array.from({ length: 20 }, (_, seed) => planFaults({ ...options, seed })).flat()
  const lasting = (kind: string) => plan.filter(fault => fault.kind === kind).map(({ forMs }) => forMs)
  assert.ok(Math.min(...lasting('freeze-worker')) > options.leaseMs)
  assert.ok(Math.max(...lasting('pause-worker')) < options.leaseMs)
})

test('nothing happens but what may', () => {
  const plan = planFaults({ ...options, seed: 1, kinds: ['split-shard', 'kill-worker'] })
  assert.deepEqual([...new Set(plan.map(({ kind }) => kind))].sort(), ['kill-worker', 'split-shard'])
})
