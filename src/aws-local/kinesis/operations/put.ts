import { z } from 'zod'
import { hashKeyOf, maxHashKey } from '../../../streams/index.ts'
import { AwsError, invalidArgument, throttled } from '../../aws-error.ts'
import { fields, streamReference } from '../../request.ts'
import type { Kinesis } from '../kinesis.ts'
import { operation, type Operation } from '../operation.ts'
import type { Shard } from '../shard.ts'
import type { Stream } from '../stream.ts'

const entry = {
  Data: fields.blob,
  PartitionKey: z.string().min(1).max(256),
  ExplicitHashKey: fields.hashKey.optional(),
}

type Entry = z.output<z.ZodObject<typeof entry>>

// Source: PutRecords, "up to 500 records; each up to 10 MiB, up to a total of 10 MiB, partition keys included".
const maxRequestBytes = 10 * 1024 * 1024
const maxRecords = 500

interface Placed {
  readonly shard: Shard
  readonly sequence: string
}

const PutRecord = operation(
  z.object({ ...streamReference, ...entry, SequenceNumberForOrdering: fields.sequence.optional() }),
  (kinesis, input) => {
    const stream = kinesis.liveStream(input)
    refuseTooLarge(stream, input)
    const placed = put(kinesis, stream, input)
    if (placed instanceof AwsError) throw placed
    return { ShardId: placed.shard.shardId, SequenceNumber: placed.sequence, ...encryption(stream) }
  },
)

const PutRecords = operation(
  z.object({ ...streamReference, Records: z.array(z.object(entry)).min(1).max(maxRecords) }),
  (kinesis, input) => {
    const stream = kinesis.liveStream(input)
    const bytes = input.Records.reduce((sum, record) => sum + bytesOf(record), 0)
    if (bytes > maxRequestBytes) throw invalidArgument(`Records size exceeds 10 MB limit: ${bytes} bytes.`)
    for (const record of input.Records) refuseTooLarge(stream, record)
    const placed = input.Records.map(record => put(kinesis, stream, record))
    return {
      FailedRecordCount: placed.filter(result => result instanceof AwsError).length,
      Records: placed.map(showPlaced),
      ...encryption(stream),
    }
  },
)

/** Where the record went, or why it went nowhere. */
function put(kinesis: Kinesis, stream: Stream, record: Entry): Placed | AwsError {
  const now = kinesis.now()
  const shard = stream.tree.owner(hashKeyIn(record))
  const bytes = bytesOf(record)
  if (!shard.throttle.admitWrite(bytes, now)) {
    const where = `stream ${stream.name} under account ${kinesis.accountId}`
    return throttled(`Rate exceeded for shard ${shard.shardId} in ${where}.`)
  }
  const sequence = shard.append({ partitionKey: record.PartitionKey, data: record.Data, bytes }, now)
  return { shard, sequence }
}

function showPlaced(placed: Placed | AwsError): object {
  return placed instanceof AwsError
    ? { ErrorCode: placed.code, ErrorMessage: placed.message }
    : { ShardId: placed.shard.shardId, SequenceNumber: placed.sequence }
}

function hashKeyIn({ PartitionKey, ExplicitHashKey }: Entry): bigint {
  if (ExplicitHashKey === undefined) return hashKeyOf(PartitionKey)
  const hashKey = BigInt(ExplicitHashKey)
  if (hashKey <= maxHashKey) return hashKey
  throw invalidArgument(`Invalid ExplicitHashKey ${ExplicitHashKey}: it must be below 2^128.`)
}

/** The bytes that AWS counts: the data, decoded, and the partition key. */
function bytesOf({ Data, PartitionKey }: Entry): number {
  const padding = Data.endsWith('==') ? 2 : Data.endsWith('=') ? 1 : 0
  return (Data.length / 4) * 3 - padding + Buffer.byteLength(PartitionKey)
}

function refuseTooLarge(stream: Stream, record: Entry): void {
  const most = stream.maxRecordKiB * 1024
  const bytes = bytesOf(record)
  if (bytes > most) {
    throw invalidArgument(`The record has ${bytes} bytes; stream ${stream.name} takes ${most} at most.`)
  }
}

function encryption({ keyId }: Stream): object {
  return keyId === undefined ? {} : { EncryptionType: 'KMS' }
}

export const putOperations: Readonly<Record<string, Operation>> = { PutRecord, PutRecords }
