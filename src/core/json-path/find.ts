import type { Part, Selector } from './part.ts'

/** A place in a JSON value. Assigning to `container[key]` replaces what is there. */
export class Match {
  readonly value: unknown
  readonly #parent: Match | null
  /** Name or index in the container; null for the whole value. */
  readonly key: string | number | null

  constructor(value: unknown, parent: Match | null, key: string | number | null) {
    this.value = value
    this.#parent = parent
    this.key = key
  }

  /** The object or array that holds the value; null for the whole value. */
  get container(): unknown {
    return this.#parent?.value ?? null
  }

  /** Names and indices from the top; empty for the whole value. */
  get path(): (string | number)[] {
    const upwards = this.key === null ? [] : [this.key]
    // A loop, for values may be nested as deeply as they like.
    for (let match = this.#parent; match !== null; match = match.#parent) {
      if (match.key !== null) upwards.push(match.key)
    }
    return upwards.toReversed()
  }
}

/** Applies one part of a path to what the parts before it found. No place is found twice. */
export function select(matches: readonly Match[], { deep, selector }: Part, root: unknown): Match[] {
  if (!deep) return matches.flatMap(match => chosen(match, selector, root))
  const found = new Places()
  for (const match of withDescendants(matches)) {
    for (const one of chosen(match, selector, root)) found.add(one)
  }
  return found.matches
}

function chosen(match: Match, selector: Selector, root: unknown): Match[] {
  const { value } = match
  if (Array.isArray(value)) return ofArray(match, value, selector, root)
  if (typeof value !== 'object' || value === null) return []
  return ofObject(match, value, selector, root)
}

function ofArray(match: Match, elements: readonly unknown[], selector: Selector, root: unknown): Match[] {
  const at = (index: number) => new Match(elements[index], match, index)
  switch (selector.type) {
    case 'names':
      return []
    case 'all':
      return Array.from(elements, (_, index) => at(index))
    case 'indices':
      return placesIn(elements, selector.indices).map(at)
    case 'slice':
      return slice(elements.length, selector).map(at)
    case 'filter':
      return Array.from(elements, (_, index) => at(index)).filter(one => selector.accepts(one.value, root))
  }
}

/** As Jayway does, a filter judges an object itself, and not its members. */
function ofObject(match: Match, members: object, selector: Selector, root: unknown): Match[] {
  switch (selector.type) {
    case 'indices':
    case 'slice':
      return []
    case 'all':
      return Object.entries(members).map(([name, value]) => new Match(value, match, name))
    case 'names':
      return selector.names
        .filter(name => Object.hasOwn(members, name))
        .map(name => new Match((members as Readonly<Record<string, unknown>>)[name], match, name))
    case 'filter':
      return selector.accepts(members, root) ? [match] : []
  }
}

/** -1 and 2 may be the same place, and it counts once. */
function placesIn(elements: readonly unknown[], indices: readonly number[]): number[] {
  const places = indices.map(index => (index < 0 ? elements.length + index : index))
  return [...new Set(places)].filter(place => place >= 0 && place < elements.length)
}

function slice(length: number, { from, to, step }: Extract<Selector, { type: 'slice' }>): number[] {
  const start = Math.max(0, from < 0 ? length + from : from)
  const end = Math.min(length, to < 0 ? length + to : to)
  const places: number[] = []
  for (let place = start; place < end; place += step) places.push(place)
  return places
}

/** The matches and all that is inside them, outer before inner, each object once. */
function* withDescendants(matches: readonly Match[]): Generator<Match> {
  const seen = new Set<unknown>()
  const waiting = matches.toReversed()
  for (let match = waiting.pop(); match !== undefined; match = waiting.pop()) {
    const { value } = match
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    yield match
    for (const child of chosen(match, { type: 'all' }, null).toReversed()) waiting.push(child)
  }
}

/** Matches without those that lead to a place again. */
class Places {
  readonly matches: Match[] = []
  readonly #keys = new Map<unknown, Set<string | number | null>>()

  add(match: Match): void {
    const keys = this.#keys.get(match.container)
    if (keys === undefined) this.#keys.set(match.container, new Set([match.key]))
    else if (keys.has(match.key)) return
    else keys.add(match.key)
    this.matches.push(match)
  }
}
