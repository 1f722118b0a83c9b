import { isFields, type Fields } from './corpus.ts'

/*
 * What the corpus expects, held against what we give. Its README defines the words: sides, `matches`, `properties`,
 * `any`, `size` and the rest. Every function here gives the first difference as a text, or null.
 */

export type Difference = string | null

const sides = ['right', 'left', 'valid', 'invalid', 'some'] as const
const shapes = [
  'matches',
  'properties',
  'all',
  'count',
  'size',
  'contains',
  'startsWith',
  'not',
  'absent',
] as const

/** Whether a result is as expected, at the top of a case or below a property. */
export function compare(expected: unknown, actual: unknown, path = ''): Difference {
  if (!isFields(expected) || !isExpectation(expected)) return compareValue(expected, actual, path)
  for (const [word, what] of Object.entries(expected)) {
    const difference = compareWord({ word, what, expected }, actual, path)
    if (difference !== null) return difference
  }
  return null
}

function isExpectation(expected: Fields): boolean {
  const words: readonly string[] = [...sides, ...shapes, 'any', 'equals', 'after_call', 'is']
  const keys = Object.keys(expected)
  return keys.length > 0 && keys.every(key => words.includes(key))
}

interface Word {
  readonly word: string
  readonly what: unknown
  readonly expected: Fields
}

function compareWord({ word, what, expected }: Word, actual: unknown, path: string): Difference {
  switch (word) {
    case 'any':
    case 'is':
      return null
    case 'equals':
      return compareValue(what, actual, path)
    case 'right':
    case 'left':
    case 'valid':
    case 'invalid':
      return compareSide(word, what, actual, path)
    case 'some':
      return actual === null || actual === undefined
        ? differ(path, 'a value', actual)
        : compare(what, actual, path)
    case 'after_call':
    case 'properties':
      return compareProperties(what as Fields, actual, path)
    case 'matches':
      return compareShape(what, actual, path)
    case 'all':
      return compareEach(what as Fields, actual, path)
    case 'count':
      return compareCount(what as Fields, Number(expected['is']), actual, path)
    case 'size':
      return sizeOf(actual) === what ? null : differ(path, `size ${String(what)}`, actual)
    case 'contains':
      return textOf(actual).includes(String(what)) ? null : differ(path, `contains ${String(what)}`, actual)
    case 'startsWith':
      return textOf(actual).startsWith(String(what))
        ? null
        : differ(path, `starts with ${String(what)}`, actual)
    case 'not':
      return compare(what, actual, path) === null ? differ(path, `not ${show(what)}`, actual) : null
    case 'absent':
      return actual === undefined ? null : differ(path, 'nothing', actual)
    default:
      return `${path}: the corpus says "${word}", which the runner does not know`
  }
}

function compareSide(side: string, what: unknown, actual: unknown, path: string): Difference {
  if (!isFields(actual) || !(side in actual)) return differ(path, `${side}: ${show(what)}`, actual)
  return compare(what, actual[side], join(path, side))
}

function compareEach(what: Fields, actual: unknown, path: string): Difference {
  if (!Array.isArray(actual)) return differ(path, 'a list', actual)
  for (const [index, element] of actual.entries()) {
    const difference = compareProperties(what, element, join(path, String(index)))
    if (difference !== null) return difference
  }
  return null
}

function compareCount(what: Fields, count: number, actual: unknown, path: string): Difference {
  if (!Array.isArray(actual)) return differ(path, 'a list', actual)
  const found = actual.filter(element => compareProperties(what, element, path) === null).length
  return found === count ? null : differ(path, `${count} elements with ${show(what)}`, actual)
}

function compareProperties(properties: Fields, actual: unknown, path: string): Difference {
  // Where a case looks into a list that only success gives, it means that list.
  const value = isFields(actual) && Array.isArray(actual['valid']) ? actual['valid'] : actual
  for (const [property, expected] of Object.entries(properties)) {
    const difference = compare(expected, propertyOf(value, property), join(path, property))
    if (difference !== null) return difference
  }
  return null
}

function propertyOf(value: unknown, path: string): unknown {
  const call = /^contains\((.*)\)$/.exec(path)
  if (call !== null) return textOf(value).includes((call[1] ?? '').replaceAll('_', ''))
  return path === '' ? value : path.split('.').reduce(stepInto, value)
}

function stepInto(value: unknown, step: string): unknown {
  if (step === 'noSpaces') return JSON.stringify(value)
  if (step === 'json') return { right: JSON.parse(String(value)) }
  if (step === 'size' || step === 'length') return sizeOf(value)
  if (Array.isArray(value)) return value.at(step === 'head' ? 0 : step === 'last' ? -1 : Number(step))
  if (!isFields(value)) return undefined
  // Scala's productElement: the fields by their place.
  return /^\d+$/.test(step) ? Object.values(value).slice(1)[Number(step)] : value[step]
}

/** Only what is named counts; lists have that exact length. */
function compareShape(shape: unknown, actual: unknown, path: string): Difference {
  if (Array.isArray(shape)) return compareList(shape, actual, { path, compareElement: compareShape })
  if (!isFields(shape)) return compareValue(shape, actual, path)
  if (shape['any'] === true) return null
  const start = shape['list_starts_with']
  if (Array.isArray(start)) {
    const first = Array.isArray(actual) ? actual.slice(0, start.length) : actual
    return compareList(start, first, { path, compareElement: compareShape })
  }
  if (!isFields(actual)) return differ(path, show(shape), actual)
  for (const [key, value] of Object.entries(shape)) {
    const difference = compareShape(value, actual[key] ?? null, join(path, key))
    if (difference !== null) return difference
  }
  return null
}

/** The whole value. Absent and null are one; texts that are JSON are compared as JSON. */
export function compareValue(expected: unknown, actual: unknown, path: string): Difference {
  if (expected === null || expected === undefined)
    return (actual ?? null) === null ? null : differ(path, 'null', actual)
  if (Array.isArray(expected)) return compareList(expected, actual, { path, compareElement: compareValue })
  if (isFields(expected)) return compareObject(expected, actual, path)
  if (Object.is(expected, actual) || isSameNumber(expected, actual)) return null
  const [left, right] = path.endsWith('.parameters.co')
    ? [inOrder(expected), inOrder(actual)]
    : [expected, actual]
  return isSameJson(left, right) || isSameLoosely(expected, actual, path)
    ? null
    : differ(path, show(expected), actual)
}

function compareObject(expected: Fields, actual: unknown, path: string): Difference {
  if (!isFields(actual)) return differ(path, show(expected), actual)
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)])
  for (const key of keys) {
    const difference = compareValue(expected[key], actual[key], join(path, key))
    if (difference !== null) return difference
  }
  return null
}

interface ListComparison {
  readonly path: string
  readonly compareElement: (expected: unknown, actual: unknown, path: string) => Difference
}

function compareList(
  expected: readonly unknown[],
  actual: unknown,
  { path, compareElement }: ListComparison,
): Difference {
  if (!Array.isArray(actual) || actual.length !== expected.length) {
    return differ(path, `${expected.length} elements ${show(expected)}`, actual)
  }
  for (const [index, element] of expected.entries()) {
    const difference = compareElement(element, actual[index], join(path, String(index)))
    if (difference !== null) return difference
  }
  return null
}

/** The corpus has decimals as the numbers of the source; ours are texts. */
function isSameNumber(expected: unknown, actual: unknown): boolean {
  return (
    typeof expected === 'number' && typeof actual === 'string' && actual !== '' && Number(actual) === expected
  )
}

/** The contexts of a raw event are no list: Enrich gives them in the order of a hash. */
function inOrder(text: unknown): unknown {
  const contexts = parsed(text)
  if (!isFields(contexts) || !Array.isArray(contexts['data'])) return text
  const byText = contexts['data'].map(item => [JSON.stringify(item, keysOf(item)), item] as const)
  const data = byText.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item as unknown)
  return JSON.stringify({ ...contexts, data })
}

/** Every key at any depth, sorted, so that a text does not depend on their order. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf)
  if (!isFields(value)) return []
  return [...new Set([...Object.keys(value), ...Object.values(value).flatMap(keysOf)])].sort()
}

function isSameJson(expected: unknown, actual: unknown): boolean {
  const left = parsed(expected)
  const right = parsed(actual)
  return left !== undefined && right !== undefined && compareValue(left, right, '') === null
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string' || !/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Where the rest of a message is in the words of a JSON parser, a number parser, a URI parser or a validator. */
const thirdParties = [
  'invalid json: ',
  'cannot be converted to java.math.BigDecimal. Error : ',
  'could not extract name-value pairs from querystring with encoding',
  'could not base64 decode',
  'error deserializing raw event: ',
  'Provided URI',
  'could not parse body: ',
  "could not extract 'type': ",
  'could not convert access log timestamp: ',
]

function isSameLoosely(expected: unknown, actual: unknown, path: string): boolean {
  if (typeof expected !== 'string' || typeof actual !== 'string') return false
  // Whose error a NotJson carries: always the parser's.
  if (path.endsWith('.error') && expected.startsWith('invalid json')) return actual !== ''
  return thirdParties.some(
    text =>
      expected.includes(text) && actual.startsWith(expected.slice(0, expected.indexOf(text) + text.length)),
  )
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value) || typeof value === 'string') return value.length
  return isFields(value) ? Object.keys(value).length : value === null || value === undefined ? 0 : 1
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function join(path: string, step: string): string {
  return path === '' ? step : `${path}.${step}`
}

function differ(path: string, expected: string, actual: unknown): string {
  return `${path === '' ? 'result' : path}\n    expected ${expected}\n    got      ${show(actual)}`
}

export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 400 ? `${text.slice(0, 400)}…` : text
}
