import { unobserved, type Observe } from '../observe/index.ts'
import { advances, type Position, type Shard, type ShardBatch, type Source } from '../streams/index.ts'
import { ReaderMemory, type ReaderMemoryOptions } from './reader-memory.ts'

export interface DedupeOptions extends Omit<ReaderMemoryOptions, 'onForgotten'> {
  readonly source: Pick<Source, 'listShards'>
  /**
   * The reader's own checkpoints, after a restart: up to them records are remembered and not given out. The batches must
   * then begin `windowMs` before the oldest arrival time that these checkpoints stand for.
   */
  readonly done?: ReadonlyMap<string, Position>
  /** Told of copies that were dropped, and of keys that `maxKeys` made it forget within the window. */
  readonly observe?: Observe
}

/**
 * Drops what was written twice from the batches of `tail`: records whose provenance, the epoch aside, was seen within
 * the window. Neither sequence numbers nor epochs tell a copy. Positions pass unchanged.
 */
export async function* dedupe(
  batches: AsyncIterable<ShardBatch>,
  options: DedupeOptions,
): AsyncGenerator<ShardBatch> {
  const { source, done, observe = unobserved } = options
  const memory = new ReaderMemory({
    ...options,
    onForgotten: (shardId, keys) => observe({ type: 'keys-forgotten', shardId, keys }),
  })
  for await (const batch of batches) {
    const { shardId, position } = batch
    if (!memory.knows(shardId)) passOn(memory, shardId, await source.listShards())
    const own = done?.get(shardId)
    const isNew = ({ sequence, subSequence }: { sequence: string; subSequence: number }) =>
      own === undefined || advances(own, { at: 'after', sequence, subSequence })
    const fresh = batch.records.map(record => ({ record, copy: memory.isCopy(shardId, record) }))
    const later = fresh.filter(({ record }) => isNew(record))
    const records = later.filter(({ copy }) => !copy).map(({ record }) => record)
    if (records.length < later.length)
      observe({ type: 'copies-dropped', shardId, records: later.length - records.length })
    if (own === undefined || advances(own, position)) yield { ...batch, records }
  }
}

/** Parents that have given to all of their children are forgotten: both halves of a split, or the one of a merge. */
function passOn(memory: ReaderMemory, shardId: string, shards: readonly Shard[]): void {
  const byId = new Map(shards.map(shard => [shard.shardId, shard]))
  const nearest = (id: string): string[] =>
    memory.knows(id) ? [id] : (byId.get(id)?.parents.flatMap(nearest) ?? [])
  const from = byId.get(shardId)?.parents.flatMap(nearest) ?? []
  memory.inherit(shardId, from)
  for (const parent of from) {
    const children = shards.filter(({ parents }) => parents.includes(parent))
    const complete = children.length > 1 || children.some(({ parents }) => parents.length > 1)
    if (complete && children.every(child => memory.knows(child.shardId))) memory.forget(parent)
  }
}
