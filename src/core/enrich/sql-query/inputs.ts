import { columnType, type ColumnName } from '../../columns.ts'
import type { EnrichedEvent } from '../../event.ts'
import type { EnrichmentContext } from '../enrichment.ts'
import { EventJsons, findInJsons, type InputSource } from '../inputs/index.ts'
import type { SqlValue } from '../services.ts'

export interface SqlInput {
  /** From 1. */
  readonly placeholder: number
  readonly source: InputSource
}

/** Values for placeholders 1 to `count`; undefined when one of them has none, or there are others. */
export function readPlaceholders(
  inputs: readonly SqlInput[],
  count: number,
  event: EnrichedEvent,
  context: EnrichmentContext,
): readonly SqlValue[] | undefined {
  const jsons = new EventJsons(event, context)
  const values: SqlValue[] = []
  let filled = 0
  for (const { placeholder, source } of inputs) {
    const value = readSqlInput(source, event, jsons)
    if (value === null) continue
    if (placeholder > count) return undefined
    if (values[placeholder - 1] === undefined) filled++
    values[placeholder - 1] = value
  }
  return filled === count ? values : undefined
}

export function readSqlInput(source: InputSource, event: EnrichedEvent, jsons: EventJsons): SqlValue | null {
  return source.kind === 'json' ? sqlValueOf(findInJsons(source, jsons)) : columnValue(event, source.field)
}

/** Decimals are bound as doubles. */
function columnValue(event: EnrichedEvent, field: ColumnName): SqlValue | null {
  const value = event[field]
  return value !== null && columnType[field] === 'decimal' ? Number(value) : value
}

const double = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** Texts that look like numbers or booleans are bound as such; objects, lists and null are no values. */
export function sqlValueOf(value: unknown): SqlValue | null {
  if (typeof value === 'string') return guess(value)
  return typeof value === 'boolean' || typeof value === 'number' ? value : null
}

const maxInt = 2_147_483_647n
const maxLong = 9_223_372_036_854_775_807n

function guess(text: string): SqlValue {
  if (/^[+-]?\d{1,19}$/.test(text)) {
    const value = BigInt(text.replace('+', ''))
    if (value >= -maxInt - 1n && value <= maxInt) return Number(value)
    if (value >= -maxLong - 1n && value <= maxLong) return value
  }
  if (double.test(text)) return Number(text)
  return /^(?:true|false)$/i.test(text) ? text.toLowerCase() === 'true' : text
}
