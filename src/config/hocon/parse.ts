import {
  HoconError,
  scalar,
  type Assignment,
  type Node,
  type ObjectNode,
  type Place,
  type Scalar,
} from './node.ts'

/** The text of a file that another includes; undefined when there is none. Throws when it may not be included. */
export type ReadInclude = (name: string, from: string) => { file: string; text: string } | undefined

export interface ParseOptions {
  readonly file: string
  readonly readInclude?: ReadInclude | undefined
}

/** What the files of one configuration share. */
interface Shared {
  includes: number
}

// Far beyond what people write; a hostile text must not exhaust the stack.
const maxDepth = 100
const maxIncludes = 50
const maxIncludeDepth = 10
const maxTextLength = 4 * 1024 * 1024

const unquotedEnd = new Set('$"{}[]:=,+#`^?!@*&\\\n')
const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** HOCON → its tree as written. Source: https://github.com/lightbend/config/blob/main/HOCON.md */
export function parseTree(text: string, options: ParseOptions): Node {
  return new Parser(text, options, { includes: 0 }, [], 0).document()
}

class Parser {
  readonly #text: string
  readonly #options: ParseOptions
  /** Path at which this file is included. */
  readonly #prefix: readonly string[]
  /** Files around this one. */
  readonly #includeDepth: number
  readonly #shared: Shared
  #at = 0
  #line = 1
  #depth = 0

  constructor(
    text: string,
    options: ParseOptions,
    shared: Shared,
    prefix: readonly string[],
    includeDepth: number,
  ) {
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text
    this.#options = options
    this.#prefix = prefix
    this.#shared = shared
    this.#includeDepth = includeDepth
    if (text.length > maxTextLength) throw this.#error(`longer than ${maxTextLength} characters`)
  }

  document(): Node {
    this.#skipToContent()
    const first = this.#peek()
    const root = first === '[' ? this.#array() : this.#rootObject(first === '{')
    this.#skipToContent()
    if (this.#at < this.#text.length) throw this.#unexpected('the end of the file')
    return root
  }

  #rootObject(braces: boolean): ObjectNode {
    const root: ObjectNode = { kind: 'object', fields: new Map() }
    if (braces) this.#at++
    this.#fieldsInto(root, this.#prefix, braces ? '}' : '')
    return root
  }

  #object(path: readonly string[] | undefined): ObjectNode {
    const node: ObjectNode = { kind: 'object', fields: new Map() }
    this.#at++
    this.#deeper(() => this.#fieldsInto(node, path, '}'))
    return node
  }

  /** `path` is undefined inside an array, where nothing can be referred to by a path. */
  #fieldsInto(node: ObjectNode, path: readonly string[] | undefined, end: '}' | ''): void {
    for (;;) {
      this.#skipToContent()
      if (this.#peek() === end && end !== '') {
        this.#at++
        return
      }
      if (this.#at >= this.#text.length) {
        if (end === '') return
        throw this.#unexpected('`}`')
      }
      if (!this.#include(node, path)) this.#field(node, path)
      this.#separator(end === '' ? '\n' : end)
    }
  }

  #field(node: ObjectNode, path: readonly string[] | undefined): void {
    const place = this.#place()
    const key = this.#key()
    this.#skipToContent()
    const append = this.#text.startsWith('+=', this.#at)
    const separator = this.#peek()
    if (append) this.#at += 2
    else if (separator === ':' || separator === '=') this.#at++
    else if (separator !== '{') throw this.#unexpected(`\`=\`, \`:\` or \`{\` after ${key.join('.')}`)
    this.#skipToContent()
    const value = this.#value(path === undefined ? undefined : [...path, ...key])
    const assigned: Node = append ? { kind: 'append', item: { node: value, place } } : value
    assign(node, key, { node: assigned, place })
  }

  /** `a.b."c.d"`: white space inside a name is part of it, around it is not. */
  #key(): string[] {
    const key: string[] = []
    let segment: string | undefined
    let blanks = ''
    const add = (text: string) => {
      segment = segment === undefined ? text : segment + blanks + text
      blanks = ''
    }
    for (;;) {
      const character = this.#peek()
      if (character === '"') add(this.#quoted())
      else if (isBlank(character)) blanks += this.#blanks()
      else if (character !== '.' && (character === '' || unquotedEnd.has(character) || this.#atComment()))
        break
      else {
        if (character === '.') {
          key.push(this.#segment(segment))
          segment = undefined
          blanks = ''
        } else add(character)
        this.#at++
      }
    }
    key.push(this.#segment(segment))
    if (key.length > maxDepth) throw this.#error(`nested deeper than ${maxDepth}`)
    return key
  }

  #segment(name: string | undefined): string {
    if (name === undefined) throw this.#unexpected('a field name')
    return name
  }

  #value(path: readonly string[] | undefined): Node {
    const place = this.#place()
    const parts: Node[] = []
    for (;;) {
      const blank = this.#blanks()
      if (this.#atValueEnd()) break
      if (blank !== '' && parts.length > 0)
        parts.push({ kind: 'scalar', value: blank, text: blank, blank: true })
      parts.push(this.#part(path))
    }
    const [only, ...more] = parts
    if (only === undefined) throw this.#unexpected('a value')
    return more.length === 0 ? only : { kind: 'concatenation', parts, place }
  }

  #part(path: readonly string[] | undefined): Node {
    const character = this.#peek()
    if (character === '{') return this.#object(path)
    if (character === '[') return this.#array()
    if (this.#text.startsWith('"""', this.#at)) return this.#tripleQuoted()
    if (character === '"') {
      const text = this.#quoted()
      return scalar(text, text)
    }
    if (this.#text.startsWith('${', this.#at)) return this.#substitution()
    return this.#unquoted()
  }

  #array(): Node {
    const items: Assignment[] = []
    this.#at++
    this.#deeper(() => {
      for (;;) {
        this.#skipToContent()
        if (this.#peek() === ']') break
        if (this.#at >= this.#text.length) throw this.#unexpected('`]`')
        const place = this.#place()
        items.push({ node: this.#value(undefined), place })
        this.#separator(']')
      }
    })
    this.#at++
    return { kind: 'array', items }
  }

  #substitution(): Node {
    const place = this.#place()
    this.#at += 2
    const optional = this.#peek() === '?'
    if (optional) this.#at++
    const path = this.#key()
    if (this.#peek() !== '}') throw this.#unexpected('`}` after the name in `${`')
    this.#at++
    const paths = this.#prefix.length > 0 ? [[...this.#prefix, ...path], path] : [path]
    return { kind: 'substitution', paths, optional, place }
  }

  #quoted(): string {
    const end = this.#endOfQuoted()
    const literal = this.#text.slice(this.#at, end)
    try {
      const text: unknown = JSON.parse(literal)
      this.#at = end
      return String(text)
    } catch {
      throw this.#error(`${shorten(literal)} has an escape or a control character that JSON does not allow`)
    }
  }

  #endOfQuoted(): number {
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      const character = this.#text[i]
      if (character === '"') return i + 1
      if (character === '\n') break
      if (character === '\\') i++
    }
    throw this.#error('a quoted text does not end on its line; use """ for more than one line')
  }

  #tripleQuoted(): Scalar {
    const start = this.#at + 3
    let end = this.#text.indexOf('"""', start)
    if (end < 0) throw this.#error('a text that begins with """ does not end')
    // Quotes in front of the last three belong to the text.
    while (this.#text[end + 3] === '"') end++
    const text = this.#text.slice(start, end)
    this.#at = end + 3
    this.#line += text.split('\n').length - 1
    return scalar(text, text)
  }

  #unquoted(): Scalar {
    const start = this.#at
    // First a number, because of the plus sign in 1e+21.
    const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
    number.lastIndex = start
    this.#at += number.exec(this.#text)?.[0].length ?? 0
    while (this.#at < this.#text.length && !this.#atUnquotedEnd()) this.#at++
    const text = this.#text.slice(start, this.#at)
    if (text === '') throw this.#unexpected('a value; put quotes around text that holds such characters')
    return scalar(typed(text), text)
  }

  #include(node: ObjectNode, path: readonly string[] | undefined): boolean {
    const match = /include[ \t]+(?="|(?:required|file|url|classpath)\()/y
    match.lastIndex = this.#at
    const keyword = match.exec(this.#text)
    if (keyword === null) return false
    this.#at += keyword[0].length
    const target = this.#includeTarget()
    const included = this.#readInclude(target.name)
    if (included === undefined) {
      if (target.required) throw this.#error(`include: there is no file ${JSON.stringify(target.name)}`)
      return true
    }
    if (++this.#shared.includes > maxIncludes || this.#includeDepth >= maxIncludeDepth)
      throw this.#error(
        `include: more than ${maxIncludes} files, or deeper than ${maxIncludeDepth}; is it a circle?`,
      )
    const options = { ...this.#options, file: included.file }
    const parser = new Parser(included.text, options, this.#shared, path ?? [], this.#includeDepth + 1)
    const tree = parser.document()
    if (tree.kind !== 'object') throw this.#error(`include: ${included.file} holds no object`)
    for (const [key, assignments] of tree.fields)
      for (const assignment of assignments) assign(node, [key], assignment)
    return true
  }

  #includeTarget(): { name: string; required: boolean } {
    const match = /(required\()?[ \t]*(?:(file|url|classpath)\()?[ \t]*("[^"\n]*")[ \t]*(\)*)/y
    match.lastIndex = this.#at
    const [whole, required, kind, literal = '""', closing] = match.exec(this.#text) ?? []
    const open = (required === undefined ? 0 : 1) + (kind === undefined ? 0 : 1)
    if (whole === undefined || closing?.length !== open)
      throw this.#error('include: expected include "file", include file("file") or include required("file")')
    if (kind === 'url' || kind === 'classpath' || /^"[a-z]+:\/\//i.test(literal))
      throw this.#error('include: only files can be included; fetch it first and include the file')
    this.#at += whole.length
    return { name: literal.slice(1, -1), required: required !== undefined }
  }

  #readInclude(name: string): { file: string; text: string } | undefined {
    const { readInclude, file } = this.#options
    if (readInclude === undefined) throw this.#error('include: a text that is no file cannot include files')
    return readInclude(name, file)
  }

  /** A comma or a line break between two fields or items; none is needed before the end. */
  #separator(end: string): void {
    const line = this.#line
    this.#skipToContent()
    const character = this.#peek()
    if (character === ',') {
      this.#at++
      this.#skipToContent()
      if (this.#peek() === ',') throw this.#unexpected('a field or an item between two commas')
    } else if (character !== '' && character !== end && this.#line === line) {
      throw this.#unexpected(
        unquotedEnd.has(character)
          ? 'the end of this value; put quotes around text that holds such characters'
          : 'a comma or a new line',
      )
    }
  }

  #atValueEnd(): boolean {
    const character = this.#peek()
    return ['', '\n', ',', '}', ']'].includes(character) || this.#atComment() || this.#atStray(character)
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
    const character = this.#peek()
    return unquotedEnd.has(character) || isBlank(character) || this.#atComment()
  }

  #atComment(): boolean {
    return this.#peek() === '#' || this.#text.startsWith('//', this.#at)
  }

  #blanks(): string {
    const start = this.#at
    while (isBlank(this.#peek())) this.#at++
    return this.#text.slice(start, this.#at)
  }

  /** Skips white space, line breaks and comments. */
  #skipToContent(): void {
    for (;;) {
      this.#blanks()
      if (this.#peek() === '\n') {
        this.#line++
        this.#at++
      } else if (this.#atComment()) {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = end < 0 ? this.#text.length : end
      } else return
    }
  }

  #deeper(read: () => void): void {
    if (++this.#depth > maxDepth) throw this.#error(`nested deeper than ${maxDepth}`)
    read()
    this.#depth--
  }

  #peek(): string {
    return this.#text[this.#at] ?? ''
  }

  #place(): Place {
    return { file: this.#options.file, line: this.#line }
  }

  #error(reason: string): HoconError {
    return new HoconError(reason, this.#place())
  }

  #unexpected(expected: string): HoconError {
    const character = this.#peek()
    const found =
      character === '' ? 'the end' : character === '\n' ? 'the end of the line' : `\`${character}\``
    return this.#error(`found ${found}, expected ${expected}`)
  }
}

function assign(node: ObjectNode, [first = '', ...rest]: readonly string[], assignment: Assignment): void {
  const assignments = node.fields.get(first) ?? []
  node.fields.set(first, assignments)
  if (rest.length === 0) {
    assignments.push(assignment)
    return
  }
  const inner: ObjectNode = { kind: 'object', fields: new Map() }
  assign(inner, rest, assignment)
  assignments.push({ node: inner, place: assignment.place })
}

function typed(text: string): Scalar['value'] {
  if (text === 'true') return true
  if (text === 'false') return false
  if (text === 'null') return null
  return numberPattern.test(text) ? Number(text) : text
}

function isBlank(character: string): boolean {
  return character !== '\n' && character !== '' && (/\s/.test(character) || character === '\uFEFF')
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
