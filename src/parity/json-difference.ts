import { sameDecimal } from './decimal.ts'

/*
 * Where two JSON texts differ in meaning: the order of keys, white space and the writing of numbers are none.
 */

/** Paths within the JSON, arrays as `[]`, contexts by the name of their schema: what differs, and how. */
export interface JsonDifference {
  readonly path: string
  readonly cause: 'only in A' | 'only in B' | 'differs' | 'order'
  /** What stands at that path, as JSON; empty: nothing. */
  readonly a: string
  readonly b: string
}

/** More than these say nothing new of one column. */
const maxDifferences = 20

/** Texts that are no JSON are compared as they are. */
export function jsonDifferences(a: string, b: string): JsonDifference[] {
  const [left, right] = [parsed(a), parsed(b)]
  if (left === undefined || right === undefined) return a === b ? [] : [{ path: '', cause: 'differs', a, b }]
  const found: JsonDifference[] = []
  compare(left.value, right.value, { path: '', found })
  return found.slice(0, maxDifferences)
}

/** A number that a double does not hold exactly keeps its digits. */
class BigNumber {
  readonly digits: string

  constructor(digits: string) {
    this.digits = digits
  }

  toJSON(): string {
    return this.digits
  }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text, (_key, member: unknown, context?: { source?: string }) =>
      typeof member === 'number' &&
      Math.abs(member) > Number.MAX_SAFE_INTEGER &&
      context?.source !== undefined
        ? new BigNumber(context.source)
        : member,
    )
    return { value }
  } catch {
    return undefined
  }
}

interface Place {
  readonly path: string
  readonly found: JsonDifference[]
}

function compare(a: unknown, b: unknown, place: Place): void {
  if (place.found.length >= maxDifferences) return
  if (Array.isArray(a) && Array.isArray(b)) compareLists(a, b, place)
  else if (isObject(a) && isObject(b)) compareObjects(a, b, place)
  else if (!isSame(a, b)) place.found.push(difference(place.path, a, b))
}

/** Null and undefined are nothing. */
function difference(path: string, a: unknown, b: unknown): JsonDifference {
  const cause = (b ?? null) === null ? 'only in A' : (a ?? null) === null ? 'only in B' : 'differs'
  return { path, cause, a: written(a), b: written(b) }
}

function written(value: unknown): string {
  return (value ?? null) === null ? '' : JSON.stringify(value)
}

function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof BigNumber && b instanceof BigNumber) return sameDecimal(a.digits, b.digits)
  return a === b
}

function compareObjects(a: Members, b: Members, { path, found }: Place): void {
  // What a self-describing JSON says is told by the name of its schema.
  const [schemaA, schemaB] = [schemaOf(a), schemaOf(b)]
  if (schemaA !== undefined && schemaB !== undefined && schemaA !== schemaB)
    found.push(difference(`${path}.schema`, schemaA, schemaB))
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const below = key === 'data' && schemaA !== undefined ? path : `${path}.${key}`
    if (key === 'schema' && schemaA !== undefined && schemaB !== undefined) continue
    // Absent and null are two ways of saying the same.
    const [left, right] = [a[key] ?? null, b[key] ?? null]
    if (left === null && right === null) continue
    if (left === null || right === null) found.push(difference(below, left, right))
    else compare(left, right, { path: below, found })
  }
}

function compareLists(a: readonly unknown[], b: readonly unknown[], place: Place): void {
  if ([...a, ...b].some(one => schemaOf(one) !== undefined)) return compareContexts(a, b, place)
  const path = `${place.path}[]`
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    if (index >= b.length) place.found.push({ path, cause: 'only in A', a: written(a[index]), b: '' })
    else if (index >= a.length) place.found.push({ path, cause: 'only in B', a: '', b: written(b[index]) })
    else compare(a[index], b[index], { path, found: place.found })
  }
}

/** Contexts are a set: each is held against the other side's of the same name, and their order is told apart. */
function compareContexts(a: readonly unknown[], b: readonly unknown[], { path, found }: Place): void {
  const [left, right] = [grouped(a), grouped(b)]
  const before = found.length
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [ours = [], theirs = []] = [left.get(name), right.get(name)]
    for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
      const below = { path: `${path}:${name}`, found }
      if (index >= theirs.length || index >= ours.length)
        found.push(difference(below.path, ours[index], theirs[index]))
      else compare(ours[index], theirs[index], below)
    }
  }
  const sameOrder = a.every((one, index) => nameOf(one) === nameOf(b[index]))
  if (found.length === before && !sameOrder)
    found.push({ path, cause: 'order', a: namesOf(a), b: namesOf(b) })
}

function grouped(list: readonly unknown[]): ReadonlyMap<string, unknown[]> {
  return Map.groupBy(list, nameOf)
}

function namesOf(list: readonly unknown[]): string {
  return list.map(nameOf).join(', ')
}

/** `vendor/name`, without the version. */
function nameOf(value: unknown): string {
  return /^iglu:([^/]*\/[^/]*)/.exec(schemaOf(value) ?? '')?.[1] ?? 'no schema'
}

function schemaOf(value: unknown): string | undefined {
  return isObject(value) && typeof value['schema'] === 'string' && 'data' in value
    ? value['schema']
    : undefined
}

type Members = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof BigNumber)
}
