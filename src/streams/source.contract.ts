import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  bytes,
  horizon,
  keyIn,
  limits,
  readRecords,
  readToTip,
  readUntil,
  recordsOf,
  text,
} from './read.contract.ts'
import { compareSequences } from './record.ts'
import type { ShardControl } from './shard-control.ts'
import type { Producer } from './sink.ts'
import type { Source } from './source.ts'
import { tail } from './tail.ts'

/** What a backend lends to the suite. Streams are made by the suite; their names never repeat. */
export interface StreamBackend {
  readonly control: ShardControl
  producer(stream: string): Producer
  source(stream: string): Source
  /** Lets the streams' clock move on by at least this much. */
  pass(ms: number): Promise<void>
  /** Applies the retention of one second that `createStream` was given. Absent where that cannot be hurried. */
  trim?(stream: string): Promise<void>
  /** Nobody can tell there whether retention took more than was read, so a gap is shown when it may have. */
  readonly unsureOfGaps?: true
  close(): Promise<void>
}

interface Opened {
  readonly stream: string
  readonly control: ShardControl
  readonly producer: Producer
  readonly source: Source
  /** Appends one record per text, in order. */
  readonly put: (texts: readonly string[], partitionKey?: string) => Promise<void>
}

/** The promises of `Source` and `ShardControl`. Each backend's tests call this. */
export function testSource(name: string, makeBackend: () => Promise<StreamBackend>): void {
  describe(`source contract: ${name}`, () => {
    let backend: StreamBackend
    let streams = 0
    before(async () => {
      backend = await makeBackend()
    })
    after(() => backend.close())

    async function open(shards = 1): Promise<Opened> {
      const { control } = backend
      const stream = `source-${++streams}`
      await control.createStream(stream, { shards, role: 'raw', retentionMs: 1000 })
      const producer = backend.producer(stream)
      const put = (texts: readonly string[], partitionKey = 'key') =>
        producer.put(texts.map(text => ({ partitionKey, data: bytes(text) })))
      return { stream, control, producer, source: backend.source(stream), put }
    }

    const first = 'shardId-000000000000'

    test('records come in the order in which they were put, with rising sequences', async () => {
      const { source, put } = await open()
      const sent = Array.from({ length: 60 }, (_, i) => `record ${i}`)
      for (let i = 0; i < sent.length; i += 20) await put(sent.slice(i, i + 20))
      const records = await readRecords(source, first, horizon, sent.length)
      assert.deepEqual(records.map(text), sent)
      const sequences = records.map(record => record.sequence)
      assert.deepEqual(sequences, [...new Set(sequences)].sort(compareSequences))
    })

    test('a record comes back byte for byte, with its key', async () => {
      const { source, producer } = await open()
      const data = Uint8Array.from({ length: 256 }, (_, i) => i)
      await producer.put([{ partitionKey: 'clé 🗝', data }])
      const [record] = await readRecords(source, first, horizon, 1)
      assert.deepEqual(new Uint8Array(record?.data ?? []), data)
      assert.equal(record?.partitionKey, 'clé 🗝')
    })

    test('each record comes once while others are appended', async () => {
      const { source, put } = await open()
      const sent = Array.from({ length: 200 }, (_, i) => `record ${i}`)
      const reading = readRecords(source, first, horizon, sent.length)
      await Promise.all(sent.map(text => put([text])))
      assert.deepEqual((await reading).map(text).sort(), sent.sort())
    })

    test('a reader goes on after the position of the batch before', async () => {
      const { source, put } = await open()
      await put(['a', 'b', 'c', 'd'])
      const stop = new AbortController()
      const read: string[] = []
      let position = horizon
      while (read.length < 4) {
        for await (const batch of source.read(first, position, limits(stop.signal, { maxBatchRecords: 1 }))) {
          read.push(...batch.records.map(text))
          position = batch.position
          break
        }
      }
      assert.deepEqual(read, ['a', 'b', 'c', 'd'])
    })

    test('latest gives only what comes later, and soon becomes a place that can be kept', async () => {
      const { source, put } = await open()
      await put(['before'])
      const [batch] = await readUntil(source, first, { at: 'latest' }, () => true)
      assert.deepEqual(batch?.records, [])
      assert.notEqual(batch?.position.at, 'latest')
      await put(['later'])
      const records = await readRecords(source, first, batch?.position ?? horizon, 1)
      assert.deepEqual(records.map(text), ['later'])
    })

    test('a timestamp gives what arrived then or later', async () => {
      const { source, put } = await open()
      await put(['old', 'old too'])
      await backend.pass(20)
      await put(['new'])
      await backend.pass(20)
      await put(['newer'])
      const all = await readRecords(source, first, horizon, 4)
      const ms = all[2]?.arrivedAt ?? 0
      assert.ok(ms > (all[1]?.arrivedAt ?? 0))
      const records = await readRecords(source, first, { at: 'timestamp', ms }, 2)
      assert.deepEqual(records.map(text), ['new', 'newer'])
    })

    test('no batch holds more bytes or records than allowed', async () => {
      const { source, put } = await open()
      const sent = Array.from({ length: 30 }, (_, i) => String(i).padStart(100, '.'))
      await put(sent)
      for (const changed of [{ maxBatchBytes: 350 }, { maxBatchRecords: 7 }]) {
        const stop = new AbortController()
        const read: string[] = []
        for await (const { records } of source.read(first, horizon, limits(stop.signal, changed))) {
          assert.ok(records.length * 100 <= (changed.maxBatchBytes ?? Infinity))
          assert.ok(records.length <= (changed.maxBatchRecords ?? Infinity))
          read.push(...records.map(text))
          if (read.length >= sent.length) break
        }
        assert.deepEqual(read, sent)
      }
    })

    test('a record that is larger than a batch may be comes alone', async () => {
      const { source, put } = await open()
      await put(['small', 'x'.repeat(5000), 'small too'])
      const sizes: number[] = []
      const stop = new AbortController()
      for await (const batch of source.read(first, horizon, limits(stop.signal, { maxBatchBytes: 100 }))) {
        if (batch.records.some(record => record.data.byteLength > 100)) assert.equal(batch.records.length, 1)
        sizes.push(...batch.records.map(record => record.data.byteLength))
        if (sizes.length === 3) break
      }
      assert.deepEqual(sizes, [5, 5000, 9])
    })

    test('an idle reader says that there is nothing, and ends when it is told to', async () => {
      const { source } = await open()
      const stop = new AbortController()
      let empty = 0
      for await (const batch of source.read(first, horizon, limits(stop.signal))) {
        assert.deepEqual(batch.records, [])
        assert.equal(batch.millisBehindLatest, 0)
        if (++empty === 2) stop.abort()
      }
      assert.equal(empty, 2)
    })

    test('an aborted signal ends a read before it begins', async () => {
      const { source, put } = await open()
      await put(['a'])
      for await (const { records } of source.read(first, horizon, limits(AbortSignal.abort()))) {
        assert.deepEqual(records, [])
      }
    })

    test('a batch that leaves records unread says that it is behind', async () => {
      const { source, put } = await open()
      await put(['a', 'b'])
      const stop = new AbortController()
      const behind: boolean[] = []
      for await (const batch of source.read(first, horizon, limits(stop.signal, { maxBatchRecords: 1 }))) {
        behind.push(batch.millisBehindLatest > 0)
        if (behind.length === 2) break
      }
      assert.deepEqual(behind, [true, false])
    })

    test('a split closes the parent behind its last record and routes to the children', async () => {
      const { stream, source, put, control } = await open()
      await put(['parent'])
      assert.equal(await control.splitShard(stream, first), 'split')
      const [parent, left, right] = await source.listShards()
      assert.ok(parent && left && right)
      assert.deepEqual([parent.parents, left.parents, right.parents], [[], [first], [first]])
      assert.equal(left.startingHashKey, parent.startingHashKey)
      assert.equal(left.endingHashKey + 1n, right.startingHashKey)
      assert.equal(right.endingHashKey, parent.endingHashKey)
      await put(['left'], keyIn(left))
      await put(['right'], keyIn(right))
      const ended = await readUntil(source, first, horizon, () => false)
      assert.deepEqual(recordsOf(ended).map(text), ['parent'])
      assert.deepEqual(ended.at(-1)?.position, { at: 'shardEnd' })
      assert.deepEqual((await readRecords(source, left.shardId, horizon, 1)).map(text), ['left'])
      assert.deepEqual((await readRecords(source, right.shardId, horizon, 1)).map(text), ['right'])
    })

    test('a child starts above the end of its parents', async () => {
      const { stream, source, put, control } = await open(2)
      const [a, b] = await source.listShards()
      assert.ok(a && b)
      await put(['a'], keyIn(a))
      assert.equal(await control.mergeShards(stream, a.shardId, b.shardId), 'merged')
      const [closedA, closedB, child] = await source.listShards()
      assert.deepEqual(child?.parents.toSorted(), [a.shardId, b.shardId])
      for (const parent of [closedA, closedB]) {
        const order = compareSequences(child?.startingSequence ?? '', parent?.endingSequence ?? '')
        assert.ok(order > 0)
      }
      await put(['child'])
      const [record] = await readRecords(source, child?.shardId ?? '', horizon, 1)
      assert.ok(compareSequences(record?.sequence ?? '', child?.startingSequence ?? '') > 0)
    })

    test('a closed shard is not split or merged again', async () => {
      const { stream, control, source } = await open(2)
      const [, second] = await source.listShards()
      await control.splitShard(stream, first)
      assert.equal(await control.splitShard(stream, first), 'refused')
      assert.equal(await control.mergeShards(stream, first, second?.shardId ?? ''), 'refused')
      assert.equal(await control.splitShard(stream, 'shardId-000000009999'), 'refused')
    })

    test('a reader that waits at the tip of a shard sees it end', async () => {
      const { stream, source, control } = await open()
      const batches: string[] = []
      for await (const { position } of source.read(first, horizon, limits(new AbortController().signal))) {
        if (batches.push(position.at) === 1) await control.splitShard(stream, first)
      }
      assert.equal(batches.at(-1), 'shardEnd')
    })

    test('a closed shard that is read to its end stays at its end', async () => {
      const { stream, source, put, control } = await open()
      await put(['a'])
      await control.splitShard(stream, first)
      const batches = await readUntil(source, first, { at: 'shardEnd' }, () => false)
      assert.deepEqual(recordsOf(batches), [])
      assert.deepEqual(batches.at(-1)?.position, { at: 'shardEnd' })
    })

    test('a shard that the stream never had is an error', async () => {
      const { source } = await open()
      await assert.rejects(readToTip(source, 'shardId-000000009999'), { code: 'source', retryable: false })
    })

    test('a tail follows a split: everything of the parent, then the children', async () => {
      const { stream, source, put, control } = await open()
      await put(['1', '2'])
      await control.splitShard(stream, first)
      const [, left, right] = await source.listShards()
      assert.ok(left && right)
      await put(['3'], keyIn(left))
      await put(['4'], keyIn(right))
      const stop = new AbortController()
      const read: string[] = []
      for await (const { records } of tail(source, { ...limits(stop.signal), from: { at: 'trimHorizon' } })) {
        read.push(...records.map(text))
        if (read.length === 4) break
      }
      assert.deepEqual(read.slice(0, 2), ['1', '2'])
      assert.deepEqual(read.slice(2).sort(), ['3', '4'])
    })

    test('a reader behind the retention goes on at the horizon and shows the gap', async context => {
      const { stream, source, put } = await open()
      if (backend.trim === undefined) return context.skip('retention cannot be hurried here')
      await put(['read'])
      const [batch] = await readUntil(source, first, horizon, () => true)
      await put(['lost'])
      await backend.pass(2000)
      await put(['left'])
      await backend.trim(stream)
      const batches = await readUntil(source, first, batch?.position ?? horizon, read => read.length === 2)
      assert.deepEqual(recordsOf(batches).map(text), ['left'])
      assert.deepEqual(
        batches.map(batch => batch.gap),
        [true, undefined],
      )
      assert.deepEqual((await readToTip(source, first)).map(text), ['left'])
    })

    test('retention that takes only what was read is no gap', async context => {
      const { stream, source, put } = await open()
      if (backend.trim === undefined) return context.skip('retention cannot be hurried here')
      await put(['read'])
      const [batch] = await readUntil(source, first, horizon, () => true)
      await backend.pass(2000)
      await put(['left'])
      await backend.trim(stream)
      const [next] = await readUntil(source, first, batch?.position ?? horizon, () => true)
      assert.deepEqual(next?.records.map(text), ['left'])
      assert.equal(next?.gap, backend.unsureOfGaps)
    })

    test('a closed shard disappears when retention has taken its records', async context => {
      const { stream, source, put, control } = await open()
      if (backend.trim === undefined) return context.skip('retention cannot be hurried here')
      await put(['a'])
      await control.splitShard(stream, first)
      await backend.pass(2000)
      await backend.trim(stream)
      const shards = await source.listShards()
      assert.deepEqual(
        shards.map(shard => shard.shardId),
        ['shardId-000000000001', 'shardId-000000000002'],
      )
      const batches = await readUntil(source, first, horizon, () => false)
      assert.deepEqual(batches, [
        { records: [], position: { at: 'shardEnd' }, millisBehindLatest: 0, gap: true },
      ])
    })
  })
}
