import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { ByteBudget, systemClock } from '../../lib/index.ts'
import type { MillraceEvent } from '../../observe/index.ts'
import type { Position, ReadOptions, RecordBatch, Source } from '../../streams/index.ts'
import type { AwsOptions } from './index.ts'
import { writeProvenanceKey } from './provenance-key.ts'
import { scripted } from './test-backend.ts'
import { no, type Answer } from './test-service.ts'
import { TestShard } from './test-shard.ts'

const horizon = { at: 'trimHorizon' } as const

async function open(context: TestContext, options: Partial<AwsOptions> = {}) {
  const shard = new TestShard()
  const { backend, service } = await scripted(context, shard.script, options)
  return { shard, service, backend, source: backend.source('raw') }
}

function limits(changed: Partial<ReadOptions> = {}): ReadOptions {
  const { signal } = new AbortController()
  return { signal, maxBatchBytes: 100_000, maxBatchRecords: 1000, ...changed }
}

/** Batches up to the one that is enough. */
async function read(
  source: Source,
  from: Position,
  enough: (batches: readonly RecordBatch[]) => boolean,
  options = limits(),
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = []
  for await (const batch of source.read('shardId-000000000000', from, options)) {
    batches.push(batch)
    if (enough(batches)) break
  }
  return batches
}

const never = () => false
const caughtUp = (batches: readonly RecordBatch[]) => batches.at(-1)?.millisBehindLatest === 0

function texts(batches: readonly RecordBatch[]): string[] {
  return batches.flatMap(({ records }) => records.map(({ data }) => Buffer.from(data).toString()))
}

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

const troubles: readonly (readonly [string, Answer])[] = [
  ['an iterator that expired', no('ExpiredIteratorException')],
  ['throttling', no('ProvisionedThroughputExceededException')],
  ['expired credentials', no('ExpiredTokenException')],
  ['an internal failure', no('InternalFailure', 500)],
  ['a broken proxy', { status: 502, text: '<html>' }],
  ['gibberish', { status: 200, text: '<html>' }],
  ['a reset', 'reset'],
  ['silence', 'silence'],
]

for (const [name, answer] of troubles) {
  test(`after ${name} a reader goes on where it was`, async context => {
    const { shard, source } = await open(context, { readTimeoutMs: 50 })
    shard.put('a', 'b')
    const got: string[] = []
    for await (const { records } of source.read(shard.shardId, horizon, limits({ maxBatchRecords: 2 }))) {
      got.push(...records.map(({ data }) => Buffer.from(data).toString()))
      if (got.length === 2) {
        shard.faults.push(({ operation }) => (operation === 'GetRecords' ? answer : undefined))
        shard.put('c')
      }
      if (got.length === 3) break
    }
    assert.deepEqual(got, ['a', 'b', 'c'])
  })
}

/** A clock on which every sleep is over at once and the time has passed all the same. */
function hurriedClock() {
  let passed = 0
  return {
    ...systemClock,
    monotonic: () => performance.now() + passed,
    async sleep(ms: number) {
      passed += ms
      await new Promise(resolve => setImmediate(resolve))
    },
  }
}

test('while the stream does not answer, the lag grows in sight; after a while the reader gives up', async context => {
  const { shard, source } = await open(context, { clock: hurriedClock(), giveUpMs: 20_000 })
  shard.put('a')
  const lags: number[] = []
  const reading = (async () => {
    for await (const { records, position, millisBehindLatest } of source.read(
      shard.shardId,
      horizon,
      limits(),
    )) {
      if (records.length > 0) {
        for (let i = 0; i < 1000; i++) shard.faults.push(() => no('InternalFailure', 500))
        continue
      }
      assert.deepEqual(position, { at: 'after', sequence: '101', subSequence: 0 })
      lags.push(millisBehindLatest)
    }
  })()
  await assert.rejects(reading, { code: 'source', retryable: true, message: /InternalFailure/ })
  assert.ok(lags.length >= 3)
  assert.deepEqual(
    lags,
    lags.toSorted((a, b) => a - b),
  )
  assert.ok((lags.at(-1) ?? 0) > 10_000)
})

test('a consumer may take longer over a batch than a reader tries for', async context => {
  const clock = hurriedClock()
  const { shard, source } = await open(context, { clock, giveUpMs: 1000 })
  shard.put('a')
  const got: string[] = []
  for await (const batch of source.read(shard.shardId, horizon, limits())) {
    got.push(...texts([batch]))
    if (got.length === 2) break
    shard.put('b')
    await clock.sleep(60_000)
    shard.faults.push(() => no('InternalFailure', 500))
  }
  assert.deepEqual(got, ['a', 'b'])
})

test('retention that overtakes a reader whose iterator expired shows a gap', async context => {
  const { shard, source } = await open(context)
  shard.put('a')
  const gaps: (true | undefined)[] = []
  for await (const { records, gap } of source.read(shard.shardId, horizon, limits())) {
    if (records.length > 0) gaps.push(gap)
    if (gaps.length === 2) break
    shard.put('gone', 'left')
    shard.records.splice(0, 2)
    shard.faults.push(({ operation }) =>
      operation === 'GetRecords' ? no('ExpiredIteratorException') : undefined,
    )
  }
  assert.deepEqual(gaps, [undefined, true])
})

test('whoever may not read hears it at once', async context => {
  const { shard, source } = await open(context)
  shard.faults.push(() => no('AccessDeniedException'))
  await assert.rejects(read(source, horizon, never), { code: 'source', retryable: false })
})

test('a checkpoint whose record is still there has no gap behind it', async context => {
  const { shard, source } = await open(context)
  shard.put('a', 'b')
  const from = { at: 'after', sequence: '101', subSequence: 0 } as const
  const batches = await read(source, from, caughtUp)
  assert.deepEqual([texts(batches), batches[0]?.gap], [['b'], undefined])
})

test('a checkpoint whose record retention has taken shows a gap, once', async context => {
  const { shard, source } = await open(context)
  shard.put('gone', 'gone too', 'left')
  shard.records.splice(0, 2)
  const from = { at: 'after', sequence: '101', subSequence: 0 } as const
  const batches = await read(source, from, read => read.length === 2)
  assert.deepEqual(texts(batches), ['left'])
  assert.deepEqual(
    batches.map(({ gap }) => gap),
    [true, undefined],
  )
})

test('a sequence that the stream no longer takes means the horizon, with a gap', async context => {
  const { shard, source } = await open(context)
  shard.put('left')
  shard.faults.push(({ operation }) =>
    operation === 'GetShardIterator' ? no('InvalidArgumentException') : undefined,
  )
  const from = { at: 'after', sequence: '50', subSequence: 0 } as const
  shard.startingSequence = '40'
  const batches = await read(source, from, caughtUp)
  assert.deepEqual([texts(batches), batches[0]?.gap], [['left'], true])
})

test('a shard that retention removed ends at once, with a gap', async context => {
  const { shard, source } = await open(context)
  shard.removed = true
  assert.deepEqual(await read(source, horizon, never), [
    { records: [], position: { at: 'shardEnd' }, millisBehindLatest: 0, gap: true },
  ])
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

test('the tip of a shard without records is its beginning, and no gap', async context => {
  const { shard, source } = await open(context)
  const [batch] = await read(source, { at: 'latest' }, () => true)
  assert.deepEqual(batch?.position, { at: 'after', sequence: '100', subSequence: 0 })
  shard.put('first')
  const batches = await read(source, batch?.position ?? horizon, caughtUp)
  assert.deepEqual([texts(batches), batches[0]?.gap], [['first'], undefined])
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

test('a call asks for as many records as fit into a batch', async context => {
  const { shard, source, service } = await open(context)
  shard.put(...Array.from({ length: 1100 }, () => 'x'.repeat(1000)))
  await read(source, horizon, caughtUp, limits({ maxBatchBytes: 50_000 }))
  const calls = service.asked.filter(({ operation }) => operation === 'GetRecords')
  assert.deepEqual(
    calls.map(({ input }) => input['Limit']),
    // The last one is empty: a full page may have left something behind.
    [1000, 50, 50, 50],
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
