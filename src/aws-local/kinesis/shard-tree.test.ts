import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maxHashKey } from '../../streams/index.ts'
import { noLimits } from './limits.ts'
import type { Shard } from './shard.ts'
import { ShardTree } from './shard-tree.ts'

type Step = { readonly do: 'split' | 'merge' | 'resize'; readonly at: number }

const steps = fc.array(
  fc.record<Step>({ do: fc.constantFrom('split', 'merge', 'resize'), at: fc.nat(1_000) }),
  { maxLength: 15 },
)

function grow(count: number, plan: readonly Step[]): ShardTree {
  let now = 1_000
  const tick = () => (now += 2)
  const tree = new ShardTree(count, now, noLimits)
  for (const { do: change, at } of plan) {
    const place = at % tree.open.length
    const [shard, next] = [tree.open[place], tree.open[place + 1]]
    if (shard === undefined) throw new Error('nothing is open')
    if (change === 'resize') tree.resize(1 + (at % 12), tick)
    else if (change === 'merge' && next !== undefined) tree.merge(shard, next, tick())
    else if (change === 'split') {
      const { startingHashKey, endingHashKey } = shard.range
      const middle = startingHashKey + (endingHashKey - startingHashKey) / BigInt(2 + (at % 5))
      if (middle > startingHashKey) tree.split(shard, middle, tick())
    }
  }
  return tree
}

test('whatever is split and merged, the open shards hold every hash key once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), steps, (count, plan) => {
      const { open } = grow(count, plan)
      let next = 0n
      for (const { range } of open) {
        assert.equal(range.startingHashKey, next)
        next = range.endingHashKey + 1n
      }
      assert.equal(next, maxHashKey + 1n)
    }),
  )
})

const isAfter = (child: Shard) => (parent: Shard) =>
  parent.closedAt !== undefined &&
  child.createdAt > parent.closedAt &&
  child.startingSequence > (parent.endingSequence ?? '')

test('a child begins after its parents, in time and in numbers, and has two of them at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), steps, (count, plan) => {
      for (const shard of grow(count, plan).all) {
        assert.ok(shard.parents.length <= 2)
        assert.ok(shard.parents.every(isAfter(shard)), shard.shardId)
      }
    }),
  )
})

test('a hash key belongs to the open shard around it', () => {
  const hashKey = fc.bigInt({ min: 0n, max: maxHashKey })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), steps, hashKey, (count, plan, key) => {
      const { range } = grow(count, plan).owner(key)
      assert.ok(range.startingHashKey <= key && key <= range.endingHashKey)
    }),
  )
})
