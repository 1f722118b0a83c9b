import { ListShardsCommand, type ListShardsCommandInput, SplitShardCommand } from '@aws-sdk/client-kinesis'
import { middleHashKey, outcome, treeOf, type Bench } from '../bench.ts'
import type { Case } from '../case.ts'

async function list(bench: Bench, input: ListShardsCommandInput) {
  return bench.patiently(() => bench.client.send(new ListShardsCommand(input)))
}

/** Shard 0, which covers all, split into 1 and 2. */
async function splitStream(bench: Bench) {
  const stream = await bench.stream()
  const command = new SplitShardCommand({
    StreamName: stream.name,
    ShardToSplit: 'shardId-000000000000',
    NewStartingHashKey: String(middleHashKey),
  })
  await bench.patiently(() => bench.client.send(command))
  await bench.active(stream.name)
  return stream
}

async function filtered(bench: Bench, filter: NonNullable<ListShardsCommandInput['ShardFilter']>) {
  const { name } = await splitStream(bench)
  const { Shards = [] } = await list(bench, { StreamName: name, ShardFilter: filter })
  return treeOf(Shards)
}

export const shardCases: readonly Case[] = [
  {
    name: 'ListShards in pages',
    aws: '2, then 1',
    differs: { kinesalite: '3, no token' },
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 3 })
      const first = await list(bench, { StreamName: name, MaxResults: 2 })
      if (first.NextToken === undefined) return `${first.Shards?.length}, no token`
      const second = await list(bench, { NextToken: first.NextToken, MaxResults: 2 })
      return `${first.Shards?.length}, then ${second.Shards?.length}${second.NextToken === undefined ? '' : ' …'}`
    },
  },
  {
    name: 'NextToken beside StreamName',
    aws: 'InvalidArgumentException',
    differs: { kinesalite: 'no token' },
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 3 })
      const { NextToken } = await list(bench, { StreamName: name, MaxResults: 2 })
      if (NextToken === undefined) return 'no token'
      return outcome(list(bench, { StreamName: name, NextToken }))
    },
  },
  {
    name: 'a page token after five minutes',
    aws: 'ExpiredNextTokenException',
    needs: 'clock',
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 3 })
      const { NextToken = '' } = await list(bench, { StreamName: name, MaxResults: 2 })
      await bench.wait(301_000)
      return outcome(list(bench, { NextToken }))
    },
  },
  {
    name: 'ExclusiveStartShardId',
    aws: '2',
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 3 })
      const { Shards = [] } = await list(bench, {
        StreamName: name,
        ExclusiveStartShardId: 'shardId-000000000001',
      })
      return treeOf(Shards)
    },
  },
  {
    name: 'without a filter: open and closed shards',
    aws: '(0) 1<0 2<0',
    observe: async bench => treeOf(await bench.shards((await splitStream(bench)).name)),
  },
  {
    name: 'AT_LATEST: open shards',
    aws: '1<0 2<0',
    differs: { kinesalite: '(0) 1<0 2<0' },
    observe: bench => filtered(bench, { Type: 'AT_LATEST' }),
  },
  {
    name: 'AT_TRIM_HORIZON: shards that were open then',
    aws: '(0)',
    differs: { 'kinesis-local': '(0) 1<0 2<0', kinesalite: '(0) 1<0 2<0' },
    observe: bench => filtered(bench, { Type: 'AT_TRIM_HORIZON' }),
  },
  {
    name: 'FROM_TRIM_HORIZON: all shards',
    aws: '(0) 1<0 2<0',
    observe: bench => filtered(bench, { Type: 'FROM_TRIM_HORIZON' }),
  },
  {
    name: 'AFTER_SHARD_ID',
    aws: '2<0',
    differs: { kinesalite: '(0) 1<0 2<0' },
    observe: bench => filtered(bench, { Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000001' }),
  },
  {
    name: 'AT_TIMESTAMP, FROM_TIMESTAMP: before and after a split',
    aws: '(0); (0) 1<0 2<0; 1<0 2<0; 1<0 2<0',
    differs: { kinesalite: '(0) 1<0 2<0; (0) 1<0 2<0; (0) 1<0 2<0; (0) 1<0 2<0' },
    observe: async bench => {
      const { name } = await bench.stream()
      await bench.wait(1_500)
      const { sequence } = await bench.put(name, 'before')
      const before = await arrival(bench, name, 'shardId-000000000000', sequence)
      await bench.wait(1_500)
      const command = new SplitShardCommand({
        StreamName: name,
        ShardToSplit: 'shardId-000000000000',
        NewStartingHashKey: String(middleHashKey),
      })
      await bench.patiently(() => bench.client.send(command))
      await bench.active(name)
      await bench.wait(1_500)
      const put = await bench.put(name, 'after')
      const after = await arrival(bench, name, put.shardId, put.sequence)
      const answers: string[] = []
      for (const Timestamp of [before, after]) {
        for (const Type of ['AT_TIMESTAMP', 'FROM_TIMESTAMP'] as const) {
          const { Shards = [] } = await list(bench, { StreamName: name, ShardFilter: { Type, Timestamp } })
          answers.push(treeOf(Shards))
        }
      }
      return answers.join('; ')
    },
  },
]

async function arrival(bench: Bench, name: string, shardId: string, sequence: string): Promise<Date> {
  const iterator = await bench.iterator(
    name,
    { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: sequence },
    shardId,
  )
  const { Records = [] } = await bench.readSome(iterator)
  return Records[0]?.ApproximateArrivalTimestamp ?? new Date(0)
}
