import type { Position, Shard } from '../../streams/index.ts'

export interface TipParts {
  readonly shardId: string
  readonly listShards: () => Promise<readonly Shard[]>
  /** Where the shard's records end now, if there are any from this position on. */
  readonly readFrom: (from: Position) => Promise<Position | undefined | 'stopped'>
}

const windowsMs = [1000, 60_000, 60 * 60_000]

/**
 * The tip of a shard as a place that a checkpoint can hold: after its last record. Kinesis reads forwards only, so the
 * last record is looked for in longer and longer windows; of a busy shard the first one is enough, of a quiet one there
 * is little to read. A shard without records has the place where it starts. Absent when reading was stopped.
 */
export async function findTip(now: number, { shardId, listShards, readFrom }: TipParts) {
  const starts: Position[] = windowsMs.map(ms => ({ at: 'timestamp', ms: now - ms }))
  for (const from of [...starts, { at: 'trimHorizon' } as const]) {
    const found = await readFrom(from)
    if (found === 'stopped') return undefined
    if (found !== undefined) return found
  }
  const shard = (await listShards()).find(shard => shard.shardId === shardId)
  return shard === undefined ? undefined : startOf(shard)
}

function startOf({ startingSequence }: Shard): Position {
  return { at: 'after', sequence: startingSequence, subSequence: 0 }
}
