import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PutRequest } from '../../delivery/index.ts'
import { systemClock } from '../../lib/index.ts'
import type { MillraceEvent } from '../../observe/index.ts'
import { hashKeyOf, type OutputRecord } from '../../streams/index.ts'
import { parseProvenanceKey } from './provenance-key.ts'
import { scripted } from './test-backend.ts'
import { no, type Answer, type Asked } from './test-service.ts'

const streams = { good: 'enriched' }

function output(i: number, partitionKey = `key-${i}`, data = `data ${i}`): OutputRecord {
  const provenance = {
    stream: 'raw',
    shardId: 'shardId-000000000003',
    sequence: String(i),
    subSequence: 0,
    index: 0,
  }
  return { kind: 'good', partitionKey, data: Buffer.from(data), provenance, output: 0 }
}

function request(records: readonly OutputRecord[], mayGo = () => true): PutRequest {
  return { kind: 'good', records, epoch: 9, mayGo }
}

interface PutInput {
  readonly StreamName: string
  readonly Records: readonly { Data: string; PartitionKey: string; ExplicitHashKey?: string }[]
}

function recordsOf({ input }: Asked): PutInput['Records'] {
  return (input as unknown as PutInput).Records
}

const stored = { SequenceNumber: '4', ShardId: 'shardId-000000000000' }
const storeOne = () => ({ json: { Records: [stored] } })
const busy = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' }

test('the key carries the provenance, and the hash of the key that was meant routes', async context => {
  const { backend, service } = await scripted(context, storeOne)
  const sink = backend.sink({ application: 'app', streams })
  await sink.put(request([output(1)]))
  const [asked] = service.asked
  assert.equal(asked?.operation, 'PutRecords')
  assert.equal(asked?.input['StreamName'], 'enriched')
  const [record] = recordsOf(asked ?? assert.fail())
  assert.equal(record?.ExplicitHashKey, hashKeyOf('key-1').toString())
  assert.equal(Buffer.from(record?.Data ?? '', 'base64').toString(), 'data 1')
  assert.deepEqual(parseProvenanceKey(record?.PartitionKey ?? ''), {
    partitionKey: 'key-1',
    provenance: { ...output(1).provenance, application: 'app', output: 0, epoch: 9 },
  })
})

test('provenance can be left out: then the key is the key', async context => {
  const { backend, service } = await scripted(context, storeOne, { provenance: 'none' })
  await backend.sink({ application: 'app', streams }).put(request([output(1)]))
  const [record] = recordsOf(service.asked[0] ?? assert.fail())
  assert.deepEqual([record?.PartitionKey, record?.ExplicitHashKey], ['key-1', undefined])
})

test('each record of an answer has its own fate', async context => {
  const json = { FailedRecordCount: 2, Records: [stored, busy, { ErrorCode: 'InternalFailure' }, stored] }
  const { backend } = await scripted(context, ({ operation }) =>
    operation === 'PutRecords' ? { json } : { json: { Shards: [] } },
  )
  const records = [output(1), output(2), output(3), output(4)]
  const reply = await backend.sink({ application: 'app', streams }).put(request(records))
  assert.deepEqual(reply.sent && reply.fates, ['stored', 'refused', 'unknown', 'stored'])
})

const wholes: readonly (readonly [string, Answer, 'refused' | 'unknown'])[] = [
  ['throttled', no('ProvisionedThroughputExceededException'), 'refused'],
  ['throttled by KMS', no('KMSThrottlingException'), 'refused'],
  ['failed', no('InternalFailure', 500), 'unknown'],
  ['unavailable', { status: 503, text: 'busy' }, 'unknown'],
  ['behind a broken proxy', { status: 502, text: '<html>' }, 'unknown'],
  ['cut off', 'reset', 'unknown'],
  ['silent', 'silence', 'unknown'],
  ['silent after half an answer', 'half', 'unknown'],
  ['gibberish', { status: 200, text: '<html>welcome</html>' }, 'unknown'],
]

for (const [name, answer, fate] of wholes) {
  test(`a request to a service that is ${name} is made once, and its records are ${fate}`, async context => {
    const options = { putTimeoutMs: 100 }
    const { backend, service } = await scripted(context, () => answer, options)
    const before = performance.now()
    const reply = await backend.sink({ application: 'app', streams }).put(request([output(1), output(2)]))
    assert.ok(reply.sent)
    assert.deepEqual(reply.fates, [fate, fate])
    assert.ok(reply.leftAt >= before && reply.leftAt <= performance.now())
    assert.equal(service.asked.filter(({ operation }) => operation === 'PutRecords').length, 1)
  })
}

test('who may not write hears it at once, and nobody tries again', async context => {
  for (const type of ['AccessDeniedException', 'ValidationException']) {
    const { backend } = await scripted(context, () => no(type))
    const put = backend.sink({ application: 'app', streams }).put(request([output(1)]))
    await assert.rejects(put, { code: 'sink', retryable: false })
  }
  const { backend } = await scripted(context, () => no('ResourceNotFoundException'))
  const put = backend.sink({ application: 'app', streams }).put(request([output(1)]))
  await assert.rejects(put, { code: 'sink', retryable: true, message: /create it first/ })
})

test('credentials that have expired are renewed, and nothing was stored', async context => {
  let renewed = 0
  const credentials = async () => ({ accessKeyId: `key-${renewed++}`, secretAccessKey: 's' })
  const { backend } = await scripted(context, () => no('ExpiredTokenException'), { credentials })
  const sink = backend.sink({ application: 'app', streams })
  const reply = await sink.put(request([output(1)]))
  assert.deepEqual(reply.sent && reply.fates, ['refused'])
  for (let i = 1; i < 5; i++) await sink.put(request([output(1)]))
  await assert.rejects(sink.put(request([output(1)])), { code: 'sink', retryable: true })
})

test('where no other credentials are found the records are refused as before, and nothing breaks', async context => {
  let found = 0
  const credentials = async () => {
    if (found++ > 0) throw new Error('the metadata service does not answer')
    return { accessKeyId: 'key', secretAccessKey: 's' }
  }
  const { backend } = await scripted(context, () => no('ExpiredTokenException'), { credentials })
  const reply = await backend.sink({ application: 'app', streams }).put(request([output(1)]))
  assert.deepEqual(reply.sent && reply.fates, ['refused'])
  assert.equal(found, 2)
})

test('a connection that is refused has stored nothing, and it is told why', async context => {
  const told: MillraceEvent[] = []
  const observe = (event: MillraceEvent) => void told.push(event)
  const { backend, service } = await scripted(context, () => 'silence', { observe })
  const sink = backend.sink({ application: 'app', streams })
  await service.close()
  const reply = await sink.put(request([output(1)]))
  assert.deepEqual(reply.sent && reply.fates, ['refused'])
  const [event] = told
  assert.ok(event?.type === 'outside-failed' && /enriched: .*ECONNREFUSED/.test(event.error))
})

test('of a record that is nearly as large as one may be, the provenance stays and the key goes', async context => {
  const { backend, service } = await scripted(context, storeOne, {
    maxRecordBytes: 2000,
  })
  const sink = backend.sink({ application: 'app', streams })
  await sink.put(request([output(1, 'k'.repeat(36), 'x'.repeat(1960))]))
  const [record] = recordsOf(service.asked[0] ?? assert.fail())
  const parsed = parseProvenanceKey(record?.PartitionKey ?? '')
  assert.deepEqual([parsed?.partitionKey, parsed?.provenance.sequence], [undefined, '1'])
  const tooLarge = sink.put(request([output(1, 'k', 'x'.repeat(1990))]))
  await assert.rejects(tooLarge, { code: 'sink', retryable: false })
  assert.equal(service.asked.length, 1)
})

test('the request limit leaves room for the provenance of every record', async context => {
  const { backend } = await scripted(context, () => ({ json: {} }), { maxRequestBytes: 5 * 1024 * 1024 })
  const { maxRequestBytes, maxRequestRecords } = backend.sink({ application: 'app', streams })
  assert.equal(maxRequestRecords, 500)
  assert.equal(maxRequestBytes, 5 * 1024 * 1024 - 500 * 256)
})

function listed(id: number, from: bigint, to: bigint) {
  return {
    ShardId: `shardId-00000000000${id}`,
    HashKeyRange: { StartingHashKey: String(from), EndingHashKey: String(to) },
    SequenceNumberRange: { StartingSequenceNumber: '1' },
  }
}

test('a hot shard is held back while the others go on', async context => {
  const half = 1n << 127n
  const Shards = [listed(0, 0n, half - 1n), listed(1, half, 2n * half - 1n)]
  const isHot = ({ ExplicitHashKey = '0' }) => BigInt(ExplicitHashKey) >= half
  let passed = 0
  const clock = {
    ...systemClock,
    monotonic: () => performance.now() + passed,
    sleep: async (ms: number) => void (passed += ms),
  }
  const answer = (asked: Asked) => {
    if (asked.operation === 'ListShards') return { json: { Shards } }
    return { json: { Records: recordsOf(asked).map(record => (isHot(record) ? busy : stored)) } }
  }
  const { backend, service } = await scripted(context, answer, { clock })
  const sink = backend.sink({ application: 'app', streams })
  const records = Array.from({ length: 40 }, (_, i) => output(i))
  const cold = records.filter(({ partitionKey }) => hashKeyOf(partitionKey) < half)
  // Its pace falls with each half second of refusals, until fewer go than want to.
  for (let round = 0; round < 20; round++) {
    const reply = await sink.put(request(records))
    assert.ok(reply.sent)
    assert.equal(reply.fates.filter(fate => fate === 'stored').length, cold.length)
    passed += 500
  }
  const sent = service.asked.filter(({ operation }) => operation === 'PutRecords').at(-1)
  const keys = recordsOf(sent ?? assert.fail())
  assert.equal(keys.filter(record => !isHot(record)).length, cold.length)
  assert.ok(keys.length < records.length, 'everything was sent every time')
})
