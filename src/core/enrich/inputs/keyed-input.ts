import { membersOf } from '../../../lib/index.ts'
import { columnType } from '../../columns.ts'
import { javaFloat } from '../../emit/java-number.ts'
import type { EnrichedEvent } from '../../event.ts'
import type { EventJsons } from './event-jsons.ts'
import { findInJsons, parseInputSource, type InputSource } from './input-source.ts'

/** `{ key, pojo | json }`: a value with a name. */
export interface KeyedInput {
  readonly key: string
  readonly source: InputSource
}

/** Those that are right, and what is wrong with the others. */
export function parseKeyedInputs(list: readonly unknown[]): {
  readonly inputs: readonly KeyedInput[]
  readonly errors: readonly string[]
} {
  const inputs: KeyedInput[] = []
  const errors: string[] = []
  for (const input of list) {
    const source = parseInputSource(input)
    if ('error' in source) errors.push(source.error)
    else inputs.push({ key: String(membersOf(input)['key']), source })
  }
  return { inputs, errors }
}

/** The value as a text; null: there is none. */
export function readInputText(source: InputSource, event: EnrichedEvent, jsons: EventJsons): string | null {
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
