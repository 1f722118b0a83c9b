import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteBudget } from './byte-budget.ts'

test('a claim waits until what is held leaves room for it', async () => {
  const budget = new ByteBudget(10)
  await budget.acquire(6)
  let granted = false
  const second = budget.acquire(5).then(() => (granted = true))
  await Promise.resolve()
  assert.equal(granted, false)
  budget.release(6)
  await second
  assert.equal(budget.heldBytes, 5)
})

test('a claim larger than the whole budget is granted when nothing else is held', async () => {
  const budget = new ByteBudget(10)
  await budget.acquire(50)
  assert.equal(budget.heldBytes, 50)
})

test('whoever waits is served first, even when a later claim would fit', async () => {
  const budget = new ByteBudget(10)
  await budget.acquire(8)
  const order: string[] = []
  const large = budget.acquire(9).then(() => order.push('large'))
  const small = budget.acquire(1).then(() => order.push('small'))
  budget.release(8)
  await Promise.all([large, small])
  assert.deepEqual(order, ['large', 'small'])
})

test('a claim that is given up holds nothing, and lets those behind it in', async () => {
  const budget = new ByteBudget(10)
  await budget.acquire(6)
  const stop = new AbortController()
  const large = budget.acquire(9, stop.signal)
  const small = budget.acquire(4)
  stop.abort()
  assert.equal(await large, false)
  assert.equal(await small, true)
  assert.equal(budget.heldBytes, 10)
  assert.equal(await budget.acquire(1, stop.signal), false)
  budget.release(10)
  assert.equal(budget.heldBytes, 0)
})
