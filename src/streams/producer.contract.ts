import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bytes, keyIn, readStream, readToTip, text } from './read.contract.ts'
import type { StreamBackend } from './source.contract.ts'

/** The promises of `Producer`. Each backend's tests call this. */
export function testProducer(name: string, makeBackend: () => Promise<StreamBackend>): void {
  describe(`producer contract: ${name}`, () => {
    let backend: StreamBackend
    let streams = 0
    before(async () => {
      backend = await makeBackend()
    })
    after(() => backend.close())

    async function open(shards = 1) {
      const stream = `producer-${++streams}`
      await backend.control.createStream(stream, { shards, role: 'raw' })
      return { stream, producer: backend.producer(stream), source: backend.source(stream) }
    }

    test('creating a stream again leaves it as it is', async () => {
      const { stream, producer, source } = await open(2)
      await producer.put([{ partitionKey: 'k', data: bytes('kept') }])
      assert.equal(await backend.control.createStream(stream, { shards: 5, role: 'raw' }), 'exists')
      assert.equal((await source.listShards()).length, 2)
      assert.deepEqual((await readStream(source)).map(text), ['kept'])
    })

    test('a record can be read once its put has resolved', async () => {
      const { producer, source } = await open()
      for (const word of ['one', 'two', 'three']) {
        await producer.put([{ partitionKey: 'k', data: bytes(word) }])
        const records = await readStream(source)
        assert.equal(records.map(text).at(-1), word)
      }
    })

    test('the MD5 of the key chooses the shard', async () => {
      const { producer, source } = await open(4)
      const shards = await source.listShards()
      await producer.put(shards.map(shard => ({ partitionKey: keyIn(shard), data: bytes(shard.shardId) })))
      for (const { shardId } of shards) {
        assert.deepEqual((await readToTip(source, shardId)).map(text), [shardId])
      }
    })

    test('records of one put keep their order though many are put at once', async () => {
      const { producer, source } = await open()
      const puts = Array.from({ length: 20 }, (_, p) =>
        Array.from({ length: 5 }, (_, i) => ({ partitionKey: 'k', data: bytes(`${p}:${i}`) })),
      )
      await Promise.all(puts.map(records => producer.put(records)))
      const read = (await readStream(source)).map(text)
      assert.equal(read.length, 100)
      for (let p = 0; p < 20; p++) {
        const mine = read.filter(word => word.startsWith(`${p}:`))
        assert.deepEqual(
          mine,
          mine.map((_, i) => `${p}:${i}`),
        )
      }
    })

    test('what the caller does with its buffer after the put changes nothing', async () => {
      const { producer, source } = await open()
      const data = bytes('as it was')
      await producer.put([{ partitionKey: 'k', data }])
      data.fill(0)
      assert.deepEqual((await readStream(source)).map(text), ['as it was'])
    })

    test('an empty put resolves', async () => {
      const { producer, source } = await open()
      await producer.put([])
      assert.deepEqual(await readStream(source), [])
    })

    test('a record of the largest size passes, a larger one is refused for good and alone', async () => {
      const { producer, source } = await open()
      const largest = new Uint8Array(producer.maxRecordBytes - 1)
      const larger = new Uint8Array(producer.maxRecordBytes)
      const [fits, refused] = await Promise.allSettled([
        producer.put([{ partitionKey: 'k', data: largest }]),
        producer.put([
          { partitionKey: 'k', data: bytes('beside it') },
          { partitionKey: 'k', data: larger },
        ]),
      ])
      assert.equal(fits.status, 'fulfilled')
      assert.ok(refused.status === 'rejected')
      assert.equal(refused.reason.code, 'sink')
      assert.equal(refused.reason.retryable, false)
      const records = await readStream(source)
      assert.deepEqual(
        records.map(record => record.data.byteLength),
        [largest.byteLength],
      )
    })

    test('keys have 1 to 256 characters', async () => {
      const { producer, source } = await open()
      for (const partitionKey of ['', 'k'.repeat(257)]) {
        const put = producer.put([{ partitionKey, data: bytes('x') }])
        await assert.rejects(put, { code: 'sink', retryable: false })
      }
      await producer.put([{ partitionKey: '🗝'.repeat(128), data: bytes('x') }])
      assert.equal((await readStream(source)).length, 1)
    })

    test('a producer from before a split writes to the children', async () => {
      const { stream, producer, source } = await open()
      await producer.put([{ partitionKey: 'k', data: bytes('before') }])
      await backend.control.splitShard(stream, 'shardId-000000000000')
      const [parent, ...children] = await source.listShards()
      for (const child of children) {
        await producer.put([{ partitionKey: keyIn(child), data: bytes(child.shardId) }])
        assert.deepEqual((await readToTip(source, child.shardId)).map(text), [child.shardId])
      }
      assert.deepEqual((await readToTip(source, parent?.shardId ?? '')).map(text), ['before'])
    })
  })
}
