import { begins, close, endOfString, escapeControls, open, other, space, string } from './json-characters.ts'

/** A valid JSON text written anew, token by token: numbers and the order of keys stay. */
export function rewriteJson(text: string): string {
  return new Compactor(text).value()
}

const literal = /[\w.+-]+/y

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
    const found = { compacted: true }
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
        at = endOfString(text, at + 1, { compacted: true })
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
