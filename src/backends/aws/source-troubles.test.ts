import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MillraceEvent } from '../../observe/index.ts'
import { caughtUp, horizon, hurriedClock, limits, never, open, read, texts } from './test-reading.ts'
import { no, type Answer, type Asked } from './test-service.ts'

const troubles: readonly (readonly [string, Answer])[] = [
  ['an iterator that expired', no('ExpiredIteratorException')],
  ['throttling', no('ProvisionedThroughputExceededException')],
  ['expired credentials', no('ExpiredTokenException')],
  ['an internal failure', no('InternalFailure', 500)],
  ['a broken proxy', { status: 502, text: '<html>' }],
  ['gibberish', { status: 200, text: '<html>' }],
  ['a reset', 'reset'],
  ['silence', 'silence'],
  ['half an answer', 'half'],
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

for (const answer of ['silence', 'half'] as const)
  test(
    `a list of shards fails after a while when ${answer} is the answer`,
    { timeout: 20_000 },
    async context => {
      const { shard, source } = await open(context, { readTimeoutMs: 50 })
      for (let i = 0; i < 10; i++) shard.faults.push(() => answer)
      await assert.rejects(source.listShards(), { code: 'source', retryable: true, message: /50 ms/ })
    },
  )

test(
  'a list of shards that nobody waits for any more ends with the backend',
  { timeout: 20_000 },
  async context => {
    const { shard, source, service, backend } = await open(context, { readTimeoutMs: 60_000 })
    shard.faults.push(() => 'silence')
    const listing = source.listShards()
    listing.catch(() => {})
    while (service.asked.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
    await backend.close()
    await assert.rejects(listing, { code: 'source' })
  },
)

const passing = ['LimitExceededException', 'ResourceNotFoundException', 'ExpiredTokenException']

for (const type of passing)
  test(`a list of shards that is refused with ${type} may be asked for again`, async context => {
    const { shard, source } = await open(context)
    for (let i = 0; i < 10; i++) shard.faults.push(() => no(type))
    await assert.rejects(source.listShards(), { code: 'source', retryable: true })
  })

test('while the stream does not answer, the lag grows in sight; after a while the reader gives up', async context => {
  const told: MillraceEvent[] = []
  const observe = (event: MillraceEvent) => void told.push(event)
  const { shard, source } = await open(context, { clock: hurriedClock(), giveUpMs: 20_000, observe })
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
  assert.ok(told.length > 3)
  assert.ok(told.every(event => event.type === 'outside-failed' && /InternalFailure/.test(event.error)))
})

test('a reader that is throttled now and then waits no longer each time', async context => {
  const waits: number[] = []
  const hurried = hurriedClock()
  const clock = {
    ...hurried,
    sleep(ms: number) {
      // The others are the pace of the calls.
      if (ms > 50) waits.push(ms)
      return hurried.sleep(ms)
    },
  }
  const { shard, source } = await open(context, { clock })
  let calls = 0
  const throttled = ({ operation }: Asked) =>
    operation === 'GetRecords' && ++calls % 2 === 0 ? no('ProvisionedThroughputExceededException') : undefined
  shard.faults.push(...Array.from({ length: 8 }, () => throttled))
  let pages = 0
  for await (const _ of source.read(shard.shardId, horizon, limits())) if (++pages === 12) break
  assert.equal(waits.length, 8)
  assert.ok(
    waits.every(ms => ms <= 200),
    String(waits),
  )
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

test('whoever may not use the key of the stream hears of the key, and not of the stream', async context => {
  for (const type of ['KMSAccessDeniedException', 'KMSDisabledException']) {
    const { shard, source } = await open(context)
    shard.faults.push(({ operation }) => (operation === 'GetRecords' ? no(type) : undefined))
    await assert.rejects(read(source, horizon, never), { retryable: false, message: /kms:Decrypt/ })
  }
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

const failsToList = ({ operation }: Asked) =>
  operation === 'ListShards' ? no('InternalFailure', 500) : undefined

test('a gap is told also when the shards could not be listed at first', async context => {
  const { shard, source } = await open(context)
  shard.put('gone', 'left')
  shard.records.splice(0, 1)
  // The client of the SDK makes a call three times.
  shard.faults.push(failsToList, failsToList, failsToList)
  const from = { at: 'after', sequence: '101', subSequence: 0 } as const
  const batches = await read(source, from, caughtUp)
  assert.deepEqual([texts(batches), batches[0]?.gap, shard.faults.length], [['left'], true, 0])
})

for (const [answer, gap] of [
  ['LimitExceededException', undefined],
  ['AccessDeniedException', true],
] as const)
  test(`a moment before retention, asked with ${answer}: gap ${gap ?? 'none'}`, async context => {
    const { shard, source } = await open(context, { clock: hurriedClock() })
    shard.put('first')
    const summary = { RetentionPeriodHours: 24, StreamCreationTimestamp: shard.now / 1000 - 3600 }
    let asked = 0
    const refuseFirst = ({ operation }: Asked): Answer | undefined => {
      if (operation !== 'DescribeStreamSummary') return undefined
      // The client of the SDK makes a call three times.
      return ++asked <= 3 ? no(answer) : { json: { StreamDescriptionSummary: summary }, date: shard.now }
    }
    shard.faults.push(...Array.from({ length: 4 }, () => refuseFirst))
    const from = { at: 'timestamp', ms: shard.now - 48 * 3_600_000 } as const
    const batches = await read(source, from, caughtUp)
    assert.deepEqual([texts(batches), batches[0]?.gap], [['first'], gap])
    assert.equal(asked, gap === true ? 1 : 4)
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

test('the tip of a shard without records is its beginning, and no gap', async context => {
  const { shard, source } = await open(context)
  const [batch] = await read(source, { at: 'latest' }, () => true)
  assert.deepEqual(batch?.position, { at: 'after', sequence: '100', subSequence: 0 })
  shard.put('first')
  const batches = await read(source, batch?.position ?? horizon, caughtUp)
  assert.deepEqual([texts(batches), batches[0]?.gap], [['first'], undefined])
})
