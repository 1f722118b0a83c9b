import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evenRanges, shardIdOf, type Shard } from '../../streams/index.ts'
import { Pacing } from './pacing.ts'

const [cold, hot] = [shardIdOf(0), shardIdOf(1)]

function twoShards(): readonly Shard[] {
  return evenRanges(2).map((range, i) => ({
    shardId: shardIdOf(i),
    parents: [],
    ...range,
    startingSequence: '1',
  }))
}

function pacing(): Pacing {
  const made = new Pacing()
  made.shards = twoShards()
  return made
}

const coldKey = 1n
const hotKey = (1n << 128n) - 1n
const keys = (count: number, key: bigint) => Array.from({ length: count }, () => key)
const none = () => false

test('nothing is held back before anything was refused', () => {
  const pace = pacing()
  const plan = pace.plan(keys(500, hotKey), 0)
  assert.deepEqual([plan.admitted.length, plan.waitMs], [500, 0])
  pace.learn(keys(500, hotKey), none, 10)
  assert.equal(pace.active, false)
})

test('a shard that refuses is slowed down alone', () => {
  const pace = pacing()
  pace.learn([...keys(100, hotKey), ...keys(100, coldKey)], index => index < 50, 0)
  assert.equal(pace.recordsPerSecond(hot), 700)
  assert.equal(pace.recordsPerSecond(cold), undefined)
  assert.equal(pace.plan(keys(500, coldKey), 0).waitMs, 0)
  assert.ok(pace.plan(keys(70, hotKey), 0).waitMs >= 99)
})

test('who would wait too long stays behind, the others go, and its order is kept', () => {
  const pace = pacing()
  for (let at = 0; at < 10_000; at += 500) pace.learn(keys(10, hotKey), () => true, at)
  const mixed = [hotKey, coldKey, hotKey, coldKey, hotKey, hotKey, hotKey, hotKey, hotKey, hotKey, hotKey]
  const { admitted, waitMs } = pace.plan(mixed, 10_500)
  assert.equal(waitMs, 0)
  const hots = admitted.filter(index => mixed[index] === hotKey)
  assert.deepEqual(
    admitted.filter(index => mixed[index] === coldKey),
    [1, 3],
  )
  const allHots = mixed.flatMap((key, index) => (key === hotKey ? [index] : []))
  assert.deepEqual(hots, allHots.slice(0, hots.length))
  assert.ok(hots.length < allHots.length)
})

test('something always goes, however slow its shard', () => {
  const pace = pacing()
  for (let at = 0; at < 20_000; at += 500) pace.learn(keys(10, hotKey), () => true, at)
  const { admitted, waitMs } = pace.plan(keys(500, hotKey), 20_000)
  assert.ok(admitted.length > 0)
  assert.ok(waitMs <= 1000)
})

test('a shard settles where it takes what it gets, and is free again when it takes everything', () => {
  const pace = pacing()
  const takes = 200
  let [now, stored, refused] = [0, 0, 0]
  const counts: { stored: number; refused: number }[] = []
  for (let second = 0; second < 120; second++) {
    let room = takes
    ;[stored, refused] = [0, 0]
    for (const end = (second + 1) * 1000; now < end;) {
      const batch = keys(50, hotKey)
      const { admitted, waitMs } = pace.plan(batch, now)
      now += waitMs + 20
      const fits = Math.min(room, admitted.length)
      room -= fits
      stored += fits
      refused += admitted.length - fits
      pace.learn(
        admitted.map(() => hotKey),
        index => index >= fits,
        now,
      )
    }
    counts.push({ stored, refused })
  }
  const late = counts.slice(20)
  const sum = (key: 'stored' | 'refused') => late.reduce((total, count) => total + count[key], 0)
  assert.ok(sum('stored') > 0.75 * takes * late.length, `stored ${sum('stored')}`)
  assert.ok(sum('refused') < 0.3 * sum('stored'), `refused ${sum('refused')}`)
  for (let i = 0; i < 200 && pace.active; i++) pace.learn(keys(1, hotKey), none, (now += 1000))
  assert.equal(pace.active, false)
})

test('who plans at the same time gets a later turn', () => {
  const pace = pacing()
  pace.learn(keys(10, hotKey), () => true, 0)
  const waits = Array.from({ length: 4 }, () => pace.plan(keys(70, hotKey), 0).waitMs)
  assert.deepEqual(waits.map(Math.round), [100, 200, 300, 400])
})

test('a shard that was split is forgotten', () => {
  const pace = pacing()
  pace.learn(keys(10, hotKey), () => true, 0)
  pace.shards = twoShards().map(shard => ({ ...shard, endingSequence: '5' }))
  assert.equal(pace.active, false)
})
