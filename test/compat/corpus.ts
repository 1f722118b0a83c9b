import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Fields = Readonly<Record<string, unknown>>

/** One case of the golden corpus. Source: the README beside the corpus. */
export interface GoldenCase {
  readonly id: string
  readonly source: string
  readonly input: Fields
  readonly config: Fields | null
  readonly expected: Fields
}

const files = ['conversions', 'adapters', 'iglu', 'enrichments', 'pipeline'] as const

/** All cases, those that are lists of calls and those that are payloads. */
export function readCases(folder: string): GoldenCase[] {
  return files.flatMap(file => readJson(join(folder, `${file}.json`)) as GoldenCase[])
}

/** Documents of one schema set, by URI. */
export function readSchemaSet(folder: string, name: string): ReadonlyMap<string, unknown> {
  const sets = readJson(join(folder, 'iglu_schemas.json')) as Record<string, { schemas: Fields }>
  const set = sets[name]
  if (set === undefined) throw new RangeError(`iglu_schemas.json has no set ${name}`)
  return new Map(Object.entries(set.schemas))
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
