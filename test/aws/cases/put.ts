import { createHash } from 'node:crypto'
import { PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { lastHashKey, outcome, rangesOf, type Bench } from '../bench.ts'
import type { Case } from '../case.ts'

const KiB = 1024
const MiB = 1024 * KiB

function putMany(bench: Bench, name: string, sizes: readonly number[]) {
  const Records = sizes.map(size => ({ PartitionKey: 'k', ExplicitHashKey: '0', Data: Buffer.alloc(size) }))
  return bench.client.send(new PutRecordsCommand({ StreamName: name, Records }))
}

async function putOne(bench: Bench, PartitionKey: string, bytes: number, ExplicitHashKey?: string) {
  const { name } = await bench.stream()
  const input = { StreamName: name, PartitionKey, Data: Buffer.alloc(bytes) }
  const key = ExplicitHashKey === undefined ? {} : { ExplicitHashKey }
  return outcome(bench.client.send(new PutRecordCommand({ ...input, ...key })))
}

export const putCases: readonly Case[] = [
  {
    name: 'the MD5 of the partition key chooses the shard',
    aws: '20 of 20',
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 3 })
      const shards = await bench.shards(name)
      const ranges = rangesOf(shards)
      const keys = Array.from({ length: 20 }, (_, i) => `key ${i} ü`)
      const Records = keys.map(PartitionKey => ({ PartitionKey, Data: Buffer.from('x') }))
      const put = await bench.client.send(new PutRecordsCommand({ StreamName: name, Records }))
      const right = keys.filter((key, i) => {
        const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`)
        const place = ranges.findIndex(([start, end]) => start <= hash && hash <= end)
        return put.Records?.[i]?.ShardId === shards[place]?.ShardId
      })
      return `${right.length} of ${keys.length}`
    },
  },
  {
    name: 'an explicit hash key overrules it',
    aws: 'shardId-000000000000 shardId-000000000001',
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 2 })
      const [low, high] = [await bench.put(name, 'a', 0n), await bench.put(name, 'b', lastHashKey)]
      return `${low.shardId} ${high.shardId}`
    },
  },
  {
    name: 'an explicit hash key of 2^128',
    aws: 'InvalidArgumentException',
    observe: bench => putOne(bench, 'k', 1, String(lastHashKey + 1n)),
  },
  {
    name: 'sequence numbers have 56 digits and rise within a shard, one by one and together',
    aws: '56 digits, rising',
    observe: async bench => {
      const { name } = await bench.stream()
      const { sequence: first } = await bench.put(name, 'a')
      const Records = Array.from({ length: 20 }, (_, i) => ({ PartitionKey: `${i}`, Data: Buffer.from('x') }))
      const put = await bench.client.send(new PutRecordsCommand({ StreamName: name, Records }))
      const { sequence: last } = await bench.put(name, 'z')
      const all = [first, ...(put.Records ?? []).map(({ SequenceNumber = '' }) => SequenceNumber), last]
      const rising = all.every((sequence, i) => i === 0 || BigInt(sequence) > BigInt(all[i - 1] ?? 0))
      const digits = new Set(all.map(sequence => sequence.length))
      return `${[...digits].join(' or ')} digits, ${rising ? 'rising' : 'not rising'}`
    },
  },
  {
    name: 'sequence numbers of simultaneous puts differ',
    aws: '50 numbers',
    observe: async bench => {
      const { name } = await bench.stream()
      const puts = await Promise.all(Array.from({ length: 50 }, () => bench.put(name, 'x')))
      return `${new Set(puts.map(({ sequence }) => sequence)).size} numbers`
    },
  },
  {
    name: '500 records in a request',
    aws: '500 entries, 0 failed',
    observe: async bench => {
      const { name } = await bench.stream()
      const put = await putMany(bench, name, Array<number>(500).fill(10))
      return `${put.Records?.length} entries, ${put.FailedRecordCount} failed`
    },
  },
  {
    name: '501 records in a request',
    aws: 'ValidationException',
    differs: { 'kinesis-local': 'accepted' },
    observe: async bench => {
      const { name } = await bench.stream()
      return outcome(putMany(bench, name, Array<number>(501).fill(10)))
    },
  },
  {
    name: 'a request of 6 MiB',
    aws: 'accepted',
    differs: { kinesalite: 'HTTP 413' },
    observe: async bench => {
      const { name } = await bench.stream()
      return outcome(putMany(bench, name, Array<number>(6).fill(MiB - 1)))
    },
  },
  {
    name: 'a request of more than 10 MiB',
    aws: 'InvalidArgumentException',
    unsure: true,
    differs: { 'kinesis-local': 'accepted', kinesalite: 'HTTP 413' },
    observe: async bench => {
      const { name } = await bench.stream()
      return outcome(putMany(bench, name, Array<number>(11).fill(MiB - 1)))
    },
  },
  { name: 'a record of 1 MiB', aws: 'accepted', observe: bench => putOne(bench, 'k', MiB - 1) },
  {
    name: 'a record of more than 1 MiB',
    aws: 'InvalidArgumentException',
    unsure: true,
    differs: { kinesalite: 'ValidationException' },
    observe: bench => putOne(bench, 'k', MiB + 1),
  },
  {
    name: 'a partition key of 256 characters',
    aws: 'accepted',
    observe: bench => putOne(bench, 'k'.repeat(256), 1),
  },
  {
    name: 'a partition key of 257 characters',
    aws: 'ValidationException',
    differs: { 'kinesis-local': 'InvalidArgumentException' },
    observe: bench => putOne(bench, 'k'.repeat(257), 1),
  },
  { name: 'an empty record', aws: 'accepted', observe: bench => putOne(bench, 'k', 0) },
  {
    name: 'a put to what does not exist',
    aws: 'ResourceNotFoundException',
    observe: bench => outcome(bench.put(bench.freshName(), 'x')),
  },
  {
    name: 'bytes and partition keys come back as they were',
    aws: 'the same',
    observe: async bench => {
      const { name } = await bench.stream()
      const Data = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
      const PartitionKey = 'ключ 🔑'
      await bench.client.send(new PutRecordCommand({ StreamName: name, PartitionKey, Data }))
      const { Records = [] } = await bench.readSome(await bench.iterator(name))
      const same =
        Data.equals(Buffer.from(Records[0]?.Data ?? [])) && Records[0]?.PartitionKey === PartitionKey
      return same ? 'the same' : 'changed'
    },
  },
]
