import { isDeeperThan, isObject, membersOf, type Members } from '../lib/index.ts'
import type { SchemaIssue } from './iglu-error.ts'

/**
 * A schema reduced to what draft-04 gives a meaning to, so that nothing else in it can reach the compiler.
 *
 * Keywords stand in the order in which Snowplow's validator reports them: `properties`, then by name. A `$ref` is
 * `#/definitions/<n>`; references to other documents are gone, and with them every `id`.
 */
export interface CleanSchema {
  readonly [keyword: string]: unknown
}

// The largest schema in Iglu Central has 213 parts, 12 levels and 32 kB. These limits are what bounds the time to
// compile: below half a second for the worst shapes known (see compile.test.ts), milliseconds for real ones.
const maxParts = 1000
// Each may cost a millisecond.
const maxPatterns = 200
const maxPatternLength = 5000
const maxLevels = 64
const maxJsonLevels = 256
const maxValues = 50_000
// Parts that apply to one and the same value, each counted as often as references lead to it. Without this, thirty
// definitions that each refer twice to the next would take 2^30 steps for every event.
const maxPartsPerValue = 10_000

class SchemaFault extends Error {
  readonly path: string

  constructor(path: string, message: string) {
    super(message)
    this.path = path
  }
}

/** Throws nothing: what is wrong with the schema comes back as issues. */
export function cleanSchema(document: unknown): CleanSchema | readonly SchemaIssue[] {
  try {
    return new Cleaner(document).clean()
  } catch (error) {
    if (error instanceof SchemaFault)
      return [{ path: error.path, message: `${error.path}: ${error.message}` }]
    throw error
  }
}

/** Whether a document is small enough to be looked at any further. */
export function sizeIssue(document: unknown): SchemaIssue | undefined {
  if (isDeeperThan(document, maxJsonLevels)) return tooLarge(`more than ${maxJsonLevels} levels`)
  return countValues(document, maxValues) < 0 ? tooLarge(`more than ${maxValues} values`) : undefined
}

function tooLarge(what: string): SchemaIssue {
  return { path: '$', message: `$: the schema has ${what}, which is not supported` }
}

/** What is left of `budget`; negative when it did not suffice. */
function countValues(value: unknown, budget: number): number {
  let left = budget - 1
  if (typeof value !== 'object' || value === null) return left
  for (const item of Object.values(value)) {
    if (left < 0) return left
    left = countValues(item, left)
  }
  return left
}

/** What a keyword holds. `schemas`: one, a list of them, or something plain. */
type Kind = 'value' | 'pattern' | 'reference' | 'schemas' | 'schemaMap' | 'patternMap'

/** In the order of reports. */
const keywords: readonly (readonly [string, Kind])[] = [
  ['properties', 'schemaMap'],
  ['$ref', 'reference'],
  ['additionalItems', 'schemas'],
  ['additionalProperties', 'schemas'],
  ['allOf', 'schemas'],
  ['anyOf', 'schemas'],
  ['dependencies', 'schemaMap'],
  ['enum', 'value'],
  ['exclusiveMaximum', 'value'],
  ['exclusiveMinimum', 'value'],
  ['format', 'value'],
  ['items', 'schemas'],
  ['maxItems', 'value'],
  ['maxLength', 'value'],
  ['maxProperties', 'value'],
  ['maximum', 'value'],
  ['minItems', 'value'],
  ['minLength', 'value'],
  ['minProperties', 'value'],
  ['minimum', 'value'],
  ['multipleOf', 'value'],
  ['not', 'schemas'],
  ['oneOf', 'schemas'],
  ['pattern', 'pattern'],
  ['patternProperties', 'patternMap'],
  ['required', 'value'],
  ['type', 'value'],
  ['uniqueItems', 'value'],
]

const kinds: ReadonlyMap<string, Kind> = new Map([...keywords, ['definitions', 'schemaMap']])

class Cleaner {
  readonly #document: Members
  readonly #base: string
  /** Targets of references, by the name of the definition that each becomes. */
  readonly #names = new Map<Members, string>()
  readonly #waiting: Members[] = []
  #parts = 0
  #patterns = 0
  #references = 0

  constructor(document: unknown) {
    if (!isObject(document)) throw new SchemaFault('$', 'the schema is not an object')
    this.#document = document
    this.#base = typeof document.id === 'string' ? (document.id.split('#')[0] ?? '') : ''
  }

  clean(): CleanSchema {
    const $ref = this.#definition(this.#document)
    const definitions: Record<string, CleanSchema> = {}
    // Cleaning a definition may find further ones.
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const name = this.#names.get(next) ?? ''
      definitions[name] = this.#schema(next, next === this.#document ? '$' : `$.definitions.${name}`, 0)
    }
    const whole = { $ref, definitions }
    new PartCounter(whole).check()
    return this.#references === 0 ? resolveReference(whole, $ref) : whole
  }

  #schema(source: Members, path: string, level: number): CleanSchema {
    if (level > maxLevels) throw new SchemaFault(path, `more than ${maxLevels} schemas within each other`)
    if (++this.#parts > maxParts) throw new SchemaFault('$', `the schema has more than ${maxParts} parts`)
    const clean: Record<string, unknown> = {}
    for (const [keyword, kind] of keywords) {
      if (!Object.hasOwn(source, keyword)) continue
      const value = this.#keyword(source[keyword], kind, `${path}.${keyword}`, level + 1)
      if (value !== undefined) clean[keyword] = value
    }
    return source.nullable === true ? allowNull(clean) : clean
  }

  #keyword(value: unknown, kind: Kind, path: string, level: number): unknown {
    if (kind === 'pattern') this.#countPattern(value, path)
    if (kind === 'pattern' || kind === 'value') return value
    if (kind === 'reference') return this.#reference(value, path)
    if (kind === 'patternMap') Object.keys(membersOf(value)).forEach(name => this.#countPattern(name, path))
    if (kind === 'patternMap' || kind === 'schemaMap') return this.#map(membersOf(value), path, level)
    if (Array.isArray(value)) return this.#list(value, path, level)
    return isObject(value) ? this.#schema(value, path, level) : value
  }

  #countPattern(pattern: unknown, path: string): void {
    const { length } = String(pattern)
    if (length > maxPatternLength)
      throw new SchemaFault(path, `a pattern of ${length} characters is not supported`)
    if (++this.#patterns > maxPatterns)
      throw new SchemaFault('$', `the schema has more than ${maxPatterns} patterns`)
  }

  #list(list: readonly unknown[], path: string, level: number): readonly unknown[] {
    return list.map((item, index) => (isObject(item) ? this.#schema(item, `${path}[${index}]`, level) : {}))
  }

  #map(map: Members, path: string, level: number): Members {
    const clean: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(map)) {
      // Would set the prototype. Nothing is ever called so.
      if (name === '__proto__') continue
      clean[name] = isObject(value) ? this.#schema(value, `${path}.${name}`, level) : value
    }
    return clean
  }

  /** Undefined for a reference to another document, which accepts everything. */
  #reference(reference: unknown, path: string): string | undefined {
    if (typeof reference !== 'string') return undefined
    const own = this.#base !== '' && reference.startsWith(`${this.#base}#`)
    const local = own ? reference.slice(this.#base.length) : reference
    if (!local.startsWith('#')) return undefined
    const target = this.#target(local)
    if (target === undefined) throw new SchemaFault(path, `Reference ${reference} cannot be resolved`)
    this.#references++
    return this.#definition(target)
  }

  #target(local: string): Members | undefined {
    if (local === '#') return this.#document
    return local.startsWith('#/') ? this.#followPointer(local) : findById(this.#document, local)
  }

  /** The reference to what becomes of `target`. */
  #definition(target: Members): string {
    const name = this.#names.get(target) ?? String(this.#names.size)
    if (!this.#names.has(target)) {
      this.#names.set(target, name)
      this.#waiting.push(target)
    }
    return `#/definitions/${name}`
  }

  #followPointer(pointer: string): Members | undefined {
    let value: unknown = this.#document
    for (const step of pointer.slice(2).split('/')) {
      const name = unescapeStep(step)
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
      value = (value as Members)[name]
    }
    return isObject(value) ? value : undefined
  }
}

/** `nullable` is no part of draft-04, but Snowplow's validator heeds it. */
function allowNull(clean: CleanSchema): CleanSchema {
  const { type, enum: values } = clean
  return {
    ...clean,
    ...(Array.isArray(values) ? { enum: withNull(values, null) } : {}),
    ...(type === undefined ? {} : { type: withNull([type].flat(), 'null') }),
  }
}

function withNull(list: readonly unknown[], nothing: unknown): readonly unknown[] {
  return list.includes(nothing) ? list : [...list, nothing]
}

function unescapeStep(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

function findById(value: unknown, id: string): Members | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (isObject(value) && value.id === id) return value
  for (const item of Object.values(value)) {
    const found = findById(item, id)
    if (found !== undefined) return found
  }
  return undefined
}

/** Counts the parts that apply to one value, references followed. */
class PartCounter {
  readonly #root: CleanSchema
  /** Undefined while the count is under way: meeting such a schema again means that it applies itself for ever. */
  readonly #counts = new Map<unknown, number | undefined>()

  constructor(root: CleanSchema) {
    this.#root = root
  }

  check(): void {
    for (const definition of Object.values(membersOf(this.#root.definitions))) this.#visit(definition)
  }

  /** Counts for this value, and for the values within it separately. */
  #visit(schema: unknown): void {
    if (!isObject(schema)) return
    this.#count(schema)
    const { properties, patternProperties, items, additionalProperties, additionalItems } = schema
    for (const within of [membersOf(properties), membersOf(patternProperties)]) {
      for (const part of Object.values(within)) this.#visit(part)
    }
    for (const part of [items, additionalProperties, additionalItems].flat()) this.#visit(part)
    for (const part of sameValue(schema)) this.#visit(part)
  }

  #count(schema: unknown): number {
    if (!isObject(schema)) return 1
    if (this.#counts.has(schema)) {
      const known = this.#counts.get(schema)
      if (known === undefined) throw new SchemaFault('$', 'the schema refers to itself without end')
      return known
    }
    this.#counts.set(schema, undefined)
    let count = 1
    for (const part of sameValue(schema)) count += this.#count(part)
    if (typeof schema.$ref === 'string') count += this.#count(resolveReference(this.#root, schema.$ref))
    if (count > maxPartsPerValue)
      throw new SchemaFault('$', `more than ${maxPartsPerValue} parts apply to one value`)
    this.#counts.set(schema, count)
    return count
  }
}

/** The parts of a schema, other than by reference, that look at the same value as it does. */
export function sameValue({ allOf, anyOf, oneOf, not, dependencies }: Members): readonly unknown[] {
  const parts = [allOf, anyOf, oneOf, not, Object.values(membersOf(dependencies)).filter(isObject)]
  return parts.flat().filter(part => part !== undefined)
}

/** The schemas that stand directly within one, the definitions of the whole among them. */
export function partsOf(schema: CleanSchema): readonly CleanSchema[] {
  const parts: CleanSchema[] = []
  mapParts(schema, part => {
    parts.push(part)
    return part
  })
  return parts
}

/** The same schema with each part that stands directly within it changed. */
export function mapParts(schema: CleanSchema, change: (part: CleanSchema) => CleanSchema): CleanSchema {
  const one = (part: unknown): unknown => (isObject(part) ? change(part) : part)
  const changed = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    const kind = kinds.get(keyword)
    if (kind === 'schemas') return [keyword, Array.isArray(value) ? value.map(one) : one(value)]
    if (kind !== 'schemaMap' && kind !== 'patternMap') return [keyword, value]
    return [
      keyword,
      Object.fromEntries(Object.entries(membersOf(value)).map(([name, part]) => [name, one(part)])),
    ]
  })
  return Object.fromEntries(changed)
}

/** What a `$ref` of a clean schema stands for. */
export function resolveReference(root: CleanSchema, reference: string): CleanSchema {
  return membersOf(membersOf(root.definitions)[reference.slice('#/definitions/'.length)])
}
