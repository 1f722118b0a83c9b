import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { MillraceEvent } from '../observe/index.ts'
import type { Position, Shard, ShardBatch, StreamRecord } from '../streams/index.ts'
import { dedupe, type DedupeOptions } from './dedupe.ts'
import { provenanceKey } from './provenance.ts'
import { ReaderMemory } from './reader-memory.ts'

function record(event: number, arrivedAt: number, epoch = 1, sequence = String(arrivedAt)): StreamRecord {
  const provenance = {
    application: 'app',
    stream: 'raw',
    shardId: 's',
    sequence: String(event),
    subSequence: 0,
    index: 0,
    output: 0,
    epoch,
  }
  return { sequence, subSequence: 0, partitionKey: 'k', arrivedAt, data: new Uint8Array(), provenance }
}

function shard(shardId: string, parents: readonly string[] = []): Shard {
  return { shardId, parents, startingHashKey: 0n, endingHashKey: 1n, startingSequence: '0' }
}

function batch(shardId: string, records: readonly StreamRecord[]): ShardBatch {
  const position: Position = { at: 'after', sequence: records.at(-1)?.sequence ?? '0', subSequence: 0 }
  return { shardId, records, position, millisBehindLatest: 0 }
}

async function out(
  batches: readonly ShardBatch[],
  shards: readonly Shard[],
  options: Partial<DedupeOptions> = {},
) {
  async function* given() {
    yield* batches
  }
  const source = { listShards: async () => shards }
  const found: string[] = []
  for await (const { records } of dedupe(given(), { source, windowMs: 1000, ...options }))
    found.push(...records.map(({ sequence }) => sequence))
  return found
}

test('a copy is dropped whichever epoch wrote it, and told', async () => {
  const told: MillraceEvent[] = []
  const batches = [batch('a', [record(1, 10, 2), record(1, 20, 1), record(1, 30, 2), record(2, 40, 1)])]
  assert.deepEqual(await out(batches, [shard('a')], { observe: event => told.push(event) }), ['10', '40'])
  assert.deepEqual(told, [{ type: 'copies-dropped', shardId: 'a', records: 2 }])
})

test('both children of a split, and the child of a merge, know what their parents had', async () => {
  const shards = [shard('a'), shard('b', ['a']), shard('c', ['a']), shard('d', ['b', 'c'])]
  const batches = [
    batch('a', [record(1, 10), record(2, 11)]),
    batch('b', [record(1, 20), record(3, 21)]),
    batch('c', [record(2, 22), record(4, 23)]),
    batch('d', [record(1, 30), record(3, 31), record(4, 32), record(5, 33)]),
  ]
  assert.deepEqual(await out(batches, shards), ['10', '11', '21', '23', '33'])
})

test('after a restart nothing up to the own checkpoint comes out, and its copies do not either', async () => {
  const done = new Map<string, Position>([['a', { at: 'after', sequence: '20', subSequence: 0 }]])
  const batches = [batch('a', [record(1, 10), record(2, 20)]), batch('a', [record(1, 30), record(3, 40)])]
  assert.deepEqual(await out(batches, [shard('a')], { done }), ['40'])
})

test('keys are injective where names hold what separates others', () => {
  const one = {
    application: 'a","b',
    stream: 'c',
    shardId: 's',
    sequence: '1',
    subSequence: 0,
    index: 0,
    output: 0,
  }
  assert.notEqual(provenanceKey(one), provenanceKey({ ...one, application: 'a', stream: 'b","c' }))
})

test('within the window every copy is found, behind it none, and nothing else is dropped', () => {
  const steps = fc.array(fc.tuple(fc.nat(30), fc.nat(300)), { maxLength: 200 })
  fc.assert(
    fc.property(steps, list => {
      const memory = new ReaderMemory({ windowMs: 1000 })
      const last = new Map<number, number>()
      let now = 0
      for (const [event, waitMs] of list) {
        now += waitMs
        const apart = now - (last.get(event) ?? -Infinity)
        const copy = memory.isCopy('a', record(event, now))
        if (apart <= 1000) assert.equal(copy, true)
        if (apart > 1100) assert.equal(copy, false)
        last.set(event, now)
      }
    }),
  )
})

test('beyond maxKeys the oldest are forgotten and told, never the newest', () => {
  let forgotten = 0
  const memory = new ReaderMemory({ maxKeys: 100, onForgotten: (_, keys) => (forgotten += keys) })
  for (let event = 0; event < 1000; event++) memory.isCopy('a', record(event, event))
  assert.ok(memory.size.keys <= 100)
  assert.equal(memory.size.keys + forgotten, 1000)
  assert.equal(memory.isCopy('a', record(999, 1000)), true)
  assert.equal(memory.isCopy('a', record(0, 1001)), false)
})

// Even phases have one shard; odd ones have its two halves, and the parity of an event says which is its own.
const shardOf = (phase: number, event: number) => (phase % 2 === 0 ? `m${phase}` : `h${phase}-${event % 2}`)

test('through splits, merges and a restart, exactly the copies within the window are missing', async () => {
  const shards = [0, 1, 2, 3, 4, 5].flatMap(phase =>
    [...new Set([shardOf(phase, 0), shardOf(phase, 1)])].map(id =>
      shard(id, phase === 0 ? [] : [...new Set([shardOf(phase - 1, 0), shardOf(phase - 1, 1)])]),
    ),
  )
  const steps = fc.array(fc.tuple(fc.nat(12), fc.nat(4)), { minLength: 1, maxLength: 90 })
  await fc.assert(
    fc.asyncProperty(steps, fc.double({ min: 0, max: 1, noNaN: true }), async (list, part) => {
      let now = 0
      const last = new Map<number, number>()
      const expected: string[] = []
      const log = list.map(([event, wait], i) => {
        now += wait * 200
        if (now - (last.get(event) ?? -Infinity) > 1000) expected.push(String(i))
        last.set(event, now)
        return batch(shardOf(Math.floor((i * 6) / list.length), event), [record(event, now, i, String(i))])
      })
      const cut = Math.floor(part * log.length)
      const done = new Map(log.slice(0, cut).map(({ shardId, position }) => [shardId, position]))
      const stoppedMs = log[cut - 1]?.records[0]?.arrivedAt ?? 0
      const again = log.filter(({ records }) => (records[0]?.arrivedAt ?? 0) >= stoppedMs - 1000)
      const found = [...(await out(log.slice(0, cut), shards)), ...(await out(again, shards, { done }))]
      assert.deepEqual(found, expected)
    }),
  )
})
