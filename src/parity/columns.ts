import { columns, type ColumnName, type ColumnType } from '../core/index.ts'
import { sameDecimal } from './decimal.ts'
import { jsonDifferences, type JsonDifference } from './json-difference.ts'

/** How one column of one event differs. */
export interface ColumnDifference {
  readonly column: ColumnName
  /** Within a JSON column; empty elsewhere. */
  readonly path: string
  readonly cause: JsonDifference['cause']
  readonly a: string
  readonly b: string
}

/** The values of a line of the enriched stream, by the place of their column. */
export type Line = readonly string[]

/** Undefined: not a line of 131 columns. */
export function readLine(text: string): Line | undefined {
  const values = text.split('\t')
  return values.length === columns.length ? values : undefined
}

/** Every difference in meaning between two lines for one event. */
export function lineDifferences(a: Line, b: Line): ColumnDifference[] {
  return columns.flatMap(([column, type], index) => {
    const [left = '', right = ''] = [a[index], b[index]]
    if (left === right) return []
    const found = { column, path: '', a: left, b: right }
    if (right === '') return [{ ...found, cause: 'only in A' as const }]
    if (left === '') return [{ ...found, cause: 'only in B' as const }]
    if (type === 'json') return jsonDifferences(left, right).map(difference => ({ ...found, ...difference }))
    return sameValue(type, left, right) ? [] : [{ ...found, cause: 'differs' as const }]
  })
}

function sameValue(type: Exclude<ColumnType, 'json'>, a: string, b: string): boolean {
  switch (type) {
    case 'string':
      return false
    case 'timestamp':
      return instant(a) === instant(b)
    case 'flag':
      return (flags.get(a.toLowerCase()) ?? a) === (flags.get(b.toLowerCase()) ?? b)
    case 'float':
      // Written with the digits of a Java float or of a double.
      return Math.fround(Number(a)) === Math.fround(Number(b))
    case 'int':
    case 'decimal':
      return sameDecimal(a, b)
  }
}

const flags: ReadonlyMap<string, string> = new Map([
  ['true', '1'],
  ['false', '0'],
])

/** `2023-11-14 22:13:20.123`, with or without milliseconds, as ISO 8601 or not. */
function instant(text: string): string | number {
  const ms = Date.parse(`${text.replace(' ', 'T').replace(/Z$/, '')}Z`)
  return Number.isNaN(ms) ? text : ms
}
