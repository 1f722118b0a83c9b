import type { EnrichmentFailure } from '../bad-row.ts'
import { columnIndex, columns, type ColumnName } from '../columns.ts'
import type { EnrichedEvent } from '../event.ts'
import type { CoreOptions } from '../options.ts'

/** The longest text that a column of the warehouse takes, UTF-16 units. */
export interface LengthLimit {
  readonly column: ColumnName
  readonly slot: number
  readonly limit: number
}

/** The limits of the version to follow, with the configured ones put over them. */
export function lengthLimits(
  options: Pick<CoreOptions, 'compatibility' | 'atomicFieldsLimits'>,
): LengthLimit[] {
  const limits: LengthLimit[] = []
  for (const [column, , limit39, limit40] of columns as readonly ColumnLimits[]) {
    const standard = options.compatibility === '3.9' ? limit39 : (limit40 ?? limit39)
    const limit = options.atomicFieldsLimits[column] ?? standard
    if (limit !== undefined) limits.push({ column, slot: columnIndex[column], limit })
  }
  return limits
}

type ColumnLimits = readonly [column: ColumnName, type: string, limit39?: number, limit40?: number]

const none: readonly LengthLimit[] = []
const unlimited = 0x7fffffff

/** The same limits by place in the row. */
export function longestBySlot(limits: readonly LengthLimit[]): Int32Array {
  const longest = new Int32Array(columns.length).fill(unlimited)
  for (const { slot, limit } of limits) longest[slot] = limit
  return longest
}

/** Whether any column is too long. Every event asks, and nearly all hear no: three times as fast as listing them (bench/core.ts). */
export function hasTooLong({ row }: EnrichedEvent, longest: Int32Array): boolean {
  for (let slot = 0; slot < row.length; slot++) {
    const value = row[slot]
    if (typeof value === 'string' && value.length > (longest[slot] ?? unlimited)) return true
  }
  return false
}

/** The columns whose text is too long. */
export function findTooLong({ row }: EnrichedEvent, limits: readonly LengthLimit[]): readonly LengthLimit[] {
  let found: LengthLimit[] | undefined
  for (const limit of limits) {
    const value = row[limit.slot]
    if (typeof value === 'string' && value.length > limit.limit) (found ??= []).push(limit)
  }
  return found ?? none
}

/** How Enrich 3.9 reports them: a headline, then one message for each column. */
export function lengthFailures(tooLong: readonly LengthLimit[]): EnrichmentFailure[] {
  if (tooLong.length === 0) return []
  const headline = "Enriched event does not conform to atomic schema field's length restrictions"
  const errors = tooLong.map(
    ({ column, limit }) => `Field ${column} longer than maximum allowed size ${limit}`,
  )
  return [headline, ...errors].map(error => ({ enrichment: null, message: { type: 'Simple', error } }))
}
