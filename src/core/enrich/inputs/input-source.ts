import { parseCriterion, type SchemaCriterion } from '../../../iglu/index.ts'
import { membersOf, type Members } from '../../../lib/index.ts'
import { isColumn, type ColumnName } from '../../columns.ts'
import { compileJsonPath, type JsonPath } from '../../json-path/index.ts'
import type { EventJsons, JsonField } from './event-jsons.ts'
import { jsonFields } from './event-jsons.ts'

/** Where an input takes its value from. */
export type InputSource =
  | { readonly kind: 'pojo'; readonly field: ColumnName }
  | {
      readonly kind: 'json'
      readonly field: JsonField
      readonly criterion: SchemaCriterion
      readonly path: JsonPath
    }

type Problem = { readonly error: string }

/** Reads `pojo` or `json` of an input as it stands in a configuration. */
export function parseInputSource(input: unknown): InputSource | Problem {
  const { pojo, json } = membersOf(input)
  if (pojo !== undefined && json !== undefined)
    return { error: 'Either json or pojo input must be specified, both provided' }
  if (pojo !== undefined) return parsePojo(membersOf(pojo))
  if (json !== undefined) return parseJson(membersOf(json))
  return { error: 'Either json or pojo input must be specified' }
}

function parsePojo({ field }: Members): InputSource | Problem {
  if (!isColumn(field)) return { error: `${String(field)} is not a column of an enriched event` }
  return { kind: 'pojo', field }
}

function parseJson({ field, schemaCriterion, jsonPath }: Members): InputSource | Problem {
  const known = jsonFields.find(name => name === field)
  if (known === undefined) return { error: `${String(field)} must be one of ${jsonFields.join(', ')}` }
  const criterion = parseCriterion(String(schemaCriterion))
  if (criterion === undefined) return { error: `${String(schemaCriterion)} is not a schema criterion` }
  const path = compileJsonPath(String(jsonPath))
  if ('error' in path) return { error: `${String(jsonPath)} is not a JSON path: ${path.error}` }
  return { kind: 'json', field: known, criterion, path }
}

/** What a path finds in the first JSON that matches: one value as it is, several as an array; undefined: nothing. */
export function findInJsons(
  { field, criterion, path }: Extract<InputSource, { kind: 'json' }>,
  jsons: EventJsons,
): unknown {
  const data = jsons.first(field, criterion)
  return data === undefined ? undefined : oneOrAll(path, data)
}

export function oneOrAll(path: JsonPath, data: unknown): unknown {
  const found = path.find(data).map(({ value }) => value)
  return found.length > 1 ? found : found[0]
}
