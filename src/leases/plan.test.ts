import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LeaseRow } from './lease.ts'
import { eligible, planLeases, type PlannableLease } from './plan.ts'

const child = (checkpoint: LeaseRow['checkpoint']): LeaseRow => ({
  shardId: 'child',
  parents: ['parent'],
  counter: 1,
  epoch: 1,
  checkpoint,
  ownerSwitchesSinceCheckpoint: 0,
})

test('a parent that is listed and has no row is waited for, unless the child was begun with', () => {
  const listed = new Set(['parent', 'child'])
  const [fresh, moved] = [child({ at: 'trimHorizon' }), child({ at: 'after', sequence: '7', subSequence: 0 })]
  assert.equal(eligible(fresh, new Map([['child', fresh]]), listed), false)
  assert.equal(eligible(moved, new Map([['child', moved]]), listed), true)
})

test('a row that cannot be read is worked on by nobody, and says nothing of its children', () => {
  const listed = new Set(['parent', 'child'])
  const parent: LeaseRow = {
    ...child({ at: 'shardEnd' }),
    shardId: 'parent',
    parents: [],
    unreadable: 'no counter',
  }
  const [fresh, moved] = [child({ at: 'trimHorizon' }), child({ at: 'after', sequence: '7', subSequence: 0 })]
  const rows = new Map([['parent', parent]])
  assert.equal(eligible(fresh, rows, listed), false)
  assert.equal(eligible(moved, rows, listed), true)
  assert.equal(eligible({ ...moved, unreadable: 'no counter' }, new Map(), listed), false)
})

const held = (shardId: string, liveOwner: string): PlannableLease => ({ shardId, liveOwner })

test('a lone worker claims every free lease', () => {
  const plan = planLeases([{ shardId: 's1' }, { shardId: 's2' }, { shardId: 's3' }], 'a')
  assert.deepEqual(plan.claim.toSorted(), ['s1', 's2', 's3'])
})

test('a free lease is claimed before anybody is asked', () => {
  const plan = planLeases([held('s1', 'b'), held('s2', 'b'), held('s3', 'b'), { shardId: 's4' }], 'a')
  assert.deepEqual(plan, { claim: ['s4'], ask: [] })
})

test('a worker with one lease less than another leaves it alone', () => {
  const plan = planLeases([held('s1', 'a'), held('s2', 'b'), held('s3', 'b')], 'a')
  assert.deepEqual(plan, { claim: [], ask: [] })
})

test('a worker asks the fullest owner for what it lacks', () => {
  const leases = ['s1', 's2', 's3', 's4', 's5']
    .map(s => held(s, 'b'))
    .concat(held('s6', 'c'), held('s7', 'c'))
  const { ask } = planLeases([...leases, held('s8', 'a'), held('s9', 'c')], 'a')
  assert.equal(ask.length, 2)
  assert.ok(ask.every(shardId => ['s1', 's2', 's3', 's4', 's5'].includes(shardId)))
})

test('a worker that has nothing asks for one lease, and takes few, until it can see who else is new', () => {
  const shardIds = Array.from({ length: 20 }, (_, i) => `s${i}`)
  const { ask } = planLeases(
    shardIds.map(shardId => held(shardId, 'b')),
    'a',
  )
  assert.equal(ask.length, 1)
  assert.equal(
    planLeases(
      shardIds.map(shardId => ({ shardId })),
      'a',
    ).claim.length,
    4,
  )
})

test('workers that see the same table run for no lease twice', () => {
  const leases = Array.from({ length: 90 }, (_, i): PlannableLease => {
    const owner = i % 9
    return owner < 5 ? held(`s${i}`, `w${owner}`) : { shardId: `s${i}` }
  })
  const claims = names(5).flatMap(worker => planLeases(leases, worker).claim)
  assert.equal(claims.length, 40)
  assert.equal(new Set(claims).size, 40)
})

test('what was let go for somebody is left to that worker, until a whole lease has passed', () => {
  const released = { shardId: 's1', askedBy: 'a' }
  const others = [held('s2', 'a'), held('s3', 'b'), held('s4', 'b'), held('s5', 'c')]
  assert.deepEqual(planLeases([released, ...others], 'a').claim, ['s1'])
  assert.deepEqual(planLeases([released, ...others], 'c').claim, [])
  assert.deepEqual(planLeases([{ ...released, abandoned: true }, ...others], 'c').claim, ['s1'])
})

const three = [held('s1', 'a'), held('s2', 'a'), held('s3', 'b'), held('s4', 'b'), held('s5', 'c')]

test('who did not come for what was let go for it is dealt nothing', () => {
  const leases = [...three, { shardId: 's6' }]
  const missed = [...three, { shardId: 's6', missed: 'c' }]
  assert.deepEqual(planLeases(leases, 'c').claim, ['s6'])
  for (const other of ['a', 'b']) {
    assert.deepEqual(planLeases(leases, other).claim, [])
    assert.deepEqual(planLeases(missed, other).claim, ['s6'])
  }
})

test('what is overdue is shared by those who come', () => {
  const leases = [...three, held('s6', 'a'), held('s7', 'b')]
  const free = ['s8', 's9', 's10', 's11'].map(shardId => ({ shardId }))
  const overdue = free.map(lease => ({ ...lease, overdue: true }))
  // They are meant for the one that has least, and that may be dead.
  const claims = (of: readonly PlannableLease[]) => planLeases([...leases, ...of], 'b').claim.length
  assert.equal(claims(free.slice(0, 2)), 0)
  assert.equal(claims(overdue.slice(0, 2)), 1)
  assert.equal(claims(overdue), 3)
})

test('a lease that nobody can take does not keep the others from being shared', () => {
  const leases = ['s1', 's2', 's3', 's4', 's5', 's6'].map(shardId => held(shardId, 'b'))
  const { claim, ask } = planLeases([{ shardId: 's0', abandoned: true }, held('s7', 'a'), ...leases], 'a')
  assert.deepEqual([claim, ask.length], [['s0'], 2])
})

test("a lease that nobody takes for a whole lease is anybody's", () => {
  const leases = [held('s1', 'a'), { shardId: 's2', abandoned: true }, { shardId: 's3' }]
  assert.deepEqual(planLeases([...leases, held('s4', 'b'), held('s5', 'a'), held('s6', 'a')], 'a').claim, [
    's2',
  ])
})

test('what was asked for already counts for the asker, so it is not asked for twice', () => {
  const leases = [held('s1', 'b'), { ...held('s2', 'b'), askedBy: 'a' }]
  assert.deepEqual(planLeases(leases, 'a'), { claim: [], ask: [] })
})

test('a worker takes and asks for no more than it may hold', () => {
  const free = ['s1', 's2', 's3'].map(shardId => ({ shardId, abandoned: true }))
  assert.equal(planLeases([...free, held('s4', 'a')], 'a', 2).claim.length, 1)
  const others = ['s1', 's2', 's3', 's4', 's5'].map(shardId => held(shardId, 'b'))
  assert.equal(planLeases([...others, held('s6', 'a')], 'a', 2).ask.length, 1)
  assert.deepEqual(planLeases([...others, held('s6', 'a')], 'a', 1).ask, [])
})

/** Lets every worker plan and act in turn until nothing changes; an asked owner lets go, and the asker takes it. */
function settle(leases: PlannableLease[], workers: readonly string[]): { owners: string[]; moves: number } {
  const owners = leases.map(lease => lease.liveOwner)
  let moves = 0
  for (let round = 0; round < leases.length + workers.length + 2; round++) {
    let changed = false
    for (const worker of workers) {
      const now = leases.map((lease, i): PlannableLease => {
        const owner = owners[i]
        return owner === undefined ? { shardId: lease.shardId } : held(lease.shardId, owner)
      })
      const plan = planLeases(now, worker)
      for (const shardId of [...plan.claim, ...plan.ask]) {
        owners[leases.findIndex(lease => lease.shardId === shardId)] = worker
        changed = true
      }
      moves += plan.ask.length
    }
    if (!changed) return { owners: owners.map(owner => owner ?? 'nobody'), moves }
  }
  throw new Error('never settles')
}

const countsOf = (owners: readonly string[], workers: readonly string[]) =>
  workers.map(worker => owners.filter(owner => owner === worker).length)

const names = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`)

function assertFair(owners: readonly string[], workers: readonly string[]) {
  const counts = countsOf(owners, workers)
  assert.ok(!owners.includes('nobody'))
  assert.ok(
    Math.max(...counts) - Math.min(...counts) <= 1,
    `${Math.min(...counts)} to ${Math.max(...counts)}`,
  )
  return counts
}

test('1 to 500 shards settle within one of each other on 1 to 300 workers, wherever they start', () => {
  const pools = fc.record({
    shards: fc.integer({ min: 1, max: 500 }),
    workers: fc.integer({ min: 1, max: 300 }),
    seed: fc.array(fc.integer({ min: -1, max: 400 }), { minLength: 1, maxLength: 40 }),
  })
  fc.assert(
    fc.property(pools, ({ shards, workers, seed }) => {
      const fleet = names(workers)
      const leases = Array.from({ length: shards }, (_, i): PlannableLease => {
        const owner = fleet[seed[i % seed.length] ?? -1]
        return owner === undefined ? { shardId: `s${i}` } : held(`s${i}`, owner)
      })
      assertFair(settle(leases, fleet).owners, fleet)
    }),
    { numRuns: 60 },
  )
})

test('no lease moves needlessly once every worker can be seen', () => {
  const pools = fc
    .array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 })
    .map(counts => counts.flatMap((count, i) => Array.from({ length: count }, () => `w${i}`)))
  fc.assert(
    fc.property(pools, owners => {
      const fleet = [...new Set(owners)]
      const leases = owners.map((owner, i) => held(`s${i}`, owner))
      const { owners: settled, moves } = settle(leases, fleet)
      const after = assertFair(settled, fleet)
      const surplus = countsOf(owners, fleet).reduce((sum, n, i) => sum + Math.max(0, n - (after[i] ?? 0)), 0)
      assert.equal(moves, surplus, 'every lease that was asked for left its worker for good')
    }),
    { numRuns: 60 },
  )
})

test('a fleet that loses some workers spreads their leases evenly and moves no other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 60, max: 400 }), (workers, shards) => {
      const dead = Math.floor(workers / 2)
      const leases = Array.from({ length: shards }, (_, i): PlannableLease => {
        const owner = i % workers
        return owner < dead ? { shardId: `s${i}` } : held(`s${i}`, `w${owner}`)
      })
      const survivors = names(workers).slice(dead)
      const { moves, owners } = settle(leases, survivors)
      assertFair(owners, survivors)
      assert.equal(moves, 0)
    }),
    { numRuns: 60 },
  )
})
