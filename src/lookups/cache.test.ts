import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../core/index.ts'
import { AnswerCache } from './cache.ts'

const good = { value: 1 }
const bad = { error: 'down' }

/** A cache that keeps answers for 100 and errors for 10, and a time that the test sets. */
function newCache(size = 10) {
  const cache = new AnswerCache<number>({ size, ttlMs: 100, errorTtlMs: 10 })
  const time = { now: 0 }
  let calls = 0
  const ask = async (answer: Answer<number>, keep = true) =>
    cache.get('k', time.now) ??
    (await cache.fetch(
      'k',
      async () => {
        calls++
        return { answer, keep }
      },
      () => time.now,
    ))
  return { cache, time, ask, calls: () => calls }
}

test('an answer is good for its time', async () => {
  const { time, ask, calls } = newCache()
  assert.deepEqual([await ask(good), await ask({ value: 2 })], [good, good])
  time.now = 99
  assert.deepEqual(await ask({ value: 2 }), good)
  time.now = 100
  assert.deepEqual(await ask({ value: 2 }), { value: 2 })
  assert.equal(calls(), 2)
})

test('an error is good for a tenth of that', async () => {
  const { time, ask } = newCache()
  assert.deepEqual([await ask(bad), await ask(good)], [bad, bad])
  time.now = 10
  assert.deepEqual(await ask(good), good)
})

test('after an error the last good answer is given, asked for again each time the error is over', async () => {
  const { time, ask, calls } = newCache()
  await ask(good)
  for (const now of [100, 105, 110, 119, 120, 130]) {
    time.now = now
    assert.deepEqual(await ask(bad), good)
  }
  assert.equal(calls(), 5)
  time.now = 140
  assert.deepEqual(await ask({ value: 3 }), { value: 3 })
})

test('what is not to be kept is not', async () => {
  const { ask } = newCache()
  assert.deepEqual(await ask(bad, false), bad)
  assert.deepEqual(await ask(good), good)
})

test('a cache of size 0 keeps nothing', async () => {
  const { ask, calls } = newCache(0)
  await ask(good)
  await ask(good)
  assert.equal(calls(), 2)
})

test('of many who ask at once one does', async () => {
  const { ask, calls } = newCache(0)
  assert.deepEqual(await Promise.all([ask(good), ask(bad), ask(bad)]), [good, good, good])
  assert.equal(calls(), 1)
})

test('a cache stays within its memory, whatever its configured size', async () => {
  const cache = new AnswerCache<string>({ size: 1e12, ttlMs: 100, errorTtlMs: 10 })
  const keep = (key: string, value: string) =>
    cache.fetch(
      key,
      async () => ({ answer: { value }, keep: true }),
      () => 0,
    )
  for (let i = 0; i < 100; i++) await keep(String(i), 'x'.repeat(1024 * 1024))
  const kept = Array.from({ length: 100 }, (_, i) => cache.get(String(i), 0)).filter(one => one !== undefined)
  assert.ok(kept.length >= 50 && kept.length < 65, String(kept.length))
})

test('the oldest answers go', async () => {
  const { cache } = newCache(2)
  for (const key of ['a', 'b', 'c'])
    await cache.fetch(
      key,
      async () => ({ answer: good, keep: true }),
      () => 0,
    )
  assert.deepEqual(
    ['a', 'b', 'c'].map(key => cache.get(key, 0)),
    [undefined, good, good],
  )
})
