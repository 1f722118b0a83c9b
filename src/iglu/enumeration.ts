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
