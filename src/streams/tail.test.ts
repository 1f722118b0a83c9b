import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StreamRecord } from './record.ts'
import type { Shard } from './shard-map.ts'
import type { RecordBatch, Source } from './source.ts'
import { tail } from './tail.ts'

const range = { startingHashKey: 0n, endingHashKey: 1n, startingSequence: '0' }

function batch(data: string): RecordBatch {
  const sequence = '1'
  const record: StreamRecord = {
    sequence,
    subSequence: 0,
    partitionKey: 'k',
    arrivedAt: 0,
    data: new TextEncoder().encode(data),
  }
  return { records: [record], position: { at: 'after', sequence, subSequence: 0 }, millisBehindLatest: 0 }
}

/** `ended` has ended, and its child is not listed until its sibling `open` has been read ten times. */
class SlowSplit implements Source {
  readonly stream = 'raw'
  #reads = 0

  async listShards(): Promise<readonly Shard[]> {
    const shards: Shard[] = ['ended', 'open'].map(shardId => ({ shardId, parents: [], ...range }))
    return this.#reads < 10 ? shards : [...shards, { shardId: 'child', parents: ['ended'], ...range }]
  }

  async *read(shardId: string): AsyncGenerator<RecordBatch> {
    if (shardId === 'ended') yield { records: [], position: { at: 'shardEnd' }, millisBehindLatest: 0 }
    else if (shardId === 'child') yield batch('child')
    else for (;;) yield batch(String(++this.#reads))
  }

  async close(): Promise<void> {}
}

test('while the children of one shard are awaited, the others go on', { timeout: 10_000 }, async () => {
  const stop = new AbortController()
  const seen: string[] = []
  const options = {
    from: { at: 'trimHorizon' },
    signal: stop.signal,
    maxBatchBytes: 1000,
    maxBatchRecords: 10,
  } as const
  for await (const { shardId, records } of tail(new SlowSplit(), options)) {
    if (records.length > 0) seen.push(shardId)
    // An endless reader must not keep timers from running.
    await new Promise(resolve => setImmediate(resolve))
    if (shardId === 'child') break
  }
  assert.ok(seen.filter(shardId => shardId === 'open').length >= 10)
  assert.equal(seen.at(-1), 'child')
})
