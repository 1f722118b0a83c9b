import { columnType } from '../../columns.ts'
import { javaFloat } from '../../emit/java-number.ts'
import type { EnrichedEvent } from '../../event.ts'
import type { EnrichmentContext } from '../enrichment.ts'
import { EventJsons, findInJsons, type InputSource } from '../inputs/index.ts'

export interface ApiInput {
  readonly key: string
  readonly source: InputSource
}

/** The value of every key; undefined when one of them has none. Of two inputs for one key the later value counts. */
export function readInputs(
  inputs: readonly ApiInput[],
  event: EnrichedEvent,
  context: EnrichmentContext,
): ReadonlyMap<string, string> | undefined {
  const jsons = new EventJsons(event, context)
  const values = new Map<string, string>()
  for (const { key, source } of inputs) {
    const value = readInput(source, event, jsons)
    if (value !== null) values.set(key, value)
  }
  return inputs.every(({ key }) => values.has(key)) ? values : undefined
}

export function readInput(source: InputSource, event: EnrichedEvent, jsons: EventJsons): string | null {
  if (source.kind === 'json') return textOf(findInJsons(source, jsons))
  const value = event[source.field]
  if (value === null) return null
  return typeof value === 'number' && columnType[source.field] === 'float' ? javaFloat(value) : String(value)
}

/** A text as it is, numbers and booleans as text, lists with commas, objects as JSON; nothing for null. */
function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return JSON.stringify(value)
  return value
    .map(textOf)
    .filter(text => text !== null)
    .join(',')
}
