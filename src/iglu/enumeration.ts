import { type CleanSchema, mapParts } from './clean-schema.ts'
import { canonicalText } from './values.ts'

/** The values that an `enum` allows. */
export interface Enumeration {
  /** Canonical texts. */
  readonly texts: ReadonlySet<string>
  /** As the reports of Snowplow's validator list them. */
  readonly list: string
}

const known = new WeakMap<readonly unknown[], Enumeration>()

/** Made once for each list: some are long, and a document may have a thousand values that each are held against it. */
export function enumerationOf(values: readonly unknown[]): Enumeration {
  const enumeration = known.get(values) ?? readEnumeration(values)
  known.set(values, enumeration)
  return enumeration
}

function readEnumeration(values: readonly unknown[]): Enumeration {
  const listed = values.map(item => (typeof item === 'object' && item !== null ? '' : String(item)))
  return { texts: new Set(values.map(item => canonicalText(item))), list: `[${listed.join(', ')}]` }
}

// Up to here, code that compares with one value after the other is as fast as asking a set (bench/core.ts).
const maxCompared = 16

/** Stands for `enum` where the list is long or holds objects: it may be asked for each of thousands of values. */
export const longEnumKeyword = 'longEnum'

export function withLongEnums(schema: CleanSchema): CleanSchema {
  const { enum: values, ...rest } = mapParts(schema, withLongEnums)
  if (!Array.isArray(values)) return rest
  return isShort(values) ? { ...rest, enum: values } : { ...rest, [longEnumKeyword]: values }
}

function isShort(values: readonly unknown[]): boolean {
  return values.length <= maxCompared && values.every(item => typeof item !== 'object' || item === null)
}
