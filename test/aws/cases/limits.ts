import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import { outcome, type Bench } from '../bench.ts'
import type { Case } from '../case.ts'

function putMany(bench: Bench, name: string, count: number, bytes: number) {
  const entry = { PartitionKey: 'k', Data: Buffer.alloc(bytes) }
  return bench.client.send(
    new PutRecordsCommand({ StreamName: name, Records: Array.from({ length: count }, () => entry) }),
  )
}

/** The different outcomes of many calls at once, in the order of the alphabet. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<string> {
  return [...new Set(await Promise.all(calls.map(outcome)))].sort().join(', ')
}

const times = <T>(count: number, call: () => T): T[] => Array.from({ length: count }, call)

/** Fills a shard's second, and sees which entries of the next request fail, and how. */
async function failing(bench: Bench, count: number, bytes: number): Promise<string> {
  const { name } = await bench.stream()
  const puts = await Promise.all(times(6, () => putMany(bench, name, count, bytes)))
  const entries = puts.flatMap(({ Records = [] }) => Records)
  const codes = new Set(entries.map(({ ErrorCode }) => ErrorCode ?? 'stored'))
  const failed = puts.reduce((sum, { FailedRecordCount = 0 }) => sum + FailedRecordCount, 0)
  const counted = failed === entries.filter(({ ErrorCode }) => ErrorCode !== undefined).length
  return `${[...codes].sort().join(', ')}${counted ? '' : ', miscounted'}`
}

export const limitCases: readonly Case[] = [
  {
    name: 'more than 1 MiB a second into a shard, by PutRecords',
    aws: 'ProvisionedThroughputExceededException, stored',
    differs: { 'kinesis-local': 'stored', kinesalite: 'stored' },
    observe: bench => failing(bench, 5, 100 * 1024),
  },
  {
    name: 'more than 1,000 records a second into a shard, by PutRecords',
    aws: 'ProvisionedThroughputExceededException, stored',
    differs: { 'kinesis-local': 'stored', kinesalite: 'stored' },
    observe: bench => failing(bench, 500, 1),
  },
  {
    name: 'more than 1 MiB a second into a shard, by PutRecord',
    aws: 'ProvisionedThroughputExceededException, accepted',
    differs: { 'kinesis-local': 'accepted', kinesalite: 'accepted' },
    observe: async bench => {
      const { name } = await bench.stream()
      const put = () =>
        bench.client.send(
          new PutRecordCommand({ StreamName: name, PartitionKey: 'k', Data: Buffer.alloc(500 * 1024) }),
        )
      return outcomes(times(6, put))
    },
  },
  {
    name: 'a shard that was full takes records again a second later',
    aws: '0 failed',
    needs: 'clock',
    observe: async bench => {
      const { name } = await bench.stream()
      await Promise.all(times(3, () => putMany(bench, name, 500, 1)))
      await bench.wait(1_000)
      return `${(await putMany(bench, name, 500, 1)).FailedRecordCount} failed`
    },
  },
  {
    name: 'more than 5 reads a second from a shard',
    aws: 'ProvisionedThroughputExceededException, accepted',
    differs: { 'kinesis-local': 'accepted', kinesalite: 'accepted' },
    observe: async bench => {
      const { name } = await bench.stream()
      const ShardIterator = await bench.iterator(name)
      return outcomes(times(30, () => bench.client.send(new GetRecordsCommand({ ShardIterator }))))
    },
  },
  {
    name: 'more than 5 iterators a second for a shard',
    aws: 'ProvisionedThroughputExceededException, accepted',
    differs: { 'kinesis-local': 'accepted', kinesalite: 'accepted' },
    observe: async bench => {
      const { name } = await bench.stream()
      const command = new GetShardIteratorCommand({
        StreamName: name,
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'LATEST',
      })
      return outcomes(times(30, () => bench.client.send(command)))
    },
  },
  {
    name: 'a read of 10 MiB is paid for with 5 seconds',
    aws: 'after 4 s ProvisionedThroughputExceededException, after 5 s accepted',
    needs: 'clock',
    observe: async bench => {
      const { name } = await bench.stream()
      for (let sent = 0; sent < 11; sent++) {
        await putMany(bench, name, 1, 1024 * 1024 - 1)
        await bench.wait(1_000)
      }
      const iterator = await bench.iterator(name)
      const { NextShardIterator } = await bench.read(iterator)
      const next = () =>
        outcome(bench.client.send(new GetRecordsCommand({ ShardIterator: NextShardIterator })))
      await bench.wait(4_000)
      const early = await next()
      await bench.wait(1_000)
      return `after 4 s ${early}, after 5 s ${await next()}`
    },
  },
  {
    name: 'more than 10 DescribeStream a second',
    aws: 'LimitExceededException, accepted',
    differs: { 'kinesis-local': 'accepted', kinesalite: 'accepted' },
    observe: async bench => {
      const { name } = await bench.stream()
      return outcomes(times(50, () => bench.client.send(new DescribeStreamCommand({ StreamName: name }))))
    },
  },
]
