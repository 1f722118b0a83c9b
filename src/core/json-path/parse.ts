import { Cursor, PathFault } from './cursor.ts'
import { parseFilter } from './filter.ts'
import type { Part, Selector } from './part.ts'

// Longer than any path that a person writes; it bounds what the parser and every use of the path cost.
const maxLength = 2000

/** The parts of a path, first to last. */
export function parseJsonPath(text: string): readonly Part[] | { readonly error: string } {
  if (text.length > maxLength) return { error: `the path is longer than ${maxLength} characters` }
  const cursor = new Cursor(text)
  if (!cursor.takes('$')) return { error: `'$' expected but ${startOf(text)} found` }
  try {
    const parts: Part[] = []
    while (!cursor.atEnd) parts.push(readPart(cursor))
    return parts
  } catch (error) {
    if (error instanceof PathFault) return { error: error.message }
    throw error
  }
}

/** As the parser says it that Snowplow has for the inputs of its enrichments. */
function startOf(text: string): string {
  return text === '' ? 'end of source' : `'${text.slice(0, 1)}'`
}

function readPart(cursor: Cursor): Part {
  const deep = cursor.takes('..')
  const dot = !deep && cursor.takes('.')
  // Also `$.a.['b']`, which is an odd way to write it, and one that Jayway reads.
  if (cursor.next === '[') return { deep, selector: readBrackets(cursor) }
  if (!deep && !dot) throw cursor.fault(`'.' or '['`)
  return { deep, selector: readName(cursor) }
}

const plainName = /[^.[\]()'"*,?:@\s]+/y

function readName(cursor: Cursor): Selector {
  if (cursor.takes('*')) return { type: 'all' }
  const name = cursor.match(plainName)
  if (name === undefined) throw cursor.fault('a name')
  if (cursor.next === '(') throw new PathFault(`functions such as ${name}() are not supported`)
  return { type: 'names', names: [name] }
}

function readBrackets(cursor: Cursor): Selector {
  cursor.expect('[')
  const selector = readSelector(cursor)
  cursor.expect(']')
  return selector
}

function readSelector(cursor: Cursor): Selector {
  if (cursor.takesSpaced('*')) return { type: 'all' }
  if (cursor.takes('?')) return { type: 'filter', accepts: parseFilter(cursor) }
  if (cursor.next === "'" || cursor.next === '"') return { type: 'names', names: readNames(cursor) }
  return readNumbers(cursor)
}

function readNames(cursor: Cursor): string[] {
  const names = new Set<string>()
  do {
    cursor.skipSpace()
    if (cursor.next !== "'" && cursor.next !== '"') throw cursor.fault('a name in quotes')
    names.add(cursor.quoted())
  } while (cursor.takesSpaced(','))
  return [...names]
}

const digits = /-?\d{1,9}/y

function readNumbers(cursor: Cursor): Selector {
  const first = cursor.match(digits)
  if (cursor.takesSpaced(':')) return readSlice(cursor, first)
  if (first === undefined) throw cursor.fault(`an index, a name in quotes, '*' or '?'`)
  const indices = [Number(first)]
  while (cursor.takesSpaced(',')) {
    cursor.skipSpace()
    const index = cursor.match(digits)
    if (index === undefined) throw cursor.fault('an index')
    indices.push(Number(index))
  }
  return { type: 'indices', indices }
}

function readSlice(cursor: Cursor, first: string | undefined): Selector {
  cursor.skipSpace()
  const to = cursor.match(digits)
  const step = cursor.takesSpaced(':') ? Number(cursor.match(digits) ?? 1) : 1
  if (step < 1) throw new PathFault('the step of a slice must be 1 or more')
  return { type: 'slice', from: Number(first ?? 0), to: to === undefined ? Infinity : Number(to), step }
}
