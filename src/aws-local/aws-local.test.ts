import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  ListShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis'
import { createStream, iteratorOf, put, read, startTest } from './test-client.ts'

const split = (name: string) =>
  new SplitShardCommand({
    StreamName: name,
    ShardToSplit: 'shardId-000000000000',
    NewStartingHashKey: String(1n << 127n),
  })

test('errors are written as AWS writes them, and every answer tells the date', async context => {
  const { aws } = await startTest(context)
  const call = (target: string, body: string) =>
    fetch(aws.endpoint, { method: 'POST', headers: { 'X-Amz-Target': target }, body })
  const answer = await call('Kinesis_20131202.DescribeStreamSummary', '{"StreamName":"none"}')
  assert.equal(answer.status, 400)
  assert.equal(answer.headers.get('x-amzn-errortype'), 'ResourceNotFoundException')
  assert.equal(answer.headers.get('date'), 'Thu, 01 Jan 2026 00:00:00 GMT')
  assert.deepEqual(await answer.json(), {
    __type: 'ResourceNotFoundException',
    message: 'Stream none under account 000000000000 not found.',
  })
  const types = async (target: string, body: string) =>
    (await call(target, body)).headers.get('x-amzn-errortype')
  assert.equal(await types('Kinesis_20131202.Nothing', '{}'), 'UnknownOperationException')
  assert.equal(await types('Nothing.ListShards', '{}'), 'UnknownOperationException')
  assert.equal(await types('Kinesis_20131202.ListStreams', 'not json'), 'SerializationException')
  assert.equal(await types('Kinesis_20131202.ListStreams', '{"Limit":"five"}'), 'SerializationException')
  assert.equal(await types('Kinesis_20131202.ListStreams', '{"Limit":0}'), 'ValidationException')
})

test('a stream takes its time to become ACTIVE, and takes no records before', async context => {
  const { client, clock } = await startTest(context, { transitionMs: 10_000 })
  await createStream(client, 'raw')
  const status = async () => {
    const { StreamDescriptionSummary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: 'raw' }),
    )
    return StreamDescriptionSummary?.StreamStatus
  }
  assert.equal(await status(), 'CREATING')
  await assert.rejects(put(client, 'raw', 'early'), { name: 'ResourceNotFoundException' })
  clock.pass(10_000)
  assert.equal(await status(), 'ACTIVE')
  await client.send(split('raw'))
  assert.equal(await status(), 'UPDATING')
  await put(client, 'raw', 'while updating')
  await assert.rejects(client.send(split('raw')), { name: 'ResourceInUseException' })
})

test('a record is read after the propagation delay, and reading waits for it', async context => {
  const { client, clock } = await startTest(context, { visibleAfterMs: 500, limits: 'none' })
  await createStream(client, 'raw')
  await put(client, 'raw', 'first')
  clock.pass(300)
  await put(client, 'raw', 'second')
  assert.deepEqual(await read(client, 'raw'), [])
  clock.pass(200)
  assert.deepEqual(await read(client, 'raw'), ['first'])
  clock.pass(300)
  assert.deepEqual(await read(client, 'raw'), ['first', 'second'])
})

test('the end of a shard is not told before its last record is seen', async context => {
  const { client, clock } = await startTest(context, { visibleAfterMs: 500, limits: 'none' })
  await createStream(client, 'raw')
  const ShardIterator = await iteratorOf(client, 'raw')
  await put(client, 'raw', 'last')
  await client.send(split('raw'))
  const early = await client.send(new GetRecordsCommand({ ShardIterator }))
  assert.deepEqual([early.Records?.length, early.ChildShards], [0, undefined])
  clock.pass(500)
  const late = await client.send(new GetRecordsCommand({ ShardIterator: early.NextShardIterator }))
  assert.deepEqual([late.Records?.length, late.ChildShards?.length], [1, 2])
  assert.equal(late.NextShardIterator, undefined)
})

test('a listing may lag: the parent looks open and the children are not there yet', async context => {
  const { client, clock } = await startTest(context, { listLagMs: 2_000 })
  await createStream(client, 'raw')
  clock.pass(10_000)
  await client.send(split('raw'))
  const list = async () => {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: 'raw' }))
    return Shards.map(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber !== undefined)
  }
  assert.deepEqual(await list(), [false])
  clock.pass(2_001)
  assert.deepEqual(await list(), [true, false, false])
})

const many = (name: string) =>
  new PutRecordsCommand({
    StreamName: name,
    Records: Array.from({ length: 500 }, () => ({ PartitionKey: 'key', Data: Buffer.from('x') })),
  })

test('limits can be left out, or scaled', async context => {
  const none = await startTest(context, { limits: 'none' })
  await createStream(none.client, 'raw')
  for (let i = 0; i < 5; i++) assert.equal((await none.client.send(many('raw'))).FailedRecordCount, 0)

  const few = await startTest(context, { limits: { writeRecordsPerSecond: 100 } })
  await createStream(few.client, 'raw')
  const { Records = [], FailedRecordCount } = await few.client.send(many('raw'))
  assert.equal(FailedRecordCount, 400)
  assert.equal(Records[99]?.ErrorCode, undefined)
  assert.equal(Records[100]?.ErrorCode, 'ProvisionedThroughputExceededException')
  assert.deepEqual(Object.keys(Records[0] ?? {}).sort(), ['SequenceNumber', 'ShardId'])
  few.clock.pass(1_000)
  assert.equal((await few.client.send(many('raw'))).FailedRecordCount, 400)
})
