import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fleet, type FleetOptions } from './test-fleet.ts'

// What becomes of a fleet in which each decides for itself, and writes later than it looked.

const large = { shards: 1000, workers: 200, seed: 1 }
const inTurn = { what: 'each at its own time' }
const atOnce = { what: 'all at the same instant', inStep: true }

for (const { what, ...looks } of [inTurn, atOnce]) {
  test(`half of 200 workers die and the others share 1000 shards anew, looking ${what}`, context => {
    const fleet = new Fleet({ ...large, ...looks, ownerOf: shard => shard % 200 })
    fleet.run(1.5 * fleet.leaseMs)
    fleet.kill(({ number }) => number % 2 === 0)
    const leases = fleet.settle(3)
    context.diagnostic(JSON.stringify({ leases, ...fleet.counts }))
    const { taken, refused, asked } = fleet.counts
    assert.deepEqual([taken, asked], [500, 0])
    assert.ok(refused <= 0.2 * taken, `${refused} takes were refused`)
  })

  test(`200 workers start at once and share 1000 shards, looking ${what}`, context => {
    const fleet = new Fleet({ ...large, ...looks })
    const leases = fleet.settle(3)
    context.diagnostic(JSON.stringify({ leases, ...fleet.counts }))
    const { taken, refused } = fleet.counts
    assert.ok(taken <= 1.1 * large.shards && refused <= 0.6 * taken, `${taken} taken, ${refused} refused`)
  })

  test(`199 workers join one that has every lease, looking ${what}`, context => {
    const fleet = new Fleet({ ...large, ...looks, ownerOf: () => 0 })
    const leases = fleet.settle(3)
    context.diagnostic(JSON.stringify({ leases, ...fleet.counts }))
    const { taken, refused, asked } = fleet.counts
    assert.deepEqual([taken, refused], [995, 0])
    assert.ok(asked <= 1.5 * taken, `${asked} asks`)
  })
}

test('100 workers join 100 that share 1000 shards, all looking at the same instant', context => {
  const fleet = new Fleet({ ...large, inStep: true, ownerOf: shard => shard % 100 })
  const leases = fleet.settle(3)
  context.diagnostic(JSON.stringify({ leases, ...fleet.counts }))
  const { taken, refused, asked } = fleet.counts
  assert.equal(refused, 0)
  // Those who look at one instant may ask one owner for more than it has above its share, and it asks for that again.
  assert.ok(taken <= 1.3 * 500 && asked <= 1.5 * taken, `${taken} taken, ${asked} asked`)
})

const fleets: fc.Arbitrary<FleetOptions> = fc.record({
  shards: fc.integer({ min: 1, max: 120 }),
  workers: fc.integer({ min: 1, max: 60 }),
  seed: fc.integer(),
  inStep: fc.boolean(),
  storeMs: fc.integer({ min: 1, max: 200 }),
  drainMs: fc.integer({ min: 1, max: 600 }),
})
const part = fc.double({ min: 0, max: 1, noNaN: true })

test('a fleet settles whoever starts, joins and dies, and nothing moves afterwards', () => {
  fc.assert(
    fc.property(fleets, part, part, (options, dead, joined) => {
      const { workers } = options
      const old = Math.max(1, Math.ceil(workers * joined))
      const fleet = new Fleet({ ...options, ownerOf: shard => shard % old })
      // In the middle of the joining, so that who asked and who was asked are among the dead.
      fleet.run(1.3 * fleet.leaseMs)
      fleet.kill(({ number }) => number < Math.floor((workers - 1) * dead))
      fleet.settle(12)
      fleet.run(fleet.leaseMs)
      const owners = () => fleet.rows.map(({ owner }) => owner)
      const before = owners()
      fleet.run(3 * fleet.leaseMs)
      assert.deepEqual(owners(), before)
    }),
    { numRuns: 40 },
  )
})

test('leases that most workers may not or will not take find a taker, and the bound is kept', () => {
  fc.assert(
    fc.property(fleets, fc.integer({ min: 1, max: 5 }), (options, bound) => {
      const roomy = options.workers - 1
      const fleet = new Fleet({
        ...options,
        maxLeasesOf: worker => (worker === roomy ? Number.POSITIVE_INFINITY : bound),
        shuns: (worker, shardId) => worker !== roomy && shardId.endsWith('3'),
      })
      for (let looks = 0; looks < 48; looks++) {
        fleet.run(fleet.leaseMs / 4)
        for (const { number, held } of fleet.workers) assert.ok(number === roomy || held.size <= bound)
      }
      assert.ok(fleet.rows.every(({ owner }) => owner !== undefined))
    }),
    { numRuns: 30 },
  )
})
