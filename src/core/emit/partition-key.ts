import { hash } from 'node:crypto'
import type { ColumnName } from '../columns.ts'
import type { EnrichedEvent, RecordOrigin } from '../event.ts'

// Kinesis refuses longer keys, and with one such record the whole call.
const maxLength = 256

/** The column's value, or what is derived from the origin when there is none. Always 1 to 256 characters. */
export function partitionKey(
  event: EnrichedEvent,
  column: ColumnName | undefined,
  source: { readonly origin: RecordOrigin; readonly index: number },
): string {
  const value = column === undefined ? null : event[column]
  if (value === null || value === '') return originKey(source.origin, source.index)
  const key = String(value)
  // A hash, so that equal values still meet in one shard.
  return key.length <= maxLength ? key : hash('sha256', key)
}

/** A key that spreads records evenly, and is the same whenever the record is processed again. */
export function originKey(origin: RecordOrigin, index: number): string {
  const key = `${origin.shardId}:${origin.sequence}.${origin.subSequence}.${index}`
  return key.length <= maxLength ? key : hash('sha256', key)
}
