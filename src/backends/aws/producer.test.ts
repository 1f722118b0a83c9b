import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/index.ts'
import { scripted } from './test-backend.ts'
import { no, type Answer, type Asked } from './test-service.ts'

const stored = { SequenceNumber: '4', ShardId: 'shardId-000000000000' }
const busy = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' }

function keysOf({ input }: Asked): string[] {
  const records = input['Records'] as readonly { PartitionKey: string }[]
  return records.map(({ PartitionKey }) => PartitionKey)
}

const records = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ partitionKey: `k${i}`, data: Buffer.from('x') }))

/** A clock on which every sleep is over at once. */
function hurriedClock() {
  let passed = 0
  return {
    ...systemClock,
    monotonic: () => performance.now() + passed,
    sleep: async (ms: number) => void (passed += ms),
  }
}

test('what was refused or is unknown is put again, and nothing else', async context => {
  const answers = [
    { json: { Records: [stored, busy, { ErrorCode: 'InternalFailure' }] } },
    no('ProvisionedThroughputExceededException'),
    no('InternalFailure', 500),
    'reset' as const,
    no('ExpiredTokenException'),
    { json: { Records: [stored, stored] } },
  ]
  let next = 0
  const { backend, service } = await scripted(context, () => answers[next++] ?? assert.fail(), {
    clock: hurriedClock(),
  })
  await backend.producer('raw').put(records(3))
  assert.deepEqual(service.asked.map(keysOf), [
    ['k0', 'k1', 'k2'],
    ...Array.from({ length: 5 }, () => ['k1', 'k2']),
  ])
})

test('a put is cut into requests that Kinesis takes', async context => {
  const answer = (asked: Asked): Answer => ({ json: { Records: keysOf(asked).map(() => stored) } })
  const { backend, service } = await scripted(context, answer, { maxRequestBytes: 1000 })
  await backend.producer('raw').put(records(1100))
  assert.ok(service.asked.every(asked => keysOf(asked).length <= 500))
  assert.deepEqual(
    service.asked.flatMap(keysOf),
    records(1100).map(({ partitionKey }) => partitionKey),
  )
  assert.ok(service.asked.length > 3)
})

test('a stream that never takes it is given up, and may be tried again', async context => {
  const { backend } = await scripted(context, () => ({ json: { Records: [busy] } }), {
    clock: hurriedClock(),
  })
  const put = backend.producer('raw').put(records(1))
  await assert.rejects(put, { code: 'sink', retryable: true, message: /put of 1 of 1 records on raw failed/ })
})

test('whoever may not write hears it at once', async context => {
  const { backend, service } = await scripted(context, () => no('AccessDeniedException'))
  await assert.rejects(backend.producer('raw').put(records(1)), { code: 'sink', retryable: false })
  assert.equal(service.asked.length, 1)
})

test('a producer waits longer for an answer than a sink under a lease', async context => {
  const waits: number[] = []
  const { backend } = await scripted(context, () => 'silence', {
    putTimeoutMs: 600,
    async post(_, { answerMs }) {
      waits.push(answerMs)
      const body = Buffer.from(JSON.stringify({ Records: [stored] }))
      return { sent: true, leftAt: 0, answer: { status: 200, headers: {}, body } }
    },
  })
  await backend.producer('raw').put(records(1))
  assert.deepEqual(waits, [5000])
})
