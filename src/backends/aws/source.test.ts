import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteBudget } from '../../lib/index.ts'
import { writeProvenanceKey } from './provenance-key.ts'
import { scripted } from './test-backend.ts'
import { caughtUp, horizon, limits, never, open, read, texts } from './test-reading.ts'

test('provenance in a partition key is read, and the key that was meant comes back', async context => {
  const { shard, source } = await open(context)
  const provenance = {
    application: 'app',
    stream: 'raw',
    shardId: 's',
    sequence: '1',
    subSequence: 0,
    index: 0,
    output: 0,
    epoch: 1,
  }
  const data = Buffer.from('x')
  shard.records.push({ sequence: '101', data, partitionKey: writeProvenanceKey(provenance, 'meant') })
  shard.records.push({ sequence: '102', data, partitionKey: writeProvenanceKey(provenance) })
  const [batch] = await read(source, horizon, caughtUp)
  const [first, second] = batch?.records ?? []
  assert.deepEqual([first?.partitionKey, first?.provenance], ['meant', provenance])
  assert.deepEqual([second?.partitionKey, second?.provenance], [shard.records[1]?.partitionKey, provenance])
})

test('the end of a closed shard comes after its last record, also where no children are named', async context => {
  const { shard, source } = await open(context)
  shard.put('last')
  shard.closed = true
  for (shard.namesChildren of [true, false]) {
    const batches = await read(source, horizon, never)
    assert.deepEqual(texts(batches), ['last'])
    assert.deepEqual(
      batches.map(({ position }) => position.at),
      ['after', 'shardEnd'],
    )
  }
})

test('no next iterator is no end while the shard is open', async context => {
  const { shard, source } = await open(context)
  shard.put('a')
  shard.faults.push(({ operation }) =>
    operation === 'GetRecords' ? { json: { Records: [], MillisBehindLatest: 0 } } : undefined,
  )
  const batches = await read(source, horizon, batches => texts(batches).length === 1)
  assert.ok(batches.every(({ position }) => position.at !== 'shardEnd'))
})

test('the tip is found behind the last record, however long ago it came', async context => {
  for (const agoMs of [0, 30_000, 30 * 60_000, 20 * 60 * 60_000]) {
    const { shard, source } = await open(context)
    const { now } = shard
    shard.now = now - agoMs
    shard.put('before', 'last')
    shard.now = now
    // The reader learns the service's time from its first answer; a wrong clock of its own costs a longer look only.
    await source.listShards()
    const [batch] = await read(source, { at: 'latest' }, () => true)
    assert.deepEqual(batch, {
      records: [],
      position: { at: 'after', sequence: '102', subSequence: 0 },
      millisBehindLatest: 0,
    })
    shard.put('later')
    assert.deepEqual(texts(await read(source, batch?.position ?? horizon, caughtUp)), ['later'])
  }
})

test('a reader holds its share of the budget while its consumer has a batch, and no longer', async context => {
  const { shard, source } = await open(context)
  shard.put('a', 'b')
  const budget = new ByteBudget(1000)
  const held: number[] = []
  const options = limits({ budget, maxBatchBytes: 600, maxBatchRecords: 1 })
  for await (const { records } of source.read(shard.shardId, horizon, options)) {
    held.push(budget.heldBytes)
    if (records.length === 0) break
  }
  assert.deepEqual(held, [600, 600, 600])
  assert.equal(budget.heldBytes, 0)
})

test('a call asks for as many records as fit into a batch, the first one for few', async context => {
  const { shard, source, service } = await open(context)
  shard.put(...Array.from({ length: 125 }, () => 'x'.repeat(1000)))
  await read(source, horizon, caughtUp, limits({ maxBatchBytes: 50_000 }))
  const calls = service.asked.filter(({ operation }) => operation === 'GetRecords')
  assert.deepEqual(
    calls.map(({ input }) => input['Limit']),
    // The last one is empty: a full page may have left something behind.
    [25, 50, 50, 50],
  )
})

function listed(id: number) {
  return {
    ShardId: `shardId-00000000000${id}`,
    HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' },
    SequenceNumberRange: { StartingSequenceNumber: '1' },
  }
}

test('the largest record that Kinesis takes comes through, alone', async context => {
  const { shard, source } = await open(context)
  const large = Buffer.alloc(10 * 1024 * 1024, 'x')
  shard.put('a', large, 'b')
  const batches = await read(source, horizon, caughtUp)
  assert.deepEqual(
    batches.map(({ records }) => records.map(({ data }) => data.byteLength)),
    [[1], [large.length], [1]],
  )
})

test('every page of the list of shards is read', async context => {
  const { backend, service } = await scripted(context, ({ input }) => {
    if (input['NextToken'] === 'two') return { json: { Shards: [listed(0)] } }
    if (input['NextToken'] === 'one') return { json: { Shards: [listed(1)], NextToken: 'two' } }
    return { json: { Shards: [listed(2)], NextToken: 'one' }, date: 1_760_000_000_000 }
  })
  const shards = await backend.source('raw').listShards()
  assert.deepEqual(
    shards.map(({ shardId }) => shardId),
    ['shardId-000000000000', 'shardId-000000000001', 'shardId-000000000002'],
  )
  assert.deepEqual(service.asked[1]?.input, { NextToken: 'one' })
  assert.ok((backend.serverDate.newest ?? 0) >= 1_760_000_000_000)
})
