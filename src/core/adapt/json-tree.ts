import { begins, close, endOfString, escapeControls, other } from '../validate/json-characters.ts'
import { parseDecimal } from '../enrich/decimal.ts'

/*
 * JSON taken apart and put together again as text: numbers keep their digits, keys their order. Adapters rename, drop
 * and rewrite members of what a vendor sent, and pass the rest on as it came.
 */

/** A text, number, boolean or null is its own JSON token. */
export type JsonTree = string | readonly JsonTree[] | JsonMembers
export interface JsonMembers extends ReadonlyMap<string, JsonTree> {}

export function isList(tree: JsonTree | undefined): tree is readonly JsonTree[] {
  return Array.isArray(tree)
}

export function isObject(tree: JsonTree | undefined): tree is JsonMembers {
  return tree instanceof Map
}

export function member(tree: JsonTree | undefined, name: string): JsonTree | undefined {
  return isObject(tree) ? tree.get(name) : undefined
}

/** What a text says; null for everything that is no text. */
export function textOf(tree: JsonTree | undefined): string | null {
  return typeof tree === 'string' && tree.startsWith('"') ? JSON.parse(tree) : null
}

export function fromText(text: string): string {
  return escapeControls(JSON.stringify(text))
}

/** The value of a whole number that fits a Java Long, also of a text that is one, and of `1.0`. */
export function longOf(tree: JsonTree | undefined): bigint | null {
  if (typeof tree !== 'string' || tree.length > 100) return null
  const decimal = parseDecimal(textOf(tree) ?? tree)
  if ('error' in decimal) return null
  const whole = /^(-?\d{1,19})(?:\.0{1,100})?$/.exec(decimal.text)?.[1]
  return whole === undefined ? null : inLong(BigInt(whole))
}

export function inLong(value: bigint): bigint | null {
  return BigInt.asIntN(64, value) === value ? value : null
}

/** A new object with the same keys in the same order; what `change` gives undefined for is left out. */
export function mapMembers(
  members: JsonMembers,
  change: (value: JsonTree, name: string) => JsonTree | undefined,
): JsonMembers {
  const changed = new Map<string, JsonTree>()
  for (const [name, value] of members) {
    const result = change(value, name)
    if (result !== undefined) changed.set(name, result)
  }
  return changed
}

export function writeJson(tree: JsonTree): string {
  if (typeof tree === 'string') return tree
  if (isList(tree)) return `[${tree.map(writeJson).join(',')}]`
  return `{${Array.from(tree, ([name, value]) => `${fromText(name)}:${writeJson(value)}`).join(',')}}`
}

/** The text must be compact, as `parseJsonText` gives it; it is also what bounds its depth. */
export function readTree(text: string): JsonTree {
  return new Reader(text).value()
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): JsonTree {
    const first = this.#text[this.#at]
    if (first === '{') return this.#members()
    if (first === '[') return this.#elements()
    return first === '"' ? this.#string() : this.#literal()
  }

  #members(): JsonMembers {
    const members = new Map<string, JsonTree>()
    while (this.#hasNext('}')) {
      const name = JSON.parse(this.#string()) as string
      this.#at++
      members.set(name, this.value())
    }
    return members
  }

  #elements(): readonly JsonTree[] {
    const elements: JsonTree[] = []
    while (this.#hasNext(']')) elements.push(this.value())
    return elements
  }

  /** Steps over an opening bracket or a comma to what is next; at the end over the closing bracket. */
  #hasNext(end: string): boolean {
    if (this.#text[this.#at] === end) {
      this.#at++
      return false
    }
    this.#at++
    if (this.#text[this.#at] !== end) return true
    this.#at++
    return false
  }

  #string(): string {
    const start = this.#at
    this.#at = endOfString(this.#text, start + 1, { compacted: true }) + 1
    return this.#text.slice(start, this.#at)
  }

  #literal(): string {
    const start = this.#at
    while (this.#at < this.#text.length && !this.#ends()) this.#at++
    return this.#text.slice(start, this.#at)
  }

  #ends(): boolean {
    return this.#text[this.#at] === ',' || (begins[this.#text.charCodeAt(this.#at)] ?? other) === close
  }
}
