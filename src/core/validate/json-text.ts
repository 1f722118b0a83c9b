import { messageOf } from '../../lib/index.ts'
import { escapeControls } from './json-characters.ts'
import { scan, type Scan } from './json-scan.ts'
import { rewriteJson } from './json-tokens.ts'

/*
 * What a tracker sent as JSON is checked as a value and passed on as its own text, compacted: numbers keep their
 * digits, keys their order. A JavaScript value would turn 1.0 into 1, round 20 digits and move the key "1" to the
 * front. One scan finds out what the text needs, which is mostly nothing: bench/core.ts.
 */

/** A JSON text with its value. The text has no space outside strings, no needless escape and no key twice. */
export interface JsonText {
  readonly text: string
  readonly value: unknown
  /** Levels of objects and arrays in each other. */
  readonly depth: number
}

/** A text that is no JSON, or too deep. */
export interface JsonFault {
  readonly text: string
  readonly error: string
}

/** Recursion over JSON is safe to this depth, whatever the options say. */
const deepest = 1000

/** Parses and compacts. Of a key that occurs twice the first place and the last value stay, in text and value alike. */
export function parseJsonText(text: string, maxDepth: number = deepest): JsonText | JsonFault {
  // Before parsing: a value of five million nested arrays takes seconds to make.
  const found = scan(text, Math.min(maxDepth, deepest))
  if (found === 'too deep') return { text, error: `deeper than ${maxDepth} levels` }
  try {
    const value: unknown = JSON.parse(text)
    return { text: compact(text, value, found), value, depth: found.depth }
  } catch (error) {
    return { text, error: messageOf(error) }
  }
}

function compact(text: string, value: unknown, { compacted, exact, keys }: Scan): string {
  if (compacted && keys === countKeys(value)) return text
  return exact ? escapeControls(JSON.stringify(value)) : rewriteJson(text)
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) for (const element of value) count += countKeys(element)
  else count = countMembers(value as Readonly<Record<string, unknown>>)
  return count
}

function countMembers(members: Readonly<Record<string, unknown>>): number {
  let count = 0
  // Five times faster than Object.values, for objects of the same shape (bench/core.ts).
  for (const key in members) count += 1 + countKeys(members[key])
  return count
}
