import type { Place, Shard, StoredRecord } from './shard.ts'

export interface ReadLimits {
  readonly records: number
  readonly bytes: number
  /** Records that arrived later than this are not seen yet. */
  readonly visibleUntil: number
}

export interface Read {
  readonly records: readonly StoredRecord[]
  readonly bytes: number
  /** The place after the last record. */
  readonly next: Place
  /** Zero when nothing more is to be seen now. */
  readonly millisBehindLatest: number
  /** The shard is closed, and this was the last of it. */
  readonly ended: boolean
}

/** Reads on from a place, one record at least if there is one. */
export function readFrom(shard: Shard, place: Place, limits: ReadLimits, now: number): Read {
  const visible = (at: Place) => {
    const record = shard.at(at)
    return record !== undefined && record.arrivedAt <= limits.visibleUntil ? record : undefined
  }
  const records: StoredRecord[] = []
  let bytes = 0
  let next = Math.max(place, shard.start)
  for (let record = visible(next); record !== undefined; record = visible(++next)) {
    if (records.length === limits.records) break
    if (records.length > 0 && bytes + record.bytes > limits.bytes) break
    records.push(record)
    bytes += record.bytes
  }
  const behind = visible(next) === undefined ? 0 : Math.max(now - (records.at(-1)?.arrivedAt ?? now), 1)
  const ended = shard.endingSequence !== undefined && next >= shard.end
  return { records, bytes, next, millisBehindLatest: behind, ended }
}

export function showRecord({ sequence, arrivedAt, partitionKey, data }: StoredRecord): object {
  return {
    SequenceNumber: sequence,
    ApproximateArrivalTimestamp: arrivedAt / 1000,
    Data: data,
    PartitionKey: partitionKey,
  }
}

/** The children as the end of a shard tells them. */
export function showChildren(shard: Shard): object[] {
  return shard.children.map(child => ({
    ShardId: child.shardId,
    ParentShards: child.parents.map(({ shardId }) => shardId),
    HashKeyRange: {
      StartingHashKey: String(child.range.startingHashKey),
      EndingHashKey: String(child.range.endingHashKey),
    },
  }))
}
