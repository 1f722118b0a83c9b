import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytes, horizon, readUntil, recordsOf } from '../../src/streams/read.contract.ts'
import { openDouble, shardId } from './double.ts'

const largest = 10 * 1024 * 1024

for (const retrieval of ['polling', 'fanOut'] as const) {
  test(`records of 10 MiB are read, each alone: ${retrieval}`, { timeout: 60_000 }, async t => {
    const { backend, close } = await openDouble({
      retrieval,
      maxRecordBytes: largest,
      maxBytesPerSecond: Infinity,
      producerTimeoutMs: 20_000,
    })
    t.after(close)
    await backend.createStream('raw', { shards: 1, role: 'raw' })
    const producer = backend.producer('raw')
    const large = (byte: number) => new Uint8Array(largest - 1).fill(byte)
    const sent = [bytes('small'), large(1), large(2), bytes('small again')]
    for (const data of sent) await producer.put([{ partitionKey: 'k', data }])
    const source = backend.source('raw', { application: 'reader' })
    const batches = await readUntil(source, shardId, horizon, all => recordsOf(all).length === 4)
    const read = recordsOf(batches)
    assert.ok(read.every(({ data }, i) => Buffer.compare(data, sent[i] ?? new Uint8Array()) === 0))
    const alone = batches.filter(({ records }) => records.some(({ data }) => data.length > 1000))
    assert.ok(alone.length === 2 && alone.every(({ records }) => records.length === 1))
  })
}
