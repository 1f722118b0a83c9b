import { parseSelfDescribing } from '../../../iglu/index.ts'
import { membersOf, parseJson } from '../../../lib/index.ts'
import { columns, type ColumnName, type ColumnType } from '../../columns.ts'
import type { DerivedContext } from '../../event.ts'
import { firstCharacters } from '../../emit/size.ts'
import { parseDecimal } from '../decimal.ts'
import { scan } from '../../validate/json-scan.ts'

/** A column that a script set. */
export type Change = readonly [name: ColumnName, value: string | number | null]

/** What a script wants, checked. Scripts can say anything: nothing is taken on trust. */
export interface Reply {
  /** What it threw; null when it did not. */
  readonly error: string | null
  readonly changes: readonly Change[]
  /** Or what is wrong with them. */
  readonly contexts: readonly DerivedContext[] | { readonly problem: string }
  readonly dropped: boolean
  /** Whether the contexts of earlier steps are to be left out. */
  readonly erased: boolean
}

// As deep as the contexts of a tracker may be, whatever the configuration says.
const maxDepth = 1000

export function readReply(text: string): Reply | { readonly fault: string } {
  const json = parse(text)
  if (json === undefined) return { fault: 'its result is no JSON, or is nested too deeply' }
  const { error, contexts, changes, dropped, erased } = membersOf(json)
  const set = Object.entries(membersOf(changes)).map(([index, value]) => change(Number(index), value))
  const wrong = set.find(one => typeof one === 'string')
  if (wrong !== undefined) return { fault: wrong }
  return {
    error: error === undefined ? null : typeof error === 'string' ? error : JSON.stringify(error),
    changes: set.filter(one => typeof one !== 'string'),
    contexts: readContexts(contexts),
    dropped: dropped === true,
    erased: erased === true,
  }
}

/** Not as the JSON of trackers is read: its text is not passed on, and needs no care. */
function parse(text: string): unknown {
  return scan(text, maxDepth) === 'too deep' ? undefined : parseJson(text)
}

/** Or what is wrong with it. */
function change(index: number, value: unknown): Change | string {
  const column = columns[index]
  if (column === undefined) return `it set a column that does not exist: ${index}`
  const [name, type] = column
  if (value === null) return [name, null]
  if ((typeof value === 'string' || typeof value === 'number') && fits(value, type)) return [name, value]
  return `it set ${name} to what is no ${type}`
}

function fits(value: string | number, type: ColumnType): boolean {
  switch (type) {
    case 'string':
    case 'timestamp':
    case 'json':
      return typeof value === 'string'
    case 'decimal':
      return typeof value === 'string' && Number.isFinite(Number(value)) && 'text' in parseDecimal(value)
    case 'int':
      return typeof value === 'number' && value === Math.trunc(value) && Math.abs(value) <= 2 ** 31
    case 'flag':
      return value === 0 || value === 1
    case 'float':
      // It has 32 bits, and the line would say Infinity.
      return typeof value === 'number' && Number.isFinite(Math.fround(value))
  }
}

function readContexts(value: unknown): readonly DerivedContext[] | { readonly problem: string } {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    const output = `Output of JavaScript function [${shown(value)}]`
    return { problem: `${output} could be parsed as JSON but is not read as an array` }
  }
  const contexts = value.map(readContext)
  const problems = contexts.filter(context => typeof context === 'string')
  if (problems.length === 0) return contexts.filter(context => typeof context !== 'string')
  return { problem: `Resulting contexts are not self-describing. Error(s): [${problems.join(';')}]` }
}

function readContext(value: unknown): DerivedContext | string {
  const described = parseSelfDescribing(value)
  if (typeof described === 'string') return `error code:[${described}],json:[${shown(value)}]`
  return { schema: described.schema.uri, data: described.data }
}

/** As much as a failure may say. */
function shown(value: unknown): string {
  return firstCharacters(JSON.stringify(value) ?? 'undefined', 200)
}
