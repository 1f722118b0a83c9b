import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { refusalOf } from './answer.ts'
import { putRecordsBody } from './put-body.ts'
import { putResults } from './put-reply.ts'

const json = (value: unknown) => Buffer.from(JSON.stringify(value))

test('accepted is stored, throttled is surely not, and everything else is unknown', () => {
  const body = json({
    FailedRecordCount: 3,
    Records: [
      { SequenceNumber: '495', ShardId: 'shardId-000000000001' },
      { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' },
      { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal Service Failure' },
      { ErrorCode: 'SomethingNew' },
      { SequenceNumber: '496', ShardId: 'shardId-000000000001', ErrorCode: null, ErrorMessage: null },
      {},
      null,
    ],
  })
  assert.deepEqual(
    putResults(body, 7).map(({ fate }) => fate),
    ['stored', 'refused', 'unknown', 'unknown', 'stored', 'unknown', 'unknown'],
  )
})

test('an answer that does not fit the request says nothing about it', () => {
  for (const body of [
    json({ Records: [{ SequenceNumber: '1' }] }),
    json([]),
    Buffer.from('<html>'),
    Buffer.alloc(0),
  ]) {
    assert.deepEqual(
      putResults(body, 2).map(({ fate }) => fate),
      ['unknown', 'unknown'],
    )
  }
})

test('the body is what the API asks for, whatever keys and data hold', () => {
  const entry = fc.record(
    {
      partitionKey: fc.string({ unit: 'binary' }).filter(text => text.isWellFormed()),
      explicitHashKey: fc.nat().map(String),
      data: fc.uint8Array({ maxLength: 100 }),
    },
    { requiredKeys: ['partitionKey', 'data'], noNullPrototype: true },
  )
  fc.assert(
    fc.property(
      fc.string().filter(text => text.isWellFormed()),
      fc.array(entry, { maxLength: 20 }),
      (stream, entries) => {
        assert.deepEqual(JSON.parse(putRecordsBody(stream, entries).toString('utf8')), {
          StreamName: stream,
          Records: entries.map(({ partitionKey, explicitHashKey, data }) => ({
            Data: Buffer.from(data).toString('base64'),
            ...(explicitHashKey !== undefined && { ExplicitHashKey: explicitHashKey }),
            PartitionKey: partitionKey,
          })),
        })
      },
    ),
  )
})

function kind(status: number, type: string) {
  return refusalOf({ status, headers: {}, body: json({ __type: type, message: 'm' }) })?.kind
}

test('a no is of one of a few kinds', () => {
  assert.equal(kind(200, 'X'), undefined)
  assert.equal(kind(400, 'ProvisionedThroughputExceededException'), 'throttled')
  assert.equal(kind(400, 'com.amazonaws.kinesis.v20131202#LimitExceededException'), 'throttled')
  assert.equal(kind(400, 'KMSThrottlingException'), 'throttled')
  assert.equal(kind(400, 'ExpiredTokenException'), 'credentials')
  assert.equal(kind(403, 'InvalidSignatureException'), 'credentials')
  assert.equal(kind(400, 'ResourceNotFoundException'), 'missing')
  assert.equal(kind(400, 'ExpiredIteratorException'), 'expired-iterator')
  assert.equal(kind(400, 'AccessDeniedException'), 'invalid')
  assert.equal(kind(400, 'ValidationException'), 'invalid')
  assert.equal(kind(400, 'InternalFailure'), 'down')
  assert.equal(kind(503, 'Whatever'), 'down')
  const proxy = { status: 502, headers: {}, body: Buffer.from('<html>Bad Gateway') }
  assert.equal(refusalOf(proxy)?.kind, 'down')
})
