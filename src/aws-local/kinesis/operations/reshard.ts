import { z } from 'zod'
import { invalid, invalidArgument } from '../../aws-error.ts'
import { fields, streamReference } from '../../request.ts'
import type { Kinesis, StreamReference } from '../kinesis.ts'
import { operation, type Operation } from '../operation.ts'
import type { Shard } from '../shard.ts'
import type { Stream } from '../stream.ts'
import { refuseTooMany } from './streams.ts'

const splitSchema = z.object({
  ...streamReference,
  ShardToSplit: fields.shardId,
  NewStartingHashKey: fields.hashKey,
})

const SplitShard = operation(splitSchema, (kinesis, input) => {
  const stream = provisionedStream(kinesis, input)
  const shard = openShard(kinesis, stream, input.ShardToSplit)
  const at = BigInt(input.NewStartingHashKey)
  const { startingHashKey, endingHashKey } = shard.range
  if (at <= startingHashKey + 1n || at >= endingHashKey) {
    const bounds = `greater than one plus the shard's StartingHashKey ${startingHashKey} and less than the shard's EndingHashKey ${endingHashKey}`
    throw invalidArgument(
      `NewStartingHashKey ${at} used in SplitShard() on shard ${shard.shardId} is not both ${bounds}.`,
    )
  }
  refuseTooMany(kinesis, 1)
  stream.split(shard, at, kinesis.now())
})

const mergeSchema = z.object({
  ...streamReference,
  ShardToMerge: fields.shardId,
  AdjacentShardToMerge: fields.shardId,
})

const MergeShards = operation(mergeSchema, (kinesis, input) => {
  const stream = provisionedStream(kinesis, input)
  const shard = openShard(kinesis, stream, input.ShardToMerge)
  const adjacent = openShard(kinesis, stream, input.AdjacentShardToMerge)
  const [low, high] =
    shard.range.startingHashKey < adjacent.range.startingHashKey ? [shard, adjacent] : [adjacent, shard]
  if (low.range.endingHashKey + 1n !== high.range.startingHashKey) {
    const pair = `${shard.shardId} and ${adjacent.shardId} in stream ${stream.name}`
    throw invalidArgument(`Shards ${pair} are not an adjacent pair of shards eligible for merging.`)
  }
  stream.merge(shard, adjacent, kinesis.now())
})

const countSchema = z.object({
  ...streamReference,
  TargetShardCount: z.int().min(1),
  ScalingType: z.enum(['UNIFORM_SCALING']),
})

const UpdateShardCount = operation(countSchema, (kinesis, input) => {
  const stream = provisionedStream(kinesis, input)
  const current = stream.tree.open.length
  const target = input.TargetShardCount
  refuseStep(current, target)
  refuseTooMany(kinesis, target - current)
  stream.resize(target, kinesis.now())
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    CurrentShardCount: current,
    TargetShardCount: target,
  }
})

function refuseStep(current: number, target: number): void {
  const counts = `Current open shard count: ${current} Target shard count: ${target}`
  if (target > current * 2) {
    throw invalidArgument(
      `UpdateShardCount cannot scale up over double your current open shard count. ${counts}`,
    )
  }
  if (target < current / 2) {
    throw invalidArgument(
      `UpdateShardCount cannot scale down below half your current open shard count. ${counts}`,
    )
  }
}

function provisionedStream(kinesis: Kinesis, reference: StreamReference): Stream {
  const stream = kinesis.activeStream(reference)
  if (stream.mode === 'PROVISIONED') return stream
  throw invalid(`Stream ${stream.name} is ON_DEMAND: its shards cannot be changed by hand.`)
}

function openShard(kinesis: Kinesis, stream: Stream, shardId: string): Shard {
  const shard = kinesis.shard(stream, shardId)
  if (shard.endingSequence === undefined) return shard
  throw invalidArgument(`Shard ${shardId} in stream ${stream.name} is closed.`)
}

export const reshardOperations: Readonly<Record<string, Operation>> = {
  SplitShard,
  MergeShards,
  UpdateShardCount,
}
