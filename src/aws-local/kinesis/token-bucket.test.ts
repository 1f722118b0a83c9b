import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenBucket } from './token-bucket.ts'

test('a bucket gives its rate, however the second is cut', () => {
  const bucket = new TokenBucket(100, 0)
  let given = 0
  for (let ms = 0; ms <= 10_000; ms += 7) {
    if (!bucket.has(3, ms)) continue
    bucket.take(3, ms)
    given += 3
  }
  // Ten seconds, and the burst of one.
  assert.ok(given > 1_080 && given <= 1_100, `${given}`)
})

test('a bucket that stood still is full, and no fuller', () => {
  const bucket = new TokenBucket(10, 0)
  assert.equal(bucket.has(10, 3_600_000), true)
  bucket.take(10, 3_600_000)
  assert.equal(bucket.has(1, 3_600_000), false)
})

test('a claim larger than the bucket is served, and paid for with as many seconds', () => {
  const bucket = new TokenBucket(10, 0)
  assert.equal(bucket.has(50, 0), true)
  bucket.take(50, 0)
  assert.equal(bucket.has(1, 4_999), false)
  assert.equal(bucket.has(1, 5_000), true)
})

test('a clock that goes back neither gives nor takes', () => {
  const bucket = new TokenBucket(10, 10_000)
  bucket.take(10, 10_000)
  assert.equal(bucket.has(1, 5_000), false)
  assert.equal(bucket.has(1, 10_000), false)
  assert.equal(bucket.has(1, 10_100), true)
})
