import { z } from 'zod'
import { throttled } from '../../aws-error.ts'
import { fields, streamReference } from '../../request.ts'
import { openIterator, placeOf, sealIterator, startTypes } from '../iterators.ts'
import type { Kinesis } from '../kinesis.ts'
import { operation, type Operation } from '../operation.ts'
import { readFrom, showChildren, showRecord } from '../reading.ts'
import type { Shard } from '../shard.ts'
import type { Stream } from '../stream.ts'

const iteratorSchema = z.object({
  ...streamReference,
  ShardId: fields.shardId,
  ShardIteratorType: z.enum(startTypes),
  StartingSequenceNumber: fields.sequence.optional(),
  Timestamp: fields.timestamp.optional(),
})

const GetShardIterator = operation(iteratorSchema, (kinesis, input) => {
  const stream = kinesis.liveStream(input)
  const shard = kinesis.shard(stream, input.ShardId)
  const now = kinesis.now()
  const { ShardIteratorType: type, StartingSequenceNumber: sequence, Timestamp: timestamp } = input
  const place = placeOf(shard, { type, sequence, timestamp }, now)
  if (!shard.throttle.admitIterator(now)) throw rateExceeded(kinesis, stream, shard)
  return { ShardIterator: sealIterator({ stream, shard, place }, now) }
})

// Source: GetRecords, "up to 10 MB of data from a single shard, and up to 10,000 records per call".
const maxRecords = 10_000
const maxReadBytes = 10 * 1024 * 1024

const readSchema = z.object({
  ShardIterator: z.string().min(1).max(512),
  Limit: fields.limit(maxRecords),
  StreamARN: fields.arn.optional(),
})

const GetRecords = operation(readSchema, (kinesis, { ShardIterator, Limit }) => {
  const { stream, shard, place } = openIterator(kinesis, ShardIterator)
  const now = kinesis.now()
  if (!shard.throttle.admitRead(now)) throw rateExceeded(kinesis, stream, shard)
  const limits = { records: Limit, bytes: maxReadBytes, visibleUntil: now - kinesis.visibleAfterMs }
  const { records, bytes, next, millisBehindLatest, ended } = readFrom(shard, place, limits, now)
  shard.throttle.chargeRead(bytes, now)
  return {
    Records: records.map(showRecord),
    MillisBehindLatest: millisBehindLatest,
    ...(ended
      ? { ChildShards: showChildren(shard) }
      : { NextShardIterator: sealIterator({ stream, shard, place: next }, now) }),
  }
})

function rateExceeded(kinesis: Kinesis, stream: Stream, shard: Shard): Error {
  const where = `stream ${stream.name} under account ${kinesis.accountId}`
  return throttled(`Rate exceeded for shard ${shard.shardId} in ${where}.`)
}

export const readOperations: Readonly<Record<string, Operation>> = { GetShardIterator, GetRecords }
