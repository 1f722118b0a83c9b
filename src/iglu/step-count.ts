import { type CleanSchema, mapParts, partsOf, resolveReference, sameValue } from './clean-schema.ts'
import { isObject, membersOf, type Members } from '../lib/index.ts'

/*
 * A schema that looks at the same value again and again, along references that double at each level of the data, would
 * take 2^levels steps. Such a schema is compiled with a count in each of its parts; all others need none.
 */

// Hardly a schema in Iglu Central needs more than ten. With this many, the smallest values of a megabyte take a second.
const maxUncounted = 32

/** The keyword that counts, which no clean schema has. Its value is what one visit of the part costs at least. */
export const countKeyword = 'steps'

// Recursion over sound data visits each value a few times. An event may bring thousands of small documents.
const visitsPerValue = 128
const visitsPerDocument = 1000

/** How many steps may go into visits of a schema that counts them: in proportion to the data. */
export function visitsFor(data: unknown): number {
  return visitsPerDocument + visitsPerValue * valuesIn(data)
}

function valuesIn(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / 64
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const item of Object.values(value)) count += valuesIn(item)
  return count
}

/** The same schema, counting its steps where they are not few for every value. */
export function withStepCount(schema: CleanSchema): CleanSchema {
  return new Weigher(schema).heaviest() > maxUncounted ? counted(schema) : schema
}

function counted(schema: CleanSchema): CleanSchema {
  return { ...mapParts(schema, counted), [countKeyword]: ownSteps(schema) }
}

/** Parts count where they are entered from, because a type that does not fit ends them before their first keyword. */
export function ownSteps(schema: CleanSchema): number {
  const { properties, patternProperties, dependencies, required } = schema
  const names = sizeOf(properties) + sizeOf(dependencies) + sizeOf(required)
  // A name costs about a thirtieth of a part.
  return 1 + sameValue(schema).length + Math.floor(names / 32) + sizeOf(patternProperties)
}

/** What a visit costs beyond that, for this value. */
export function stepsForValue(schema: CleanSchema, value: unknown): number {
  if (typeof value === 'string') return value.length / 64
  const { patternProperties, additionalProperties } = schema
  if (!isObject(value) || (patternProperties ?? additionalProperties) === undefined) return 0
  return (Object.keys(value).length * (1 + sizeOf(patternProperties))) / 2
}

function sizeOf(map: unknown): number {
  return Object.keys(Object(map)).length
}

interface Weight {
  /** Steps for the value itself. */
  readonly here: number
  /** Steps for the heaviest of the values within it. */
  readonly below: number
}

const endless: Weight = { here: Infinity, below: Infinity }

/** Finds how many steps fall on one value at most, references followed. */
class Weigher {
  readonly #root: CleanSchema
  /** Endless while it is under way: meeting such a part again means that it recurs with the depth of the data. */
  readonly #weights = new Map<unknown, Weight>()

  constructor(root: CleanSchema) {
    this.#root = root
  }

  heaviest(): number {
    const parts = 'definitions' in this.#root ? partsOf(this.#root) : [this.#root]
    return Math.max(...parts.map(part => this.#steps(part)))
  }

  #steps(part: unknown): number {
    const { here, below } = this.#weigh(part)
    return Math.max(here, below)
  }

  #weigh(part: unknown): Weight {
    if (!isObject(part)) return { here: 0, below: 0 }
    const known = this.#weights.get(part)
    if (known !== undefined) return known
    this.#weights.set(part, endless)
    const target = typeof part.$ref === 'string' ? [resolveReference(this.#root, part.$ref)] : []
    const others = [...sameValue(part), ...target].map(other => this.#weigh(other))
    const weight = {
      here: others.reduce((sum, { here }) => sum + here, ownSteps(part)),
      below: others.reduce((sum, { below }) => sum + below, this.#within(part)),
    }
    this.#weights.set(part, weight)
    return weight
  }

  /** A field is looked at by one of the properties, or by the rule for others, and by each pattern. */
  #within({ properties, additionalProperties, items, additionalItems, patternProperties }: Members): number {
    const either = [Object.values(membersOf(properties)), additionalProperties, items, additionalItems].flat(
      2,
    )
    const patterns = Object.values(membersOf(patternProperties)).map(part => this.#steps(part))
    return Math.max(0, ...either.map(part => this.#steps(part))) + patterns.reduce((a, b) => a + b, 0)
  }
}
