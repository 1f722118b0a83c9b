import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff } from './backoff.ts'
import { systemClock } from './clock.ts'

function makeBackoff() {
  let now = 0
  const clock = { ...systemClock, monotonic: () => now }
  const backoff = new Backoff({ minMs: 100, maxMs: 1000 }, clock, () => 1)
  const pass = (ms: number) => void (now += ms)
  return { backoff, pass }
}

test('delays double up to their bound', () => {
  const { backoff } = makeBackoff()
  assert.deepEqual(
    Array.from({ length: 5 }, () => backoff.nextMs()),
    [100, 200, 400, 800, 1000],
  )
})

test('a failure long after the last delay starts anew', () => {
  const { backoff, pass } = makeBackoff()
  backoff.nextMs()
  pass(100 + 1000)
  assert.equal(backoff.nextMs(), 200)
  pass(200 + 1001)
  assert.equal(backoff.nextMs(), 100)
})
