import { z } from 'zod'
import { invalidArgument } from '../../aws-error.ts'
import { fields, streamReference } from '../../request.ts'
import type { Kinesis } from '../kinesis.ts'
import { operation, type Operation } from '../operation.ts'
import { consumerOf } from './consumers.ts'
import { streamModes } from './streams.ts'

// Source: IncreaseStreamRetentionPeriod, "up to 8760 hours (365 days)".
const retentionSchema = z.object({ ...streamReference, RetentionPeriodHours: z.int().min(24).max(8760) })

const IncreaseStreamRetentionPeriod = operation(retentionSchema, (kinesis, input) => {
  const stream = kinesis.activeStream(input)
  const { RetentionPeriodHours: hours } = input
  if (hours < stream.retentionHours) {
    throw invalidArgument(
      `Requested retention period (${hours} hours) for stream ${stream.name} can not be less than existing retention period (${stream.retentionHours} hours).`,
    )
  }
  stream.retentionHours = hours
  stream.update(kinesis.now())
})

const DecreaseStreamRetentionPeriod = operation(retentionSchema, (kinesis, input) => {
  const stream = kinesis.activeStream(input)
  const { RetentionPeriodHours: hours } = input
  if (hours > stream.retentionHours) {
    throw invalidArgument(
      `Requested retention period (${hours} hours) for stream ${stream.name} can not be longer than existing retention period (${stream.retentionHours} hours).`,
    )
  }
  stream.retentionHours = hours
  stream.update(kinesis.now())
  stream.trim(kinesis.now())
})

const UpdateMaxRecordSize = operation(
  z.object({ ...streamReference, MaxRecordSizeInKiB: z.int().min(1024).max(10_240) }),
  (kinesis, input) => {
    const stream = kinesis.activeStream(input)
    stream.maxRecordKiB = input.MaxRecordSizeInKiB
    stream.update(kinesis.now())
  },
)

const UpdateStreamMode = operation(
  z.object({ ...streamReference, StreamModeDetails: z.object({ StreamMode: z.enum(streamModes) }) }),
  (kinesis, input) => {
    const stream = kinesis.activeStream(input)
    stream.mode = input.StreamModeDetails.StreamMode
    stream.update(kinesis.now())
  },
)

const metricsSchema = z.object({ ...streamReference, ShardLevelMetrics: z.array(z.string()).min(1) })

/** What is switched on is told; no metrics come of it. */
const EnableEnhancedMonitoring = operation(metricsSchema, (kinesis, input) => {
  const stream = kinesis.stream(input)
  const before = [...stream.monitored]
  for (const metric of input.ShardLevelMetrics) stream.monitored.add(metric)
  return monitoring(stream, before)
})

const DisableEnhancedMonitoring = operation(metricsSchema, (kinesis, input) => {
  const stream = kinesis.stream(input)
  const before = [...stream.monitored]
  if (input.ShardLevelMetrics.includes('ALL')) stream.monitored.clear()
  for (const metric of input.ShardLevelMetrics) stream.monitored.delete(metric)
  return monitoring(stream, before)
})

function monitoring(stream: { name: string; arn: string; monitored: Set<string> }, before: string[]): object {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    CurrentShardLevelMetrics: before,
    DesiredShardLevelMetrics: [...stream.monitored],
  }
}

const encryptionSchema = z.object({
  ...streamReference,
  EncryptionType: z.enum(['KMS', 'NONE']),
  KeyId: z.string().min(1).max(2048),
})

/** Remembered and told; nothing is encrypted. */
const StartStreamEncryption = operation(encryptionSchema, (kinesis, input) => {
  const stream = kinesis.activeStream(input)
  stream.keyId = input.KeyId
  stream.update(kinesis.now())
})

const StopStreamEncryption = operation(encryptionSchema, (kinesis, input) => {
  const stream = kinesis.activeStream(input)
  stream.keyId = undefined
  stream.update(kinesis.now())
})

const DescribeLimits = operation(z.object({}), kinesis => {
  const streams = kinesis.streams()
  return {
    ShardLimit: Math.min(kinesis.limits.shards, 1_000_000),
    OpenShardCount: streams.reduce((sum, { tree }) => sum + tree.open.length, 0),
    OnDemandStreamCount: streams.filter(({ mode }) => mode === 'ON_DEMAND').length,
    OnDemandStreamCountLimit: 50,
  }
})

const AddTagsToStream = operation(z.object({ ...streamReference, Tags: fields.tags }), (kinesis, input) => {
  const { tags } = kinesis.stream(input)
  for (const [key, value] of Object.entries(input.Tags)) tags.set(key, value)
})

const RemoveTagsFromStream = operation(
  z.object({ ...streamReference, TagKeys: z.array(z.string()).min(1) }),
  (kinesis, input) => {
    const { tags } = kinesis.stream(input)
    for (const key of input.TagKeys) tags.delete(key)
  },
)

const ListTagsForStream = operation(
  z.object({ ...streamReference, Limit: fields.limit(50), ExclusiveStartTagKey: z.string().default('') }),
  (kinesis, input) => {
    const tags = [...kinesis.stream(input).tags].sort(([a], [b]) => (a < b ? -1 : 1))
    const left = tags.filter(([key]) => key > input.ExclusiveStartTagKey)
    return {
      Tags: left.slice(0, input.Limit).map(([Key, Value]) => ({ Key, Value })),
      HasMoreTags: left.length > input.Limit,
    }
  },
)

const resource = { ResourceARN: fields.arn }

/** The tags of a stream, or of a consumer. */
function tagsOf(kinesis: Kinesis, arn: string): Map<string, string> {
  return arn.includes('/consumer/')
    ? consumerOf(kinesis, { ConsumerARN: arn }).consumer.tags
    : kinesis.stream({ StreamARN: arn }).tags
}

const TagResource = operation(
  z.object({ ...resource, Tags: fields.tags }),
  (kinesis, { ResourceARN, Tags }) => {
    const tags = tagsOf(kinesis, ResourceARN)
    for (const [key, value] of Object.entries(Tags)) tags.set(key, value)
  },
)

const UntagResource = operation(
  z.object({ ...resource, TagKeys: z.array(z.string()).min(1) }),
  (kinesis, { ResourceARN, TagKeys }) => {
    const tags = tagsOf(kinesis, ResourceARN)
    for (const key of TagKeys) tags.delete(key)
  },
)

const ListTagsForResource = operation(z.object(resource), (kinesis, { ResourceARN }) => ({
  Tags: [...tagsOf(kinesis, ResourceARN)].map(([Key, Value]) => ({ Key, Value })),
}))

export const settingOperations: Readonly<Record<string, Operation>> = {
  IncreaseStreamRetentionPeriod,
  DecreaseStreamRetentionPeriod,
  UpdateMaxRecordSize,
  UpdateStreamMode,
  EnableEnhancedMonitoring,
  DisableEnhancedMonitoring,
  StartStreamEncryption,
  StopStreamEncryption,
  DescribeLimits,
  AddTagsToStream,
  RemoveTagsFromStream,
  ListTagsForStream,
  TagResource,
  UntagResource,
  ListTagsForResource,
}
