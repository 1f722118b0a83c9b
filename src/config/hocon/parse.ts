import { Cursor, endsUnquoted, isBlank } from './cursor.ts'
import { scalar, type Assignment, type Node, type ObjectNode, type Scalar } from './node.ts'

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

const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** HOCON → its tree as written. Source: https://github.com/lightbend/config/blob/main/HOCON.md */
export function parseTree(text: string, options: ParseOptions): Node {
  return new Parser(text, options, { includes: 0 }, [], 0).document()
}

class Parser {
  readonly #cursor: Cursor
  readonly #options: ParseOptions
  /** Path at which this file is included. */
  readonly #prefix: readonly string[]
  /** Files around this one. */
  readonly #includeDepth: number
  readonly #shared: Shared
  #depth = 0

  constructor(
    text: string,
    options: ParseOptions,
    shared: Shared,
    prefix: readonly string[],
    includeDepth: number,
  ) {
    this.#cursor = new Cursor(text, options.file)
    this.#options = options
    this.#prefix = prefix
    this.#shared = shared
    this.#includeDepth = includeDepth
    if (text.length > maxTextLength) throw this.#cursor.error(`longer than ${maxTextLength} characters`)
  }

  document(): Node {
    this.#cursor.skipToContent()
    const first = this.#cursor.peek()
    const root = first === '[' ? this.#array() : this.#rootObject(first === '{')
    this.#cursor.skipToContent()
    if (!this.#cursor.atEnd) throw this.#cursor.unexpected('the end of the file')
    return root
  }

  #rootObject(braces: boolean): ObjectNode {
    const root: ObjectNode = { kind: 'object', fields: new Map() }
    if (braces) this.#cursor.skip(1)
    this.#fieldsInto(root, this.#prefix, braces ? '}' : '')
    return root
  }

  #object(path: readonly string[] | undefined): ObjectNode {
    const node: ObjectNode = { kind: 'object', fields: new Map() }
    this.#cursor.skip(1)
    this.#deeper(() => this.#fieldsInto(node, path, '}'))
    return node
  }

  /** `path` is undefined inside an array, where nothing can be referred to by a path. */
  #fieldsInto(node: ObjectNode, path: readonly string[] | undefined, end: '}' | ''): void {
    for (;;) {
      this.#cursor.skipToContent()
      if (this.#cursor.peek() === end && end !== '') {
        this.#cursor.skip(1)
        return
      }
      if (this.#cursor.atEnd) {
        if (end === '') return
        throw this.#cursor.unexpected('`}`')
      }
      if (!this.#include(node, path)) this.#field(node, path)
      this.#cursor.separator(end === '' ? '\n' : end)
    }
  }

  #field(node: ObjectNode, path: readonly string[] | undefined): void {
    const place = this.#cursor.place()
    const key = this.#key()
    this.#cursor.skipToContent()
    const append = this.#cursor.startsWith('+=')
    const separator = this.#cursor.peek()
    if (append) this.#cursor.skip(2)
    else if (separator === ':' || separator === '=') this.#cursor.skip(1)
    else if (separator !== '{') throw this.#cursor.unexpected(`\`=\`, \`:\` or \`{\` after ${key.join('.')}`)
    this.#cursor.skipToContent()
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
      const character = this.#cursor.peek()
      if (character === '"') add(this.#cursor.quoted())
      else if (isBlank(character)) blanks += this.#cursor.blanks()
      else if (character !== '.' && (character === '' || endsUnquoted(character) || this.#cursor.atComment()))
        break
      else {
        if (character === '.') {
          key.push(this.#segment(segment))
          segment = undefined
          blanks = ''
        } else add(character)
        this.#cursor.skip(1)
      }
    }
    key.push(this.#segment(segment))
    if (key.length > maxDepth) throw this.#cursor.error(`nested deeper than ${maxDepth}`)
    return key
  }

  #segment(name: string | undefined): string {
    if (name === undefined) throw this.#cursor.unexpected('a field name')
    return name
  }

  #value(path: readonly string[] | undefined): Node {
    const place = this.#cursor.place()
    const parts: Node[] = []
    for (;;) {
      const blank = this.#cursor.blanks()
      if (this.#cursor.atValueEnd()) break
      if (blank !== '' && parts.length > 0)
        parts.push({ kind: 'scalar', value: blank, text: blank, blank: true })
      parts.push(this.#part(path))
    }
    const [only, ...more] = parts
    if (only === undefined) throw this.#cursor.unexpected('a value')
    return more.length === 0 ? only : { kind: 'concatenation', parts, place }
  }

  #part(path: readonly string[] | undefined): Node {
    const character = this.#cursor.peek()
    if (character === '{') return this.#object(path)
    if (character === '[') return this.#array()
    if (this.#cursor.startsWith('"""')) return textNode(this.#cursor.tripleQuoted())
    if (character === '"') return textNode(this.#cursor.quoted())
    if (this.#cursor.startsWith('${')) return this.#substitution()
    const text = this.#cursor.unquoted()
    return scalar(typed(text), text)
  }

  #array(): Node {
    const items: Assignment[] = []
    this.#cursor.skip(1)
    this.#deeper(() => {
      for (;;) {
        this.#cursor.skipToContent()
        if (this.#cursor.peek() === ']') break
        if (this.#cursor.atEnd) throw this.#cursor.unexpected('`]`')
        const place = this.#cursor.place()
        items.push({ node: this.#value(undefined), place })
        this.#cursor.separator(']')
      }
    })
    this.#cursor.skip(1)
    return { kind: 'array', items }
  }

  #substitution(): Node {
    const place = this.#cursor.place()
    this.#cursor.skip(2)
    const optional = this.#cursor.peek() === '?'
    if (optional) this.#cursor.skip(1)
    const path = this.#key()
    if (this.#cursor.peek() !== '}') throw this.#cursor.unexpected('`}` after the name in `${`')
    this.#cursor.skip(1)
    const paths = this.#prefix.length > 0 ? [[...this.#prefix, ...path], path] : [path]
    return { kind: 'substitution', paths, optional, place }
  }

  #include(node: ObjectNode, path: readonly string[] | undefined): boolean {
    if (this.#cursor.take(/include[ \t]+(?="|(?:required|file|url|classpath)\()/y) === null) return false
    const target = this.#includeTarget()
    const included = this.#readInclude(target.name)
    if (included === undefined) {
      if (target.required)
        throw this.#cursor.error(`include: there is no file ${JSON.stringify(target.name)}`)
      return true
    }
    if (++this.#shared.includes > maxIncludes || this.#includeDepth >= maxIncludeDepth)
      throw this.#cursor.error(
        `include: more than ${maxIncludes} files, or deeper than ${maxIncludeDepth}; is it a circle?`,
      )
    const options = { ...this.#options, file: included.file }
    const parser = new Parser(included.text, options, this.#shared, path ?? [], this.#includeDepth + 1)
    const tree = parser.document()
    if (tree.kind !== 'object') throw this.#cursor.error(`include: ${included.file} holds no object`)
    for (const [key, assignments] of tree.fields)
      for (const assignment of assignments) assign(node, [key], assignment)
    return true
  }

  #includeTarget(): { name: string; required: boolean } {
    const target = /(required\()?[ \t]*(?:(file|url|classpath)\()?[ \t]*("[^"\n]*")[ \t]*(\)*)/y
    const [whole, required, kind, literal = '""', closing] = this.#cursor.take(target) ?? []
    const open = (required === undefined ? 0 : 1) + (kind === undefined ? 0 : 1)
    if (whole === undefined || closing?.length !== open)
      throw this.#cursor.error(
        'include: expected include "file", include file("file") or include required("file")',
      )
    if (kind === 'url' || kind === 'classpath' || /^"[a-z]+:\/\//i.test(literal))
      throw this.#cursor.error('include: only files can be included; fetch it first and include the file')
    return { name: literal.slice(1, -1), required: required !== undefined }
  }

  #readInclude(name: string): { file: string; text: string } | undefined {
    const { readInclude, file } = this.#options
    if (readInclude === undefined)
      throw this.#cursor.error('include: a text that is no file cannot include files')
    return readInclude(name, file)
  }

  #deeper(read: () => void): void {
    if (++this.#depth > maxDepth) throw this.#cursor.error(`nested deeper than ${maxDepth}`)
    read()
    this.#depth--
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

function textNode(text: string): Scalar {
  return scalar(text, text)
}
