import { matchesCriterion, parseSchemaKey, type SchemaKey } from '../../../iglu/index.ts'
import { columnIndex } from '../../columns.ts'
import type { EnrichedEvent } from '../../event.ts'
import { addEdit, editJson, type JsonEdits } from '../../validate/json-edit.ts'
import type { JsonField } from '../inputs/index.ts'
import type { JsonModification } from './modifications.ts'
import type { JsonPlace } from './parameters.ts'
import type { Pseudonym } from './pseudonym.ts'

type Path = readonly (string | number)[]

/** Personal data inside one JSON column. */
export class JsonPlaces {
  readonly #field: JsonField
  readonly #places: readonly JsonPlace[]
  readonly #pseudonym: Pseudonym
  /** One of these stands in every text that one of the places is for. */
  readonly #marks: readonly string[]

  /** Of the places, those in other columns are left out. */
  constructor(field: JsonField, places: readonly JsonPlace[], pseudonym: Pseudonym) {
    this.#field = field
    this.#places = places.filter(place => place.field === field)
    this.#pseudonym = pseudonym
    this.#marks = this.#places.map(({ criterion: { vendor, name } }) => `"iglu:${vendor}/${name}/`)
  }

  /** Puts pseudonyms into the column's own text; all else in it stays as it is. Gives what was changed. */
  conceal(event: EnrichedEvent): JsonModification[] {
    const text = event[this.#field]
    // Most events have nothing of the kind, and to read the text takes longer than to look for the schema.
    if (text === null || !this.#marks.some(mark => text.includes(mark))) return []
    const edits: JsonEdits = new Map()
    const items = itemsOf(JSON.parse(text))
    const modifications = this.#places.flatMap(place =>
      items
        .filter(({ schema }) => matchesCriterion(place.criterion, schema))
        .flatMap(item => this.#concealIn(item, place, edits)),
    )
    if (edits.size > 0) event.row[columnIndex[this.#field]] = editJson(text, edits)
    return modifications
  }

  #concealIn(item: Item, { path, pathText, field }: JsonPlace, edits: JsonEdits): JsonModification[] {
    const { uri: schema } = item.schema
    return path.find(item.data).flatMap(match =>
      textsAt(match.value, match.path).map(([originalValue, place]) => {
        const modifiedValue = this.#pseudonym(originalValue)
        // Where two paths lead to one value, the later one sees the pseudonym of the earlier.
        setAt(item.data, place, modifiedValue)
        addEdit(edits, [...item.path, ...place], JSON.stringify(modifiedValue))
        return { fieldName: field, originalValue, modifiedValue, jsonPath: pathText, schema }
      }),
    )
  }
}

/** One self-describing JSON in a column. */
interface Item {
  readonly schema: SchemaKey
  readonly data: unknown
  /** Where the data are in the column's value. */
  readonly path: Path
}

/** The contexts of a list, or the one event that the wrapper holds. */
function itemsOf(wrapper: unknown): Item[] {
  const { data } = membersOf(wrapper)
  const items = Array.isArray(data)
    ? data.map((item: unknown, index) => itemOf(item, ['data', index, 'data']))
    : [itemOf(data, ['data', 'data'])]
  return items.filter(item => item !== undefined)
}

function itemOf(item: unknown, path: Path): Item | undefined {
  const { schema: uri, data } = membersOf(item)
  const schema = typeof uri === 'string' ? parseSchemaKey(uri) : undefined
  return typeof schema === 'object' ? { schema, data, path } : undefined
}

/** A text, or those texts that are elements of an array. Nothing else is replaced. */
function textsAt(value: unknown, path: Path): (readonly [text: string, path: Path])[] {
  if (typeof value === 'string') return [[value, path]]
  if (!Array.isArray(value)) return []
  return value.flatMap((element: unknown, index) =>
    typeof element === 'string' ? [[element, [...path, index]] as const] : [],
  )
}

function setAt(value: unknown, path: Path, text: string): void {
  const container = path.slice(0, -1).reduce<unknown>((inner, key) => membersOf(inner)[key], value)
  const key = path.at(-1)
  // Not by assignment: `__proto__` is a name like any other here.
  if (key !== undefined && typeof container === 'object' && container !== null) {
    Object.defineProperty(container, key, {
      value: text,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
}

function membersOf(value: unknown): Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string | number, unknown>>)
    : {}
}
