import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { startAwsLocal, type AwsLocalOptions } from '../../src/aws-local/index.ts'
import { openAws } from '../../src/backends/aws/index.ts'
import { bytes, horizon, limits, text } from '../../src/streams/read.contract.ts'

// What happens to subscriptions, against our own double.

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const region = 'us-east-1'
const shardId = 'shardId-000000000000'
const patient = { timeout: 60_000 }

async function open(t: TestContext, options: AwsLocalOptions = {}) {
  const double = await startAwsLocal({ limits: 'none', ...options })
  const line = await startLine(double.port)
  const backend = openAws({
    endpoint: line.endpoint,
    region,
    credentials,
    leaseStore: () => {
      throw new Error('no leases here')
    },
    retrieval: 'fanOut',
    pollMs: 20,
  })
  const requestHandler = new NodeHttpHandler({ httpAgent: { keepAlive: false } })
  const client = new KinesisClient({ endpoint: double.endpoint, region, credentials, requestHandler })
  t.after(async () => {
    client.destroy()
    await backend.close()
    line.close()
    await double.close()
  })
  await backend.createStream('raw', { shards: 1, role: 'raw' })
  const producer = backend.producer('raw')
  const put = (texts: readonly string[]) =>
    producer.put(texts.map(one => ({ partitionKey: 'key', data: bytes(one) })))
  return { backend, client, line, put, source: backend.source('raw', { application: 'reader' }) }
}

/** A way to the double that counts what comes back, and that breaks when it is told to. */
async function startLine(port: number) {
  const sockets = new Set<Socket>()
  let received = 0
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1')
    far.on('data', chunk => (received += chunk.length))
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    get received() {
      return received
    },
    close() {
      cut()
      server.close()
    },
  }
}

type Opened = Awaited<ReturnType<typeof open>>

/** Reads while records are put one by one; `between` happens before each. */
async function readWhilePut({ source, put }: Opened, count: number, between: (i: number) => unknown) {
  const stop = new AbortController()
  const read: string[] = []
  await put(['0'])
  for await (const { records } of source.read(shardId, horizon, limits(stop.signal))) {
    read.push(...records.map(text))
    if (read.length === count) break
    if (records.length === 0) continue
    await between(read.length)
    await put([String(read.length)])
  }
  stop.abort()
  return read
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i))

test('when a subscription has lived its time, the next one goes on', patient, async t => {
  const opened = await open(t, { subscriptionMs: 150 })
  assert.deepEqual(await readWhilePut(opened, 8, () => sleep(100)), numbers(8))
})

test('when the connection breaks, each record still comes once', patient, async t => {
  const opened = await open(t)
  const read = await readWhilePut(opened, 8, i => {
    if (i % 3 === 0) opened.line.cut()
  })
  assert.deepEqual(read, numbers(8))
})

test('whoever loses a subscription to another gets it back when Kinesis allows it', patient, async t => {
  const opened = await open(t, { limits: { subscribeAgainSeconds: 1, controlScale: 100 } })
  const { client } = opened
  const read = await readWhilePut(opened, 4, async i => {
    if (i !== 2) return
    await sleep(1_000)
    const arn = await consumerArn(client)
    const StartingPosition = { Type: 'LATEST' } as const
    await client.send(new SubscribeToShardCommand({ ConsumerARN: arn, ShardId: shardId, StartingPosition }))
  })
  assert.deepEqual(read, numbers(4))
})

async function consumerArn(client: KinesisClient): Promise<string> {
  const { StreamDescriptionSummary } = await client.send(
    new DescribeStreamSummaryCommand({ StreamName: 'raw' }),
  )
  const which = { StreamARN: StreamDescriptionSummary?.StreamARN, ConsumerName: 'reader' }
  const { ConsumerDescription } = await client.send(new DescribeStreamConsumerCommand(which))
  assert.equal(ConsumerDescription?.ConsumerStatus, 'ACTIVE')
  return ConsumerDescription?.ConsumerARN ?? ''
}

test('a consumer is registered once for all readers, and waited for', patient, async t => {
  const { source, backend, put, client } = await open(t, { transitionMs: 200 })
  await put(['a'])
  const again = backend.source('raw', { application: 'reader' })
  for (const one of [source, source, again]) {
    const { signal } = new AbortController()
    for await (const { records } of one.read(shardId, horizon, limits(signal))) {
      assert.deepEqual(records.map(text), ['a'])
      break
    }
  }
  await consumerArn(client)
})

test('a worker that is busy leaves the records in the stream', patient, async t => {
  const { source, put, line } = await open(t)
  const record = 'x'.repeat(1_000_000)
  const count = 60
  for (let i = 0; i < count; i++) await put([record])
  const before = line.received
  let read = 0
  const { signal } = new AbortController()
  for await (const { records } of source.read(shardId, horizon, limits(signal))) {
    if (read === 0) await sleep(1_000)
    // What is on the way are the buffers of the sockets: some megabytes of eighty.
    if (read === 0) assert.ok(line.received - before < 30_000_000, `${line.received - before} bytes`)
    read += records.length
    if (read === count) break
  }
  assert.ok(line.received - before > count * record.length)
})

test('reading that is stopped ends at once, whether something comes or not', patient, async t => {
  const { source, put } = await open(t)
  await put(['a'])
  const stop = new AbortController()
  let read = 0
  const began = performance.now()
  for await (const { records } of source.read(shardId, horizon, limits(stop.signal))) {
    read += records.length
    setTimeout(() => stop.abort(), 100)
  }
  assert.equal(read, 1)
  assert.ok(performance.now() - began < 4_000)
})
