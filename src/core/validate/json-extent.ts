/*
 * How long the text of a JSON value is at least. A valid text of just this length that has no escapes is compact and has
 * no key twice: every space, every further key and every longer spelling of a number would make it longer. Adding up
 * takes a third of the time of looking at each character (bench/core.ts).
 */

export interface Extent {
  /** UTF-16 units; NaN where a number might be spelt shorter, or the value is too deep. */
  readonly length: number
  /** Levels of objects and arrays in each other. */
  readonly depth: number
}

export function extentOf(value: unknown, maxDepth: number): Extent {
  const walk = new Walk(maxDepth)
  return { length: walk.length(value, 0), depth: walk.depth }
}

class Walk {
  depth = 0
  readonly #maxDepth: number

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth
  }

  length(value: unknown, level: number): number {
    if (typeof value === 'string') return value.length + 2
    if (typeof value === 'number') return numberLength(value)
    if (typeof value === 'boolean') return value ? 4 : 5
    return typeof value === 'object' && value !== null ? this.#nested(value, level + 1) : 4
  }

  #nested(value: object, level: number): number {
    if (level > this.depth) {
      if (level > this.#maxDepth) return Number.NaN
      this.depth = level
    }
    if (Array.isArray(value)) return this.#elements(value, level)
    return this.#members(value as Readonly<Record<string, unknown>>, level)
  }

  #elements(elements: readonly unknown[], level: number): number {
    let length = elements.length === 0 ? 2 : 1
    for (const element of elements) length += this.length(element, level) + 1
    return length
  }

  #members(members: Readonly<Record<string, unknown>>, level: number): number {
    let length = 1
    // Five times faster than Object.values, for objects of the same shape (bench/core.ts).
    for (const key in members) length += key.length + 3 + this.length(members[key], level) + 1
    return length === 1 ? 2 : length
  }
}

/** NaN for what has a spelling that is shorter than ours, as `1e3` is, and for what is no small whole number. */
function numberLength(value: number): number {
  const size = Math.abs(value)
  const thousands = size / 1000
  if (size >= 1e15 || size !== Math.floor(size) || thousands === Math.floor(thousands)) {
    return Object.is(value, 0) ? 1 : Number.NaN
  }
  // Milliseconds since the epoch have thirteen digits.
  let digits = size < 1e12 ? 1 : 13
  for (let limit = size < 1e12 ? 10 : 1e13; limit <= size; limit *= 10) digits++
  return value < 0 ? digits + 1 : digits
}
