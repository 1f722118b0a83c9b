import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test, type TestContext } from 'node:test'
import {
  DescribeStreamSummaryCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis'
import { planFault, type FaultKind, type FaultPlan } from './fault-plan.ts'
import { startFaultProxy, type FaultProxyOptions, type Passed, type Struck } from './fault-proxy.ts'
import { clientOf, createStream, put, read, startTest } from './test-client.ts'

async function startBehind(context: TestContext, faults: Partial<FaultProxyOptions> = {}) {
  const { aws, client: direct } = await startTest(context, { limits: 'none' })
  await createStream(direct, 'raw')
  const proxy = await startFaultProxy({ endpoint: aws.endpoint, seed: 1, chances: {}, ...faults })
  const client = clientOf(proxy.endpoint)
  context.after(() => {
    client.destroy()
    return proxy.close()
  })
  return { proxy, client, stored: () => read(direct, 'raw') }
}

const always = (kind: FaultKind) => ({ chances: { [kind]: 1 } })

test('the fault of a request follows from the seed and its number', () => {
  const plan: FaultPlan = { seed: 7, chances: { delay: 0.2, throttle: 0.1, 'drop-reply': 0.1 } }
  const faults = Array.from({ length: 10_000 }, (_, number) => planFault(plan, number))
  assert.deepEqual(
    faults,
    faults.map((_, number) => planFault(plan, number)),
  )
  const share = (kind: string) => faults.filter(fault => fault.kind === kind).length / faults.length
  assert.ok(Math.abs(share('delay') - 0.2) < 0.02, `${share('delay')}`)
  assert.ok(Math.abs(share('drop-reply') - 0.1) < 0.02)
  assert.ok(Math.abs(share('none') - 0.6) < 0.03)
  const other = faults.map((_, number) => planFault({ ...plan, seed: 8 }, number))
  assert.notDeepEqual(faults, other)
})

test('without faults the proxy changes nothing', async context => {
  const { client, stored } = await startBehind(context)
  await put(client, 'raw', 'a')
  assert.deepEqual(await read(client, 'raw'), ['a'])
  assert.deepEqual(await stored(), ['a'])
})

const refusals: readonly (readonly [FaultKind, object, readonly string[]])[] = [
  ['throttle', { name: 'ProvisionedThroughputExceededException' }, []],
  ['error', { name: 'InternalFailure' }, []],
  ['drop-request', { code: 'ECONNRESET' }, []],
  ['drop-reply', { code: 'ECONNRESET' }, ['a']],
  ['error-reply', { name: 'InternalFailure' }, ['a']],
]

for (const [kind, error, left] of refusals) {
  test(`${kind}: the caller fails, and ${left.length === 0 ? 'nothing' : 'the record'} is stored`, async context => {
    const { client, stored } = await startBehind(context, always(kind))
    await assert.rejects(put(client, 'raw', 'a'), error)
    assert.deepEqual(await stored(), left)
  })
}

test('what the caller has no permission for is denied, and nothing else is', async context => {
  const { client, stored } = await startBehind(context, {
    denies: operation => operation === 'Kinesis_20131202.PutRecord',
  })
  const message = /not authorized to perform: kinesis:PutRecord$/
  await assert.rejects(put(client, 'raw', 'a'), { name: 'AccessDeniedException', message })
  assert.deepEqual([await read(client, 'raw'), await stored()], [[], []])
})

test('late: the caller fails first, and the record is stored afterwards', async context => {
  const { client, stored } = await startBehind(context, { ...always('late'), mostMs: 200 })
  await assert.rejects(put(client, 'raw', 'a'), { code: 'ECONNRESET' })
  assert.deepEqual(await stored(), [])
  while ((await stored()).length === 0);
  assert.deepEqual(await stored(), ['a'])
})

test('partial: what is told to have failed is what is not stored', async context => {
  const { client, stored } = await startBehind(context, always('partial'))
  const texts = Array.from({ length: 50 }, (_, i) => `${i}`)
  const Records = texts.map(text => ({ PartitionKey: text, Data: Buffer.from(text) }))
  const answer = await client.send(new PutRecordsCommand({ StreamName: 'raw', Records }))
  const failed = texts.filter((_, i) => answer.Records?.[i]?.ErrorCode !== undefined)
  assert.equal(answer.FailedRecordCount, failed.length)
  assert.ok(failed.length > 0 && failed.length < 50)
  assert.deepEqual(
    await stored(),
    texts.filter(text => !failed.includes(text)),
  )
})

test('only the operations that are meant are counted and struck', async context => {
  const struck: Struck[] = []
  const { client } = await startBehind(context, {
    ...always('throttle'),
    strikes: operation => operation.endsWith('.PutRecord'),
    onFault: one => struck.push(one),
  })
  assert.deepEqual(await read(client, 'raw'), [])
  await assert.rejects(put(client, 'raw', 'a'))
  assert.deepEqual(
    struck.map(({ request, operation }) => `${request} ${operation}`),
    ['0 Kinesis_20131202.PutRecord'],
  )
})

const ask = (name: string) =>
  [
    'POST / HTTP/1.1',
    'Host: local',
    `X-Caller: ${name}`,
    'X-Amz-Target: Kinesis_20131202.ListStreams',
    'Content-Length: 2',
    '',
    '{}',
  ].join('\r\n')

test('a partitioned caller hears nothing until it is healed, and others are served', async context => {
  const { proxy } = await startBehind(context)
  proxy.partition({ header: 'x-caller', value: 'a' })
  const caught = connect(proxy.port, '127.0.0.1').on('error', () => undefined)
  let heard = ''
  caught.on('data', (chunk: Buffer) => (heard += chunk.toString()))
  caught.write(ask('a'))
  const other = connect(proxy.port, '127.0.0.1')
  other.write(ask('b'))
  const [answer] = (await once(other, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1.1 200/)
  other.destroy()
  assert.equal(heard, '')
  const closed = once(caught, 'close')
  proxy.heal()
  await closed
  assert.equal(heard, '')
})

test('faults come and go, and who passes a request on says how long it was held', async context => {
  const passed: Passed[] = []
  const { proxy, client, stored } = await startBehind(context, { onForward: one => passed.push(one) })
  proxy.strike({ late: 1 }, 200)
  await assert.rejects(put(client, 'raw', 'a'))
  proxy.strike({})
  await put(client, 'raw', 'b')
  while (passed.length < 2) await new Promise(resolve => setTimeout(resolve, 20))
  while ((await stored()).length < 2) await new Promise(resolve => setTimeout(resolve, 20))
  const late = passed.find(({ fault }) => fault.kind === 'late')
  assert.ok(late?.fault.kind === 'late' && late.heldMs >= late.fault.ms - 1)
  assert.match(late.body.toString(), /"StreamName":"raw"/)
  assert.ok(passed.some(({ fault }) => fault.kind === 'none'))
})

test('a partition around everybody lets nobody through', async context => {
  const arrived = Promise.withResolvers<void>()
  const { proxy, client, stored } = await startBehind(context, { onFault: () => arrived.resolve() })
  proxy.partition('everybody')
  const broken = assert.rejects(put(client, 'raw', 'a'))
  await arrived.promise
  assert.deepEqual(await stored(), [])
  proxy.heal()
  await broken
  await put(client, 'raw', 'b')
  assert.deepEqual(await stored(), ['b'])
})

test('a partition can be drawn around one connection', async context => {
  const { proxy } = await startBehind(context)
  const socket = connect(proxy.port, '127.0.0.1').on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(ask('a'))
  await once(socket, 'data')
  proxy.partition({ port: socket.localPort ?? 0 })
  let heard = ''
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString())).write(ask('a'))
  const response = await fetch(proxy.endpoint, {
    method: 'POST',
    headers: { 'X-Amz-Target': 'Kinesis_20131202.ListStreams' },
    body: '{}',
  })
  assert.equal(response.status, 200)
  assert.equal(heard, '')
  socket.destroy()
})

test('while paused, requests wait; then they are served', async context => {
  const { proxy, client, stored } = await startBehind(context)
  proxy.pause()
  const waiting = put(client, 'raw', 'a')
  assert.deepEqual(await stored(), [])
  proxy.resume()
  await waiting
  assert.deepEqual(await stored(), ['a'])
})

test('a subscription goes through, and ends with whoever hangs up', async context => {
  const { client, stored } = await startBehind(context)
  const stream = await client.send(new DescribeStreamSummaryCommand({ StreamName: 'raw' }))
  const StreamARN = stream.StreamDescriptionSummary?.StreamARN
  const { Consumer } = await client.send(
    new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'reader' }),
  )
  const { EventStream = [] } = await client.send(
    new SubscribeToShardCommand({
      ConsumerARN: Consumer?.ConsumerARN,
      ShardId: 'shardId-000000000000',
      StartingPosition: { Type: 'TRIM_HORIZON' },
    }),
  )
  await put(client, 'raw', 'a')
  for await (const { SubscribeToShardEvent } of EventStream) {
    if ((SubscribeToShardEvent?.Records?.length ?? 0) > 0) break
  }
  assert.deepEqual(await stored(), ['a'])
})
