import type { Cursor } from './cursor.ts'
import { PathFault } from './cursor.ts'
import type { Condition } from './part.ts'

/*
 * `?(@.price < 10 && (@.kind == 'a' || !@.isbn))`: comparisons of definite paths and literals. No functions and no
 * regular expressions, and so each judgement costs no more than the filter is long.
 */

type Operand = (value: unknown, root: unknown) => unknown

/** Reads from behind the question mark to the closing parenthesis. */
export function parseFilter(cursor: Cursor): Condition {
  cursor.expect('(')
  const condition = readAny(cursor, 0)
  cursor.expect(')')
  return condition
}

function readAny(cursor: Cursor, depth: number): Condition {
  const conditions = [readAll(cursor, depth)]
  while (cursor.takesSpaced('||')) conditions.push(readAll(cursor, depth))
  return (value, root) => conditions.some(condition => condition(value, root))
}

function readAll(cursor: Cursor, depth: number): Condition {
  const conditions = [readOne(cursor, depth)]
  while (cursor.takesSpaced('&&')) conditions.push(readOne(cursor, depth))
  return (value, root) => conditions.every(condition => condition(value, root))
}

// Each level is a level of recursion here, and in each judgement.
const maxDepth = 50

function readOne(cursor: Cursor, depth: number): Condition {
  if (depth > maxDepth) throw new PathFault('the filter is nested too deeply')
  if (cursor.takesSpaced('!')) {
    const condition = readOne(cursor, depth + 1)
    return (value, root) => !condition(value, root)
  }
  if (!cursor.takes('(')) return readComparison(cursor)
  const condition = readAny(cursor, depth + 1)
  cursor.expect(')')
  return condition
}

const comparisons: Readonly<Record<string, (left: unknown, right: unknown) => boolean>> = {
  '==': same,
  '!=': (left, right) => !same(left, right),
  '<=': (left, right) => ordered(left, right, order => order <= 0),
  '>=': (left, right) => ordered(left, right, order => order >= 0),
  '<': (left, right) => ordered(left, right, order => order < 0),
  '>': (left, right) => ordered(left, right, order => order > 0),
}

const operator = /==|!=|<=|>=|<|>|=~/y

function readComparison(cursor: Cursor): Condition {
  const left = readOperand(cursor)
  cursor.skipSpace()
  const sign = cursor.match(operator)
  if (sign === undefined) return (value, root) => left(value, root) !== undefined
  const compare = comparisons[sign]
  if (compare === undefined) throw new PathFault('regular expressions are not supported')
  const right = readOperand(cursor)
  return (value, root) => compare(left(value, root), right(value, root))
}

function same(left: unknown, right: unknown): boolean {
  return left === right
}

function ordered(left: unknown, right: unknown, holds: (order: number) => boolean): boolean {
  if (typeof left === 'number' && typeof right === 'number') return holds(left - right)
  if (typeof left !== 'string' || typeof right !== 'string') return false
  return holds(left < right ? -1 : Number(left > right))
}

const literal = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

function readOperand(cursor: Cursor): Operand {
  if (cursor.takesSpaced('@')) return follow(readKeys(cursor), value => value)
  if (cursor.takes('$')) return follow(readKeys(cursor), (_, root) => root)
  if (cursor.next === "'" || cursor.next === '"') return constant(cursor.quoted())
  const text = cursor.match(literal)
  if (text === undefined) throw cursor.fault(`'@', '$', a number or a text in quotes`)
  return constant(JSON.parse(text))
}

function constant(value: unknown): Operand {
  return () => value
}

function follow(keys: readonly (string | number)[], start: Operand): Operand {
  return (value, root) => keys.reduce(child, start(value, root))
}

function child(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return typeof key === 'number' ? value.at(key) : undefined
  return Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined
}

const name = /[^.[\]()'"*,?:@\s=!<>&|]+/y
const index = /-?\d{1,9}/y

function readKeys(cursor: Cursor): (string | number)[] {
  const keys: (string | number)[] = []
  for (;;) {
    if (cursor.takes('[')) keys.push(readKey(cursor))
    else if (cursor.takes('.')) {
      const key = cursor.match(name)
      if (key === undefined) throw cursor.fault('a name')
      keys.push(key)
    } else return keys
  }
}

function readKey(cursor: Cursor): string | number {
  cursor.skipSpace()
  const quoted = cursor.next === "'" || cursor.next === '"'
  const key = quoted ? cursor.quoted() : cursor.match(index)
  if (key === undefined) throw cursor.fault('an index or a name in quotes')
  cursor.expect(']')
  return quoted ? key : Number(key)
}
