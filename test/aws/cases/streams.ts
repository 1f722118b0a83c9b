import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  ListStreamsCommand,
  ListTagsForResourceCommand,
  ListTagsForStreamCommand,
  TagResourceCommand,
  UpdateMaxRecordSizeCommand,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis'
import { coverOf, outcome } from '../bench.ts'
import type { Case } from '../case.ts'

export const streamCases: readonly Case[] = [
  {
    name: 'a new stream has even, adjoining shards',
    aws: '3 shards, whole',
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 3 })
      const shards = await bench.shards(name)
      return `${shards.length} shards, ${coverOf(shards)}`
    },
  },
  {
    name: 'a stream on demand begins with four shards',
    aws: 'ON_DEMAND, 4 shards',
    differs: { kinesalite: 'ValidationException' },
    observe: async bench => {
      const { name } = await bench.stream({ StreamModeDetails: { StreamMode: 'ON_DEMAND' } })
      const { StreamModeDetails, OpenShardCount } = await bench.summary(name)
      return `${StreamModeDetails?.StreamMode}, ${OpenShardCount} shards`
    },
  },
  {
    name: 'creating a stream twice',
    aws: 'ResourceInUseException',
    observe: async bench => {
      const { name } = await bench.stream()
      return outcome(bench.client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 })))
    },
  },
  {
    name: 'describing what does not exist',
    aws: 'ResourceNotFoundException',
    observe: async bench =>
      outcome(bench.client.send(new DescribeStreamSummaryCommand({ StreamName: bench.freshName() }))),
  },
  {
    name: 'StreamARN instead of StreamName',
    aws: 'found',
    differs: { kinesalite: 'ValidationException' },
    observe: async bench => {
      const { name, arn } = await bench.stream()
      const command = new DescribeStreamSummaryCommand({ StreamARN: arn })
      const { StreamDescriptionSummary } = await bench.patiently(() => bench.client.send(command))
      return StreamDescriptionSummary?.StreamName === name ? 'found' : 'another'
    },
  },
  {
    name: 'DescribeStream in pages',
    aws: '2 more, 1 last',
    differs: { kinesalite: '3 last, 3 last' },
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 3 })
      const page = async (after?: string) => {
        const input = { StreamName: name, Limit: 2, ...(after ? { ExclusiveStartShardId: after } : {}) }
        const command = new DescribeStreamCommand(input)
        return (await bench.patiently(() => bench.client.send(command))).StreamDescription
      }
      const show = (found: Awaited<ReturnType<typeof page>>) =>
        `${found?.Shards?.length} ${found?.HasMoreShards === true ? 'more' : 'last'}`
      const first = await page()
      return `${show(first)}, ${show(await page(first?.Shards?.at(-1)?.ShardId))}`
    },
  },
  {
    name: 'ListStreams after a name',
    aws: 'listed',
    observe: async bench => {
      const { name } = await bench.stream()
      const command = new ListStreamsCommand({ ExclusiveStartStreamName: name.slice(0, -1), Limit: 100 })
      const { StreamNames = [] } = await bench.patiently(() => bench.client.send(command))
      return StreamNames.includes(name) ? 'listed' : 'missing'
    },
  },
  {
    name: 'a deleted stream is gone',
    aws: 'ResourceNotFoundException',
    observe: async bench => {
      const { name } = await bench.stream()
      await bench.patiently(() => bench.client.send(new DeleteStreamCommand({ StreamName: name })))
      for (;;) {
        const command = new DescribeStreamSummaryCommand({ StreamName: name })
        const said = await outcome(bench.patiently(() => bench.client.send(command)))
        if (said !== 'accepted') return said
        await bench.wait(50)
      }
    },
  },
  {
    name: 'tags',
    aws: 'team=data',
    observe: async bench => {
      const { name } = await bench.stream()
      const add = new AddTagsToStreamCommand({ StreamName: name, Tags: { team: 'data' } })
      await bench.patiently(() => bench.client.send(add))
      const list = new ListTagsForStreamCommand({ StreamName: name })
      const { Tags = [] } = await bench.patiently(() => bench.client.send(list))
      return Tags.map(({ Key, Value }) => `${Key}=${Value}`).join(' ')
    },
  },
  {
    name: 'tags by ARN',
    aws: 'team=data',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const { arn } = await bench.stream()
      const add = new TagResourceCommand({ ResourceARN: arn, Tags: { team: 'data' } })
      await bench.patiently(() => bench.client.send(add))
      const list = new ListTagsForResourceCommand({ ResourceARN: arn })
      const { Tags = [] } = await bench.patiently(() => bench.client.send(list))
      return Tags.map(({ Key, Value }) => `${Key}=${Value}`).join(' ')
    },
  },
  {
    name: 'retention up to a year',
    aws: '8760 hours',
    differs: { kinesalite: 'ValidationException' },
    observe: async bench => {
      const { name } = await bench.stream()
      const command = new IncreaseStreamRetentionPeriodCommand({
        StreamName: name,
        RetentionPeriodHours: 8760,
      })
      await bench.patiently(() => bench.client.send(command))
      await bench.active(name)
      return `${(await bench.summary(name)).RetentionPeriodHours} hours`
    },
  },
  {
    name: 'increasing retention to less',
    aws: 'InvalidArgumentException',
    observe: async bench => {
      const { name } = await bench.stream()
      const up = new IncreaseStreamRetentionPeriodCommand({ StreamName: name, RetentionPeriodHours: 48 })
      await bench.patiently(() => bench.client.send(up))
      await bench.active(name)
      const less = new IncreaseStreamRetentionPeriodCommand({ StreamName: name, RetentionPeriodHours: 36 })
      return outcome(bench.client.send(less))
    },
  },
  {
    name: 'decreasing retention to more',
    aws: 'InvalidArgumentException',
    observe: async bench => {
      const { name } = await bench.stream()
      const command = new DecreaseStreamRetentionPeriodCommand({
        StreamName: name,
        RetentionPeriodHours: 48,
      })
      return outcome(bench.client.send(command))
    },
  },
  {
    name: 'a record of 2 MiB once the stream takes such',
    aws: 'accepted',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const { name, arn } = await bench.stream()
      const raise = new UpdateMaxRecordSizeCommand({ StreamARN: arn, MaxRecordSizeInKiB: 10_240 })
      await bench.patiently(() => bench.client.send(raise))
      await bench.active(name)
      const Data = Buffer.alloc(2 * 1024 * 1024)
      return outcome(bench.client.send(new PutRecordCommand({ StreamName: name, PartitionKey: 'key', Data })))
    },
  },
]
