import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { crc32 } from 'node:zlib'
import type { Position, RecordBatch } from '../../streams/index.ts'
import { openAws, type AwsOptions } from './index.ts'
import { horizon, limits, texts } from './test-reading.ts'

const shardId = 'shardId-000000000000'

/** One message of an event stream, with text for headers. */
function message(headers: Readonly<Record<string, string>>, payload: object = {}): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) =>
      Buffer.concat([
        Buffer.from([name.length]),
        Buffer.from(name),
        Buffer.from([7, 0, value.length]),
        Buffer.from(value),
      ]),
    ),
  )
  const bytes = Buffer.concat([Buffer.alloc(12), head, Buffer.from(JSON.stringify(payload)), Buffer.alloc(4)])
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(head.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

/** An event with one record, or with none. */
function event(sequence: string, data?: string): Buffer {
  const record = {
    SequenceNumber: sequence,
    PartitionKey: 'k',
    Data: Buffer.from(data ?? '').toString('base64'),
    ApproximateArrivalTimestamp: 1_760_000_000,
  }
  const payload = {
    Records: data === undefined ? [] : [record],
    ContinuationSequenceNumber: sequence,
    MillisBehindLatest: 0,
  }
  return message({ ':message-type': 'event', ':event-type': 'SubscribeToShardEvent' }, payload)
}

const exception = (name: string) =>
  message({ ':message-type': 'exception', ':exception-type': name }, { message: `${name} it is` })

/** What is done with the answer to one SubscribeToShard. */
type Subscribed = (response: ServerResponse) => void
const refuse =
  (name: string): Subscribed =>
  response =>
    void response.writeHead(400).end(JSON.stringify({ __type: name, message: `${name} it is` }))
const tell =
  (...frames: readonly Buffer[]): Subscribed =>
  response =>
    void response.end(Buffer.concat(frames))

interface Start {
  readonly Type: string
  readonly SequenceNumber?: string
}

/** Subscriptions are answered one after the other; the last answer is given again and again. */
async function open(t: TestContext, answers: readonly Subscribed[], options: Partial<AwsOptions> = {}) {
  const starts: Start[] = []
  const server = createServer((request, response) => {
    void body(request).then(input => {
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
      if (operation !== 'SubscribeToShard') return response.end(JSON.stringify(described[operation] ?? {}))
      starts.push(JSON.parse(input).StartingPosition)
      return answers[Math.min(starts.length, answers.length) - 1]?.(response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const backend = openAws({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    leaseStore: () => assert.fail('no leases here'),
    retrieval: 'fanOut',
    ...options,
  })
  t.after(async () => {
    await backend.close()
    server.closeAllConnections()
    server.close()
  })
  return { source: backend.source('raw', { application: 'app' }), starts }
}

const described: Readonly<Record<string, object>> = {
  DescribeStreamSummary: { StreamDescriptionSummary: { StreamARN: 'arn:stream' } },
  DescribeStreamConsumer: { ConsumerDescription: { ConsumerARN: 'arn:consumer', ConsumerStatus: 'ACTIVE' } },
  ListShards: {
    Shards: [
      {
        ShardId: shardId,
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: '1' },
        SequenceNumberRange: { StartingSequenceNumber: '100' },
      },
    ],
  },
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function readTexts(
  { source }: Awaited<ReturnType<typeof open>>,
  count: number,
  from: Position = horizon,
) {
  const batches: RecordBatch[] = []
  for await (const batch of source.read(shardId, from, limits())) {
    batches.push(batch)
    if (texts(batches).length >= count) break
  }
  return batches
}

const troubles: readonly (readonly [string, readonly Subscribed[]])[] = [
  ['the end of a subscription', [tell(event('101', 'a'))]],
  ['another one who subscribes', [tell(event('101', 'a'), exception('ResourceInUseException'))]],
  ['an internal failure', [tell(event('101', 'a'), exception('InternalFailureException'))]],
  [
    'throttling by the keys of the encryption',
    [tell(event('101', 'a'), exception('KMSThrottlingException'))],
  ],
  ['gibberish', [tell(event('101', 'a'), Buffer.from('<html>no gateway</html>'))]],
  ['half an event', [tell(event('101', 'a'), event('102', 'b').subarray(0, 40))]],
  [
    'a reset',
    [response => void response.write(event('101', 'a'), () => setTimeout(() => response.destroy(), 20))],
  ],
  [
    'a refusal',
    [tell(event('101', 'a')), refuse('ResourceInUseException'), refuse('LimitExceededException')],
  ],
]

for (const [name, answers] of troubles) {
  test(`after ${name} the next subscription goes on`, { timeout: 20_000 }, async t => {
    const opened = await open(t, [...answers, tell(event('102', 'b'))])
    assert.deepEqual(texts(await readTexts(opened, 2)), ['a', 'b'])
    assert.deepEqual(opened.starts[0], { Type: 'TRIM_HORIZON' })
    assert.deepEqual(opened.starts.at(-1), { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '101' })
  })
}

test('a subscription that falls silent is given up', { timeout: 20_000 }, async t => {
  const silent: Subscribed = response => void response.write(event('101', 'a'))
  const opened = await open(t, [silent, silent, tell(event('102', 'b'))], { silentMs: 300 })
  assert.deepEqual(texts(await readTexts(opened, 2)), ['a', 'b'])
})

test('whoever may not subscribe hears it at once', async t => {
  const opened = await open(t, [refuse('AccessDeniedException')])
  await assert.rejects(readTexts(opened, 1), { code: 'source', retryable: false })
})

test('a sequence that the stream no longer takes means the horizon, with a gap', async t => {
  const opened = await open(t, [refuse('InvalidArgumentException'), tell(event('300', 'left'))])
  const from: Position = { at: 'after', sequence: '150', subSequence: 0 }
  const batches = await readTexts(opened, 1, from)
  assert.deepEqual([texts(batches), batches[0]?.gap], [['left'], true])
  assert.deepEqual(
    opened.starts.map(({ Type }) => Type),
    ['AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'],
  )
})

test('a stream that never answers with events is no busy loop', { timeout: 20_000 }, async t => {
  const opened = await open(t, [tell()])
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 1_500)
  for await (const _ of opened.source.read(shardId, horizon, limits({ signal: stop.signal })));
  assert.ok(opened.starts.length > 1 && opened.starts.length < 12, `${opened.starts.length} subscriptions`)
})
