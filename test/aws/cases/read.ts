import {
  DecreaseStreamRetentionPeriodCommand,
  IncreaseStreamRetentionPeriodCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import { outcome, textsOf, type Bench } from '../bench.ts'
import type { Case } from '../case.ts'

/** One shard that holds a, b, c and d. */
async function letters(bench: Bench) {
  const { name } = await bench.stream()
  const sequences: string[] = []
  for (const letter of ['a', 'b', 'c', 'd']) sequences.push((await bench.put(name, letter)).sequence)
  return { name, sequences }
}

const hourMs = 3_600_000

export const readCases: readonly Case[] = [
  {
    name: 'TRIM_HORIZON',
    aws: 'a b c d',
    observe: async bench =>
      textsOf(await bench.readSome(await bench.iterator((await letters(bench)).name))).join(' '),
  },
  {
    name: 'AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER',
    aws: 'b c d, c d',
    observe: async bench => {
      const { name, sequences } = await letters(bench)
      const StartingSequenceNumber = sequences[1]
      const at = await bench.iterator(name, {
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        StartingSequenceNumber,
      })
      const after = await bench.iterator(name, {
        ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
        StartingSequenceNumber,
      })
      return `${await bench.texts(at)}, ${await bench.texts(after)}`
    },
  },
  {
    name: "AT_SEQUENCE_NUMBER of the shard's own start",
    aws: 'a b c d',
    observe: async bench => {
      const { name } = await letters(bench)
      const [shard] = await bench.shards(name)
      const StartingSequenceNumber = shard?.SequenceNumberRange?.StartingSequenceNumber
      const start = { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber } as const
      return bench.texts(await bench.iterator(name, start))
    },
  },
  {
    name: 'a sequence number of another shard',
    aws: 'InvalidArgumentException',
    unsure: true,
    differs: { 'kinesis-local': 'accepted' },
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 2 })
      const { sequence } = await bench.put(name, 'x', 0n)
      const start = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: sequence } as const
      return outcome(bench.iterator(name, start, 'shardId-000000000001'))
    },
  },
  {
    name: 'AT_TIMESTAMP',
    aws: 'late, nothing before',
    observe: async bench => {
      const { name } = await bench.stream()
      await bench.put(name, 'early')
      await bench.wait(20)
      await bench.put(name, 'late')
      const { Records = [] } = await bench.readSome(await bench.iterator(name))
      const start = {
        ShardIteratorType: 'AT_TIMESTAMP',
        Timestamp: Records[1]?.ApproximateArrivalTimestamp,
      } as const
      const read = await bench.texts(await bench.iterator(name, start))
      return read === 'late' ? 'late, nothing before' : read
    },
  },
  {
    name: 'AT_TIMESTAMP of tomorrow',
    aws: 'InvalidArgumentException',
    unsure: true,
    differs: { 'kinesis-local': 'accepted' },
    observe: async bench => {
      const { name } = await bench.stream()
      // Beyond what any clock of a target was moved.
      const start = {
        ShardIteratorType: 'AT_TIMESTAMP',
        Timestamp: new Date(Date.now() + 9000 * hourMs),
      } as const
      return outcome(bench.iterator(name, start))
    },
  },
  {
    name: 'LATEST sees only what comes',
    aws: 'new',
    observe: async bench => {
      const { name } = await bench.stream()
      await bench.put(name, 'old')
      const iterator = await bench.iterator(name, { ShardIteratorType: 'LATEST' })
      await bench.put(name, 'new')
      return textsOf(await bench.readSome(iterator)).join(' ')
    },
  },
  {
    name: 'an iterator may be used again and reads the same',
    aws: 'a b, a b, c d',
    observe: async bench => {
      const { name } = await letters(bench)
      const iterator = await bench.iterator(name)
      const reads = [await bench.read(iterator, 2), await bench.read(iterator, 2)]
      const on = await bench.read(reads[1]?.NextShardIterator ?? '', 2)
      return [...reads, on].map(read => textsOf(read).join(' ')).join(', ')
    },
  },
  {
    name: 'an empty shard gives nothing and an iterator',
    aws: '0 records, 0 ms behind, goes on',
    observe: async bench => {
      const { name } = await bench.stream()
      const { Records, MillisBehindLatest, NextShardIterator } = await bench.read(await bench.iterator(name))
      const goesOn = NextShardIterator ? 'goes on' : 'ends'
      return `${Records?.length} records, ${MillisBehindLatest} ms behind, ${goesOn}`
    },
  },
  {
    name: 'MillisBehindLatest while there is more, and at the tip',
    aws: 'behind, then 0',
    differs: { kinesalite: '0, then 0' },
    observe: async bench => {
      const { name } = await bench.stream()
      await bench.put(name, 'a')
      await bench.wait(1_000)
      await bench.put(name, 'b')
      const first = await bench.read(await bench.iterator(name), 1)
      const second = await bench.read(first.NextShardIterator ?? '', 1)
      const behind = (first.MillisBehindLatest ?? 0) >= 900 ? 'behind' : `${first.MillisBehindLatest}`
      return `${behind}, then ${second.MillisBehindLatest}`
    },
  },
  {
    name: 'one read gives 10 MiB at most',
    aws: 'less than all, 10 MiB at most',
    differs: { kinesalite: 'all, more than 10 MiB' },
    observe: async bench => {
      const { name } = await bench.stream()
      for (let sent = 0; sent < 21; sent++) {
        const entry = { PartitionKey: 'k', Data: Buffer.alloc(512 * 1024) }
        await bench.patiently(async () => {
          const put = await bench.client.send(new PutRecordsCommand({ StreamName: name, Records: [entry] }))
          if (put.FailedRecordCount === 0) return
          throw Object.assign(new Error('throttled'), { name: 'ProvisionedThroughputExceededException' })
        })
      }
      const { Records = [] } = await bench.read(await bench.iterator(name))
      const bytes = Records.reduce((sum, { Data }) => sum + (Data?.length ?? 0), 0)
      const most = bytes <= 10 * 1024 * 1024 ? '10 MiB at most' : 'more than 10 MiB'
      return `${Records.length < 21 ? 'less than all' : 'all'}, ${most}`
    },
  },
  {
    name: 'Limit beyond 10,000',
    aws: 'ValidationException',
    differs: { 'kinesis-local': 'InvalidArgumentException' },
    observe: async bench => {
      const { name } = await bench.stream()
      return outcome(bench.read(await bench.iterator(name), 10_001))
    },
  },
  {
    name: 'an iterator that was never given',
    aws: 'InvalidArgumentException',
    differs: { 'kinesis-local': 'HTTP 500' },
    observe: bench => outcome(bench.read('AAAAAAAAAAGarbage')),
  },
  {
    name: 'an iterator after five minutes',
    aws: 'ExpiredIteratorException',
    needs: 'clock',
    observe: async bench => {
      const { name } = await bench.stream()
      const iterator = await bench.iterator(name)
      await bench.wait(301_000)
      return outcome(bench.read(iterator))
    },
  },
  {
    name: 'an iterator of a shard that does not exist',
    aws: 'ResourceNotFoundException',
    observe: async bench => {
      const { name } = await bench.stream()
      return outcome(bench.iterator(name, {}, 'shardId-000000000009'))
    },
  },
  {
    name: 'records are gone after the retention period',
    aws: 'new',
    needs: 'clock',
    observe: async bench => {
      const { name } = await bench.stream()
      await bench.put(name, 'old')
      await bench.wait(23 * hourMs)
      await bench.put(name, 'new')
      await bench.wait(2 * hourMs)
      return bench.texts(await bench.iterator(name))
    },
  },
  {
    name: 'less retention takes effect at once',
    aws: 'old new, new',
    needs: 'clock',
    observe: async bench => {
      const { name } = await bench.stream()
      const hours = { StreamName: name, RetentionPeriodHours: 48 }
      await bench.client.send(new IncreaseStreamRetentionPeriodCommand(hours))
      await bench.put(name, 'old')
      await bench.wait(25 * hourMs)
      await bench.put(name, 'new')
      const before = await bench.texts(await bench.iterator(name))
      const less = { StreamName: name, RetentionPeriodHours: 24 }
      await bench.client.send(new DecreaseStreamRetentionPeriodCommand(less))
      return `${before}, ${await bench.texts(await bench.iterator(name))}`
    },
  },
]
