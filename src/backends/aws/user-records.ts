import { readProvenanceContext, type HashRange, type StreamRecord } from '../../streams/index.ts'
import { hashKeyOfUserRecord, readAggregate, type UserRecord } from './aggregate.ts'
import type { KinesisRecord } from './shard-reply.ts'
import { parseProvenanceKey, type ProvenancePlace } from './provenance-key.ts'

export interface UserRecords {
  readonly records: readonly StreamRecord[]
  /** Those that came in aggregates, as they were meant to be routed. */
  readonly aggregated: readonly UserRecord[]
}

/** What producers put: aggregates are taken apart, and partition keys that carry provenance are read. */
export function userRecords(stored: readonly KinesisRecord[], place?: ProvenancePlace): UserRecords {
  const records: StreamRecord[] = []
  const aggregated: UserRecord[] = []
  for (const record of stored) {
    const parts = readAggregate(record.data)
    if (parts === undefined) {
      records.push(single(record, place))
      continue
    }
    const { sequence, arrivedAt } = record
    for (const [subSequence, part] of parts.entries()) {
      const { partitionKey, data } = part
      records.push({ sequence, subSequence, partitionKey, arrivedAt, data })
      aggregated.push(part)
    }
  }
  return { records, aggregated }
}

function single(record: KinesisRecord, place: ProvenancePlace | undefined): StreamRecord {
  const { sequence, partitionKey: key, arrivedAt, data } = record
  const parsed = parseProvenanceKey(key)
  if (parsed === undefined) {
    const provenance = place === 'derivedContext' ? readProvenanceContext(data) : undefined
    const plain = { sequence, subSequence: 0, partitionKey: key, arrivedAt, data }
    return provenance === undefined ? plain : { ...plain, provenance }
  }
  const { provenance, partitionKey = key } = parsed
  return { sequence, subSequence: 0, partitionKey, arrivedAt, data, provenance }
}

/** How many were meant for another shard. They are given out all the same: to leave them out would lose them. */
export function countOutside(records: readonly UserRecord[], range: HashRange): number {
  let outside = 0
  for (const record of records) {
    const key = hashKeyOfUserRecord(record)
    if (key < range.startingHashKey || key > range.endingHashKey) outside++
  }
  return outside
}
