import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { MillraceEvent } from '../../observe/index.ts'
import type { Position } from '../../streams/index.ts'
import { scripted } from './test-backend.ts'
import { caughtUp, horizon, limits, open, read, texts } from './test-reading.ts'
import type { Answer } from './test-service.ts'
import { TestShard } from './test-shard.ts'

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}

function field(number: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2, ...varint(value.length)]), value])
}

/** An aggregate as a producer's library makes it. */
function aggregate(words: readonly string[], explicitHashKey?: string): Buffer {
  const records = words.map(word => {
    const hashKey = explicitHashKey === undefined ? [] : [0x10, 0]
    return field(3, Buffer.concat([Buffer.from([0x08, 0, ...hashKey]), field(3, Buffer.from(word))]))
  })
  const hashKeys = explicitHashKey === undefined ? [] : [field(2, Buffer.from(explicitHashKey))]
  const message = Buffer.concat([field(1, Buffer.from('user')), ...hashKeys, ...records])
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, hash('md5', message, 'buffer')])
}

test('however a shard of plain and aggregated records is cut and resumed, each record comes once', async context => {
  const { shard, source } = await open(context)
  const expected: string[] = []
  for (let i = 0; i < 12; i++) {
    const words = Array.from({ length: i % 4 }, (_, j) => `${i}.${j}`)
    shard.put(i % 4 === 0 ? `${i}` : aggregate(words))
    expected.push(...(i % 4 === 0 ? [`${i}`] : words))
  }
  shard.closed = true
  const step = fc.record({
    maxBatchRecords: fc.integer({ min: 1, max: 7 }),
    batches: fc.integer({ min: 1, max: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async steps => {
      let position: Position = { ...horizon }
      const got: string[] = []
      for (let i = 0; position.at !== 'shardEnd'; i++) {
        const { maxBatchRecords, batches } = steps[i % steps.length] ?? assert.fail()
        const options = limits({ maxBatchRecords })
        const part = await read(source, position, read => read.length === batches, options)
        assert.ok(part.every(({ gap }) => gap === undefined))
        got.push(...texts(part))
        position = part.at(-1)?.position ?? position
      }
      assert.deepEqual(got, expected)
    }),
    { numRuns: 25 },
  )
})

test('positions inside an aggregate count from 0', async context => {
  const { shard, source } = await open(context)
  shard.put('plain', aggregate(['a', 'b', 'c']))
  const batches = await read(source, horizon, caughtUp, limits({ maxBatchRecords: 2 }))
  assert.deepEqual(
    batches.map(({ position }) => position),
    [
      { at: 'after', sequence: '102', subSequence: 0 },
      { at: 'after', sequence: '102', subSequence: 2 },
    ],
  )
})

test('an aggregate without records is passed over', async context => {
  const { shard, source } = await open(context)
  shard.put(aggregate([]), 'x', aggregate([]))
  const batches = await read(source, horizon, caughtUp)
  assert.deepEqual(texts(batches), ['x'])
  assert.deepEqual(batches[0]?.position, { at: 'after', sequence: '103', subSequence: 0 })
})

test('records that were meant for another shard are given out, and counted', async context => {
  const told: MillraceEvent[] = []
  const shard = new TestShard()
  const script = (asked: Parameters<typeof shard.script>[0]): Answer => {
    if (asked.operation !== 'ListShards') return shard.script(asked)
    const HashKeyRange = { StartingHashKey: '0', EndingHashKey: '1000' }
    const SequenceNumberRange = { StartingSequenceNumber: '100' }
    return { json: { Shards: [{ ShardId: shard.shardId, HashKeyRange, SequenceNumberRange }] } }
  }
  const { backend } = await scripted(context, script, { observe: event => told.push(event) })
  shard.put(aggregate(['in'], '17'), aggregate(['out', 'out too'], '1001'))
  assert.deepEqual(texts(await read(backend.source('raw'), horizon, caughtUp)), ['in', 'out', 'out too'])
  assert.deepEqual(told, [{ type: 'records-misrouted', shardId: shard.shardId, records: 2 }])
})
