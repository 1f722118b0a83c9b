import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../lib/index.ts'
import { CallPace } from './call-pace.ts'

const { signal } = new AbortController()

function stoppedClock() {
  const slept: number[] = []
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 1000,
    async sleep(ms) {
      slept.push(ms)
    },
  }
  return { clock, slept }
}

test('calls for one shard are spaced, whoever makes them; other shards are asked meanwhile', async () => {
  const { clock, slept } = stoppedClock()
  const pace = new CallPace(clock, 250)
  for (const shardId of ['a', 'a', 'b', 'a', 'b']) await pace.turn(shardId, signal)
  assert.deepEqual(slept, [250, 500, 250])
})
