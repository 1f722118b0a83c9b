import {
  MergeShardsCommand,
  SplitShardCommand,
  UpdateShardCountCommand,
  type GetRecordsCommandOutput,
  type Shard,
} from '@aws-sdk/client-kinesis'
import {
  coverOf,
  isOpen,
  lastHashKey,
  middleHashKey,
  outcome,
  rangesOf,
  textsOf,
  treeOf,
  type Bench,
} from '../bench.ts'
import type { Case } from '../case.ts'

const shardId = (ordinal: number) => `shardId-${String(ordinal).padStart(12, '0')}`

async function split(bench: Bench, name: string, ordinal = 0, at = middleHashKey): Promise<void> {
  const command = new SplitShardCommand({
    StreamName: name,
    ShardToSplit: shardId(ordinal),
    NewStartingHashKey: String(at),
  })
  await bench.patiently(() => bench.client.send(command))
  await bench.active(name)
}

async function merge(bench: Bench, name: string, one: number, other: number): Promise<void> {
  const command = new MergeShardsCommand({
    StreamName: name,
    ShardToMerge: shardId(one),
    AdjacentShardToMerge: shardId(other),
  })
  await bench.patiently(() => bench.client.send(command))
  await bench.active(name)
}

async function resize(bench: Bench, name: string, count: number): Promise<void> {
  const command = new UpdateShardCountCommand({
    StreamName: name,
    TargetShardCount: count,
    ScalingType: 'UNIFORM_SCALING',
  })
  await bench.patiently(() => bench.client.send(command))
  await bench.active(name)
}

/** Reads a closed shard to its end. */
async function readToEnd(
  bench: Bench,
  iterator: string,
): Promise<{ texts: string; last: GetRecordsCommandOutput }> {
  const texts: string[] = []
  let last = await bench.read(iterator)
  texts.push(...textsOf(last))
  for (let calls = 0; last.NextShardIterator && calls < 20; calls++) {
    last = await bench.read(last.NextShardIterator)
    texts.push(...textsOf(last))
  }
  return { texts: texts.join(' '), last }
}

function showEnd({ NextShardIterator, ChildShards }: GetRecordsCommandOutput): string {
  const children = (ChildShards ?? []).map(({ ShardId, ParentShards = [], HashKeyRange }) => {
    const range = HashKeyRange?.StartingHashKey === undefined ? ' without a range' : ''
    return `${ShardId?.slice(-1)}<${ParentShards.map(id => id.slice(-1)).join('+')}${range}`
  })
  const end = NextShardIterator ? 'goes on' : 'ended'
  return `${end}, ${children.length > 0 ? children.join(' ') : 'no children'}`
}

export const reshardCases: readonly Case[] = [
  {
    name: 'a split closes the parent and opens two children',
    aws: '(0) 1<0 2<0, whole',
    observe: async bench => {
      const { name } = await bench.stream()
      await split(bench, name)
      const shards = await bench.shards(name)
      return `${treeOf(shards)}, ${coverOf(shards.filter(isOpen))}`
    },
  },
  {
    name: "a child's numbers start after its parent's end, which lies after its last record",
    aws: 'in order',
    differs: { 'kinesis-local': 'the end lies before the last record' },
    observe: async bench => {
      const { name } = await bench.stream()
      const { sequence } = await bench.put(name, 'last')
      await split(bench, name)
      const [parent, ...children] = await bench.shards(name)
      const end = BigInt(parent?.SequenceNumberRange?.EndingSequenceNumber ?? 0)
      const starts = children.map(({ SequenceNumberRange }) =>
        BigInt(SequenceNumberRange?.StartingSequenceNumber ?? 0),
      )
      if (end < BigInt(sequence)) return 'the end lies before the last record'
      return starts.every(start => start > end) ? 'in order' : 'a child starts before the end'
    },
  },
  {
    name: 'the end of a closed shard tells its children',
    aws: 'a b; ended, 1<0 2<0',
    differs: { kinesalite: 'a b; ended, no children' },
    observe: async bench => {
      const { name } = await bench.stream()
      await bench.put(name, 'a')
      await bench.put(name, 'b')
      await split(bench, name)
      await bench.put(name, 'c')
      const { texts, last } = await readToEnd(bench, await bench.iterator(name))
      return `${texts}; ${showEnd(last)}`
    },
  },
  {
    name: 'reading a closed shard after its EndingSequenceNumber',
    aws: 'nothing; ended, 1<0 2<0',
    differs: { 'kinesis-local': 'ResourceNotFoundException', kinesalite: 'nothing; ended, no children' },
    observe: async bench => {
      const { name } = await bench.stream()
      await bench.put(name, 'a')
      await split(bench, name)
      const [parent] = await bench.shards(name)
      const StartingSequenceNumber = parent?.SequenceNumberRange?.EndingSequenceNumber
      const start = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber } as const
      const { texts, last } = await readToEnd(bench, await bench.iterator(name, start))
      return `${texts || 'nothing'}; ${showEnd(last)}`
    },
  },
  {
    name: 'LATEST in a closed shard ends at once',
    aws: 'nothing; ended, 1<0 2<0',
    unsure: true,
    differs: { kinesalite: 'nothing; ended, no children' },
    observe: async bench => {
      const { name } = await bench.stream()
      await bench.put(name, 'a')
      await split(bench, name)
      const iterator = await bench.iterator(name, { ShardIteratorType: 'LATEST' })
      const { texts, last } = await readToEnd(bench, iterator)
      return `${texts || 'nothing'}; ${showEnd(last)}`
    },
  },
  {
    name: 'after a split the children take the records',
    aws: '1 2',
    observe: async bench => {
      const { name } = await bench.stream()
      await split(bench, name)
      const [low, high] = [await bench.put(name, 'a', 0n), await bench.put(name, 'b', lastHashKey)]
      return `${low.shardId.slice(-1)} ${high.shardId.slice(-1)}`
    },
  },
  {
    name: "a split at the shard's own first hash key",
    aws: 'InvalidArgumentException',
    differs: { 'kinesis-local': 'accepted' },
    observe: async bench => {
      const { name } = await bench.stream()
      return outcome(split(bench, name, 0, 0n))
    },
  },
  {
    name: 'a split of a closed shard',
    aws: 'InvalidArgumentException',
    unsure: true,
    differs: { 'kinesis-local': 'ResourceInUseException', kinesalite: 'accepted' },
    observe: async bench => {
      const { name } = await bench.stream()
      await split(bench, name)
      return outcome(split(bench, name))
    },
  },
  {
    name: 'a merge of neighbours',
    aws: '(0) (1) 2<0+1, whole; ended, 2<0+1',
    differs: { kinesalite: '(0) (1) 2<0+1, whole; ended, no children' },
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 2 })
      await merge(bench, name, 0, 1)
      const shards = await bench.shards(name)
      const { last } = await readToEnd(bench, await bench.iterator(name))
      return `${treeOf(shards)}, ${coverOf(shards.filter(isOpen))}; ${showEnd(last)}`
    },
  },
  {
    name: 'a merge of shards that do not touch',
    aws: 'InvalidArgumentException',
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 3 })
      return outcome(merge(bench, name, 0, 2))
    },
  },
  {
    name: 'UpdateShardCount doubles',
    aws: '4 open, whole, even; a true tree',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: bench => resized(bench, 2, 4),
  },
  {
    name: 'UpdateShardCount halves',
    aws: '2 open, whole, even; a true tree',
    differs: {
      'kinesis-local': '2 open, whole, uneven; a true tree',
      kinesalite: 'UnknownOperationException',
    },
    observe: bench => resized(bench, 4, 2),
  },
  {
    name: 'UpdateShardCount from 3 to 4',
    aws: '4 open, whole, even; a true tree',
    differs: {
      'kinesis-local': '4 open, whole, uneven; a true tree',
      kinesalite: 'UnknownOperationException',
    },
    observe: bench => resized(bench, 3, 4),
  },
  {
    name: 'UpdateShardCount to more than double',
    aws: 'InvalidArgumentException',
    unsure: true,
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 2 })
      return outcome(resize(bench, name, 5))
    },
  },
  {
    name: 'UpdateShardCount to less than half',
    aws: 'InvalidArgumentException',
    unsure: true,
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const { name } = await bench.stream({ ShardCount: 4 })
      return outcome(resize(bench, name, 1))
    },
  },
]

async function resized(bench: Bench, from: number, to: number): Promise<string> {
  const { name } = await bench.stream({ ShardCount: from })
  await resize(bench, name, to)
  const shards = await bench.shards(name)
  const open = shards.filter(isOpen)
  const lengths = open.map(
    ({ HashKeyRange }) =>
      BigInt(HashKeyRange?.EndingHashKey ?? 0) - BigInt(HashKeyRange?.StartingHashKey ?? 0),
  )
  const [least, most] = [lengths.reduce((a, b) => (a < b ? a : b)), lengths.reduce((a, b) => (a > b ? a : b))]
  // A remainder of the division may go to one shard.
  const even = most - least <= BigInt(to) ? 'even' : 'uneven'
  return `${open.length} open, ${coverOf(open)}, ${even}; ${isTrueTree(shards) ? 'a true tree' : 'no tree'}`
}

/** Parents are closed; what was split lies inside its parent, and what was merged is its two parents together. */
function isTrueTree(shards: readonly Shard[]): boolean {
  const byId = new Map(shards.map(shard => [shard.ShardId, shard]))
  return shards.every(shard => {
    const ids = [shard.ParentShardId, shard.AdjacentParentShardId].filter(id => id !== undefined)
    const parents = ids.flatMap(id => byId.get(id) ?? [])
    const [start, end] = rangesOf([shard])[0] ?? []
    const [from, to] = [rangesOf(parents)[0]?.[0], rangesOf(parents).at(-1)?.[1]]
    if (parents.length !== ids.length || parents.some(isOpen)) return false
    if (start === undefined || end === undefined || from === undefined || to === undefined)
      return ids.length === 0
    return ids.length === 2 ? start === from && end === to : start >= from && end <= to
  })
}
