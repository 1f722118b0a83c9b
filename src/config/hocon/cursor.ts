import { HoconError, type Place } from './node.ts'

/** Characters at which a text without quotes ends. */
const unquotedEnd = new Set('$"{}[]:=,+#`^?!@*&\\\n')

/** A place in a HOCON text, and what can be read there without knowing what it is for. */
export class Cursor {
  readonly #text: string
  readonly #file: string
  #at = 0
  #line = 1

  constructor(text: string, file: string) {
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text
    this.#file = file
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** The next character; empty at the end. */
  peek(): string {
    return this.#text[this.#at] ?? ''
  }

  startsWith(text: string): boolean {
    return this.#text.startsWith(text, this.#at)
  }

  /** For characters on this line. */
  skip(count: number): void {
    this.#at += count
  }

  /** Reads what a sticky expression matches, on this line. */
  take(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at
    const match = expression.exec(this.#text)
    this.#at += match?.[0].length ?? 0
    return match
  }

  quoted(): string {
    const end = this.#endOfQuoted()
    const literal = this.#text.slice(this.#at, end)
    try {
      const text: unknown = JSON.parse(literal)
      this.#at = end
      return String(text)
    } catch {
      throw this.error(`${shorten(literal)} has an escape or a control character that JSON does not allow`)
    }
  }

  #endOfQuoted(): number {
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      const character = this.#text[i]
      if (character === '"') return i + 1
      if (character === '\n') break
      if (character === '\\') i++
    }
    throw this.error('a quoted text does not end on its line; use """ for more than one line')
  }

  tripleQuoted(): string {
    const start = this.#at + 3
    let end = this.#text.indexOf('"""', start)
    if (end < 0) throw this.error('a text that begins with """ does not end')
    // Quotes in front of the last three belong to the text.
    while (this.#text[end + 3] === '"') end++
    const text = this.#text.slice(start, end)
    this.#at = end + 3
    this.#line += text.split('\n').length - 1
    return text
  }

  unquoted(): string {
    const start = this.#at
    // First a number, because of the plus sign in 1e+21.
    const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
    number.lastIndex = start
    this.#at += number.exec(this.#text)?.[0].length ?? 0
    while (this.#at < this.#text.length && !this.#atUnquotedEnd()) this.#at++
    const text = this.#text.slice(start, this.#at)
    if (text === '') throw this.unexpected('a value; put quotes around text that holds such characters')
    return text
  }

  /** A comma or a line break between two fields or items; none is needed before the end. */
  separator(end: string): void {
    const line = this.#line
    this.skipToContent()
    const character = this.peek()
    if (character === ',') {
      this.#at++
      this.skipToContent()
      if (this.peek() === ',') throw this.unexpected('a field or an item between two commas')
    } else if (character !== '' && character !== end && this.#line === line) {
      throw this.unexpected(
        unquotedEnd.has(character)
          ? 'the end of this value; put quotes around text that holds such characters'
          : 'a comma or a new line',
      )
    }
  }

  atValueEnd(): boolean {
    const character = this.peek()
    return ['', '\n', ',', '}', ']'].includes(character) || this.atComment() || this.#atStray(character)
  }

  /** Characters that cannot stand in a value; the separator that follows then says so. */
  #atStray(character: string): boolean {
    return (
      unquotedEnd.has(character) &&
      !['"', '{', '['].includes(character) &&
      !this.#text.startsWith('${', this.#at)
    )
  }

  #atUnquotedEnd(): boolean {
    const character = this.peek()
    return unquotedEnd.has(character) || isBlank(character) || this.atComment()
  }

  atComment(): boolean {
    return this.peek() === '#' || this.#text.startsWith('//', this.#at)
  }

  blanks(): string {
    const start = this.#at
    while (isBlank(this.peek())) this.#at++
    return this.#text.slice(start, this.#at)
  }

  /** Skips white space, line breaks and comments. */
  skipToContent(): void {
    for (;;) {
      this.blanks()
      if (this.peek() === '\n') {
        this.#line++
        this.#at++
      } else if (this.atComment()) {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = end < 0 ? this.#text.length : end
      } else return
    }
  }

  place(): Place {
    return { file: this.#file, line: this.#line }
  }

  error(reason: string): HoconError {
    return new HoconError(reason, this.place())
  }

  unexpected(expected: string): HoconError {
    const character = this.peek()
    const found =
      character === '' ? 'the end' : character === '\n' ? 'the end of the line' : `\`${character}\``
    return this.error(`found ${found}, expected ${expected}`)
  }
}

export function endsUnquoted(character: string): boolean {
  return unquotedEnd.has(character)
}

export function isBlank(character: string): boolean {
  return character !== '\n' && character !== '' && (/\s/.test(character) || character === '\uFEFF')
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
