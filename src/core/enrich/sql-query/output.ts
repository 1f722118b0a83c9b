import type { DerivedContext } from '../../event.ts'
import type { Answer, SqlRows, SqlType } from '../services.ts'

export const expectedRows = ['EXACTLY_ONE', 'AT_MOST_ONE', 'AT_LEAST_ZERO', 'AT_LEAST_ONE'] as const
export const propertyNames = [
  'AS_IS',
  'CAMEL_CASE',
  'PASCAL_CASE',
  'SNAKE_CASE',
  'LOWER_CASE',
  'UPPER_CASE',
] as const
export const describes = ['ALL_ROWS', 'EVERY_ROW'] as const

export interface SqlOutput {
  readonly expectedRows: (typeof expectedRows)[number]
  /** `iglu:` URI of the contexts. */
  readonly schema: string
  readonly describes: (typeof describes)[number]
  readonly propertyNames: (typeof propertyNames)[number]
}

/** Contexts that the rows become, or why they are not what is expected. */
export function contextsOf(rows: SqlRows, output: SqlOutput): Answer<readonly DerivedContext[]> {
  const problem = countProblem(rows.rows.length, output.expectedRows)
  if (problem !== undefined) return { error: `SQL Query Enrichment: ${problem}` }
  const objects = objectsOf(rows, output)
  const many = output.expectedRows === 'AT_LEAST_ONE' || output.expectedRows === 'AT_LEAST_ZERO'
  const described = output.describes === 'ALL_ROWS' && many ? [objects] : objects
  return { value: described.map(data => ({ schema: output.schema, data })) }
}

function countProblem(count: number, expected: SqlOutput['expectedRows']): string | undefined {
  switch (expected) {
    case 'EXACTLY_ONE':
      return count === 1 ? undefined : 'exactly one row was expected'
    case 'AT_MOST_ONE':
      return count <= 1 ? undefined : 'at most one row was expected'
    case 'AT_LEAST_ONE':
      return count >= 1 ? undefined : 'at least one row was expected. 0 given instead'
    case 'AT_LEAST_ZERO':
      return undefined
  }
}

function objectsOf({ columns, rows }: SqlRows, output: SqlOutput): Record<string, unknown>[] {
  const named = columns.map(({ name, type }) => ({ name: propertyName(name, output.propertyNames), type }))
  return rows.map(row => {
    const members = named.map(({ name, type }, i) => [name, valueOf(row[i] ?? null, type)] as const)
    return Object.fromEntries(members)
  })
}

const camel = (name: string) => name.replace(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase())

function propertyName(column: string, mode: SqlOutput['propertyNames']): string {
  switch (mode) {
    case 'AS_IS':
      return column
    case 'CAMEL_CASE':
      return camel(column)
    case 'PASCAL_CASE':
      return camel(column).replace(/^./, first => first.toUpperCase())
    case 'SNAKE_CASE':
      return column.replace(/[A-Z\d]/g, char => `_${char.toLowerCase()}`)
    case 'LOWER_CASE':
      return column.toLowerCase()
    case 'UPPER_CASE':
      return column.toUpperCase()
  }
}

/** A column as JSON. An integer that a double cannot hold stays text, rather than become another one. */
export function valueOf(text: string | null, type: SqlType): unknown {
  if (text === null) return null
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(Number(text)) ? Number(text) : text
    case 'number':
      return Number.isFinite(Number(text)) ? Number(text) : null
    case 'boolean':
      return text === 'true'
    case 'text':
      return text
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00.000Z` : text
    case 'other':
      return parsed(text)
  }
}

/** Decimals, JSON and whatever else: JSON where it is that, else text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
