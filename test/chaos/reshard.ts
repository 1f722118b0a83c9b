import type { Backend } from '../../src/backends/index.ts'
import type { Shard } from '../../src/streams/index.ts'
import { pickOf } from './pick.ts'
import { streams } from './fleet.ts'

/** How many open shards a stream has at least and at most. */
const bounds: Readonly<Record<string, readonly [number, number]>> = {
  [streams.raw]: [3, 12],
  [streams.good]: [1, 6],
  [streams.bad]: [1, 4],
}

/** Splits or merges shards of one stream. Resolves with those that it was done to. */
export type Reshard = (backend: Backend, stream: string, pick: number) => Promise<readonly string[]>

export const split: Reshard = async (backend, stream, pick) => {
  const open = await openShards(backend, stream)
  const [, most] = boundsOf(stream)
  const shard = open.length < most ? pickOf(open, pick) : undefined
  if (shard === undefined) return []
  return (await backend.splitShard(stream, shard.shardId)) === 'split' ? [shard.shardId] : []
}

export const merge: Reshard = async (backend, stream, pick) => {
  const open = (await openShards(backend, stream)).sort((a, b) =>
    a.startingHashKey < b.startingHashKey ? -1 : 1,
  )
  const [fewest] = boundsOf(stream)
  const left = open.length > fewest ? Math.floor(pick * (open.length - 1)) : open.length
  const [a, b] = open.slice(left, left + 2).map(({ shardId }) => shardId)
  if (a === undefined || b === undefined) return []
  return (await backend.mergeShards(stream, a, b)) === 'merged' ? [a, b] : []
}

async function openShards(backend: Backend, stream: string): Promise<Shard[]> {
  return (await backend.listShards(stream)).filter(({ endingSequence }) => endingSequence === undefined)
}

function boundsOf(stream: string): readonly [number, number] {
  return bounds[stream] ?? [1, 4]
}
