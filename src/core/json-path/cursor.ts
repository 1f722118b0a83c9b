/** Thrown inside the parser only: what is wrong with a path, in words for whoever wrote it. */
export class PathFault extends Error {}

/** A reader of the text of a path. */
export class Cursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  get next(): string {
    return this.#text[this.#at] ?? ''
  }

  /** Steps over a word that stands here. */
  takes(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length
    return true
  }

  /** Steps over blanks, and then over a word that stands there. */
  takesSpaced(word: string): boolean {
    this.skipSpace()
    return this.takes(word)
  }

  expect(word: string): void {
    if (!this.takesSpaced(word)) throw this.fault(`'${word}'`)
  }

  skipSpace(): void {
    while (this.next === ' ' || this.next === '\t') this.#at++
  }

  /** What a sticky pattern finds here, and steps over it. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  /** A text in single or double quotes, where a backslash takes the next character as it is. */
  quoted(): string {
    const quote = this.next
    let text = ''
    for (this.#at++; !this.atEnd; this.#at++) {
      if (this.next === quote) {
        this.#at++
        return text
      }
      if (this.next === '\\') this.#at++
      text += this.next
    }
    throw this.fault(quote)
  }

  fault(expected: string): PathFault {
    const found = this.atEnd ? 'end of path' : `'${this.next}'`
    return new PathFault(`${expected} expected but ${found} found at character ${this.#at + 1}`)
  }
}
