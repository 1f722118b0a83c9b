import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureLag } from './lag.ts'
import type { Written } from './oracle.ts'

const raw = [100, 200, 300, 9000].map((arrivedAt, i) => ({
  shardId: 's',
  sequence: String(i),
  arrivedAt,
  eventIds: [`e${i}`],
}))

const output = (sequence: number, arrivedAt: number): Written => ({
  stream: 'good',
  shardId: 'o',
  arrivedAt,
  eventId: `e${sequence}`,
  from: { shardId: 's', sequence: String(sequence), index: 0, output: 0, epoch: 1 },
})

test('lag is from the arrival of a record to that of its output, of what came in meanwhile', () => {
  const written = [output(0, 150), output(1, 900), output(2, 400), output(3, 20_000)]
  assert.deepEqual(measureLag({ raw, written }, 0, 1000), { p50: 100, p99: 700, max: 700 })
})

test('without records there is no lag', () => {
  assert.deepEqual(measureLag({ raw, written: [] }, 0, 1000), { p50: 0, p99: 0, max: 0 })
})
