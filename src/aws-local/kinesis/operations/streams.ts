import { z } from 'zod'
import { inUse, invalid, limitExceeded } from '../../aws-error.ts'
import { fields, streamReference } from '../../request.ts'
import type { Kinesis } from '../kinesis.ts'
import { operation, type Operation } from '../operation.ts'
import type { Stream } from '../stream.ts'
import { listedShards, showShard } from './shards.ts'

export const streamModes = ['PROVISIONED', 'ON_DEMAND'] as const

// A stream on demand begins with four shards.
const onDemandShards = 4

const createSchema = z.object({
  StreamName: fields.name,
  ShardCount: z.int().min(1).optional(),
  StreamModeDetails: z.object({ StreamMode: z.enum(streamModes) }).optional(),
  Tags: fields.tags.optional(),
  MaxRecordSizeInKiB: z.int().min(1024).max(10_240).default(1024),
})

const CreateStream = operation(createSchema, (kinesis, input) => {
  const { StreamName, ShardCount, StreamModeDetails, Tags = {}, MaxRecordSizeInKiB } = input
  const mode = StreamModeDetails?.StreamMode ?? 'PROVISIONED'
  if (mode === 'ON_DEMAND' && ShardCount !== undefined) {
    throw invalid('ShardCount must not be given for a stream in the ON_DEMAND mode.')
  }
  const shards = mode === 'ON_DEMAND' ? onDemandShards : ShardCount
  if (shards === undefined) throw invalid('ShardCount is required in the PROVISIONED mode.')
  if (kinesis.find(StreamName) !== undefined) {
    throw inUse(`Stream ${StreamName} under account ${kinesis.accountId} already exists.`)
  }
  refuseTooMany(kinesis, shards)
  const stream = kinesis.create(StreamName, mode, shards, MaxRecordSizeInKiB)
  for (const [key, value] of Object.entries(Tags)) stream.tags.set(key, value)
})

/** Throws a LimitExceededException when the account has no room for `more` shards. */
export function refuseTooMany(kinesis: Kinesis, more: number): void {
  const open = kinesis.streams().reduce((sum, { tree }) => sum + tree.open.length, 0)
  if (open + more <= kinesis.limits.shards) return
  const account = `the shard limit of account ${kinesis.accountId}`
  throw limitExceeded(
    `This request would exceed ${account}: ${open} open, ${kinesis.limits.shards} allowed, ${more} asked for.`,
  )
}

const deleteSchema = z.object({ ...streamReference, EnforceConsumerDeletion: z.boolean().default(false) })

const DeleteStream = operation(deleteSchema, (kinesis, input) => {
  const stream = kinesis.stream(input)
  if (stream.consumers.size > 0 && !input.EnforceConsumerDeletion) {
    throw inUse(`Stream ${stream.name} has consumers: deregister them or set EnforceConsumerDeletion.`)
  }
  for (const consumer of stream.consumers.values()) consumer.end()
  stream.consumers.clear()
  stream.delete(kinesis.now())
})

const describeSchema = z.object({
  ...streamReference,
  Limit: z.int().min(1).max(10_000).default(100),
  ExclusiveStartShardId: fields.shardId.optional(),
})

const DescribeStream = operation(describeSchema, (kinesis, input) => {
  const stream = kinesis.stream(input)
  const { Limit, ExclusiveStartShardId = '' } = input
  const known = stream.status(kinesis.now()) === 'CREATING' ? [] : listedShards(kinesis, stream)
  const shards = known.filter(({ shardId }) => shardId > ExclusiveStartShardId)
  return {
    StreamDescription: {
      ...describe(kinesis, stream),
      Shards: shards.slice(0, Limit).map(shard => showShard(kinesis, shard)),
      HasMoreShards: shards.length > Limit,
    },
  }
})

const DescribeStreamSummary = operation(z.object(streamReference), (kinesis, input) => {
  const stream = kinesis.stream(input)
  return {
    StreamDescriptionSummary: {
      ...describe(kinesis, stream),
      OpenShardCount: stream.tree.open.length,
      ConsumerCount: stream.consumers.size,
      MaxRecordSizeInKiB: stream.maxRecordKiB,
    },
  }
})

function describe(kinesis: Kinesis, stream: Stream): object {
  const { keyId } = stream
  return {
    ...summary(kinesis, stream),
    RetentionPeriodHours: stream.retentionHours,
    EnhancedMonitoring: [{ ShardLevelMetrics: [...stream.monitored] }],
    EncryptionType: keyId === undefined ? 'NONE' : 'KMS',
    ...(keyId === undefined ? {} : { KeyId: keyId }),
  }
}

function summary(kinesis: Kinesis, stream: Stream) {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: stream.status(kinesis.now()),
    StreamModeDetails: { StreamMode: stream.mode },
    StreamCreationTimestamp: stream.createdAt / 1000,
  }
}

const listSchema = z.object({
  Limit: fields.limit(10_000).default(100),
  ExclusiveStartStreamName: fields.name.optional(),
  NextToken: fields.name.optional(),
})

const ListStreams = operation(listSchema, (kinesis, { Limit, ExclusiveStartStreamName, NextToken }) => {
  const after = NextToken ?? ExclusiveStartStreamName ?? ''
  const left = kinesis.streams().filter(({ name }) => name > after)
  const page = left.slice(0, Limit)
  const more = left.length > Limit
  return {
    StreamNames: page.map(({ name }) => name),
    StreamSummaries: page.map(stream => summary(kinesis, stream)),
    HasMoreStreams: more,
    ...(more ? { NextToken: page.at(-1)?.name } : {}),
  }
})

export const streamOperations: Readonly<Record<string, Operation>> = {
  CreateStream,
  DeleteStream,
  DescribeStream,
  DescribeStreamSummary,
  ListStreams,
}
