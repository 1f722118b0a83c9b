import { messageOf } from '../../lib/index.ts'

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
  return exact ? escapeControls(JSON.stringify(value)) : new Compactor(text).value()
}

/** What one walk over the characters of a JSON text tells; of any other text, nothing. */
interface Scan {
  /** No space outside strings, no escape that is not needed, no control character that should have one. */
  compacted: boolean
  /** A JavaScript value can stand for the text: no number would change its digits and no key its place. */
  exact: boolean
  keys: number
  depth: number
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

const other = 0
const string = 1
const space = 2
const open = 3
const close = 4
const number = 5

/** What a character outside strings begins. */
const begins = new Uint8Array(128)
for (const [characters, kind] of [
  ['"', string],
  [' \t\n\r', space],
  ['{[', open],
  ['}]', close],
  ['-0123456789', number],
] as const)
  for (const character of characters) begins[character.charCodeAt(0)] = kind

/** DEL and Unicode's second block of control characters. JSON allows them as they are, the JVM's printers do not. */
const controls = /[\x7f-\x9f]/

function hasControls(text: string): boolean {
  // Native searches: a regular expression over every character would take as long as the whole scan (bench/core.ts).
  if (Buffer.byteLength(text) === text.length) return text.includes('\x7f')
  return controls.test(text)
}

function scan(text: string, maxDepth: number): Scan | 'too deep' {
  const plain = !text.includes('\\')
  const found = { compacted: !hasControls(text) && text.isWellFormed(), exact: true, keys: 0, depth: 0 }
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (begins[text.charCodeAt(at)] ?? other) {
      case string: {
        const start = at + 1
        // Without escapes the next quote is the end, and indexOf finds it in half the time of a loop.
        at = plain ? text.indexOf('"', start) : endOfString(text, start, found)
        if (at === -1) return found
        if (text.charCodeAt(at + 1) !== colon) break
        found.keys++
        if (movesToFront(text.charCodeAt(start))) found.exact = false
        break
      }
      case space:
        found.compacted = false
        break
      case open:
        if (++depth <= found.depth) break
        if (depth > maxDepth) return 'too deep'
        found.depth = depth
        break
      case close:
        depth--
        break
      case number: {
        const end = endOfDigits(text, at + 1)
        if (end - at <= 15 && isWhole(text, at, end)) at = end - 1
        else {
          const token = numberAt(text, at)
          if (String(Number(token)) !== token) found.exact = false
          at += token.length - 1
        }
        break
      }
    }
  }
  return found
}

/** Position of the closing quote or -1; notes escapes that a printer would not make. */
function endOfString(text: string, start: number, found: Scan): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (code !== backslash) continue
    const escaped = text.charCodeAt(++at)
    // A slash needs no escape; what stands behind \u mostly needs none either.
    if (escaped === 0x2f || escaped === 0x75) found.compacted = false
  }
  return -1
}

/** Keys that look like an array's index lead in a JavaScript object; a key that begins with an escape may be one. */
function movesToFront(first: number): boolean {
  return isDigit(first) || first === backslash
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function endOfDigits(text: string, start: number): number {
  let at = start
  while (isDigit(text.charCodeAt(at))) at++
  return at
}

/** Whether a number that has digits up to `end` has no sign, no fraction and no exponent. */
function isWhole(text: string, start: number, end: number): boolean {
  const next = text.charCodeAt(end)
  return next !== 0x2e && next !== 0x45 && next !== 0x65 && text.charCodeAt(start) !== 0x2d
}

const numberToken = /[0-9.eE+-]+/y

function numberAt(text: string, start: number): string {
  numberToken.lastIndex = start
  return numberToken.exec(text)?.[0] ?? ''
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

const everyControl = /[\x7f-\x9f]/g

function escapeControls(text: string): string {
  if (!hasControls(text)) return text
  return text.replace(everyControl, control => '\\u00' + control.charCodeAt(0).toString(16))
}

const literal = /[\w.+-]+/y

/** Rewrites a valid JSON text token by token. */
class Compactor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): string {
    this.#skipSpace()
    switch (begins[this.#text.charCodeAt(this.#at)] ?? other) {
      case open:
        return this.#text[this.#at] === '{' ? this.#object() : this.#array()
      case string:
        return this.#string()
      default:
        return this.#literal()
    }
  }

  #object(): string {
    // A key that comes again keeps its first place.
    const members = new Map<string, string>()
    while (this.#hasNext('}')) {
      const key = this.#string()
      this.#skipSpace()
      this.#at++
      members.set(key, this.value())
    }
    let text = ''
    for (const [key, value] of members) text += `${text === '' ? '{' : ','}${key}:${value}`
    return text === '' ? '{}' : text + '}'
  }

  #array(): string {
    const elements: string[] = []
    while (this.#hasNext(']')) elements.push(this.value())
    return `[${elements.join(',')}]`
  }

  /** Steps over the opening bracket or a comma to the next member; at the end over the closing bracket. */
  #hasNext(end: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#at] !== end) this.#at++
    this.#skipSpace()
    if (this.#text[this.#at] !== end) return true
    this.#at++
    return false
  }

  #string(): string {
    const start = this.#at
    const found = { compacted: true, exact: true, keys: 0, depth: 0 }
    this.#at = endOfString(this.#text, start + 1, found) + 1
    const token = this.#text.slice(start, this.#at)
    const same = found.compacted && token.isWellFormed()
    return escapeControls(same ? token : JSON.stringify(JSON.parse(token)))
  }

  #literal(): string {
    literal.lastIndex = this.#at
    const token = literal.exec(this.#text)?.[0] ?? ''
    this.#at += token.length
    return token
  }

  #skipSpace(): void {
    while (begins[this.#text.charCodeAt(this.#at)] === space) this.#at++
  }
}

/** The members of an object, each as its text. The text must be compact. */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>()
  for (let at = 1; at < text.length - 1;) {
    const afterKey = endOfValue(text, at)
    const end = endOfValue(text, afterKey + 1)
    members.set(JSON.parse(text.slice(at, afterKey)), text.slice(afterKey + 1, end))
    at = end + 1
  }
  return members
}

/** The elements of an array, each as its text. The text must be compact. */
export function elementsOf(text: string): string[] {
  const elements: string[] = []
  for (let at = 1; at < text.length - 1;) {
    const end = endOfValue(text, at)
    elements.push(text.slice(at, end))
    at = end + 1
  }
  return elements
}

/** Position behind the value that begins at `start`. */
function endOfValue(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    switch (begins[text.charCodeAt(at)] ?? other) {
      case string:
        at = endOfString(text, at + 1, { compacted: true, exact: true, keys: 0, depth: 0 })
        if (depth === 0) return at + 1
        break
      case open:
        depth++
        break
      case close:
        if (--depth <= 0) return depth === 0 ? at + 1 : at
        break
    }
    if (depth === 0 && (text[at] === ',' || text[at] === ':')) return at
  }
  return text.length
}
