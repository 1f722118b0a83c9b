import { asciiDigits } from '../enrich/digits.ts'
import { reformatDate } from './dates.ts'
import { fromText, type JsonMembers, type JsonTree } from './json-tree.ts'
import { dataParameters, type ParameterMap } from './parameter-map.ts'

/** Which of the values are more than texts. */
export interface KeyValueTypes {
  readonly booleans: readonly string[]
  readonly integers: readonly string[]
  /** `yyyy-MM-dd HH:mm:ss` */
  readonly dates: readonly string[]
}

/**
 * Names and values as a JSON object, without what speaks about the event. Empty is null. What is not of the type that
 * its name promises stays a text: its schema will say so.
 */
export function keyValueData(parameters: ParameterMap, types: KeyValueTypes): JsonMembers {
  return new Map(dataParameters(parameters).map(([name, value]) => [name, valueOf(name, value, types)]))
}

function valueOf(name: string, value: string | null, types: KeyValueTypes): JsonTree {
  if (value === null || value === '') return 'null'
  if (types.booleans.includes(name) && (value === 'true' || value === 'false')) return value
  if (types.integers.includes(name)) return integer(value) ?? fromText(value)
  return fromText(types.dates.includes(name) ? reformatDate(value) : value)
}

/** Java's BigInteger: of any length. */
function integer(text: string): string | null {
  const sign = text.charAt(0)
  const start = sign === '-' || sign === '+' ? 1 : 0
  const digits = text.length === start ? null : asciiDigits(text, start, text.length)
  if (digits === null) return null
  const significant = digits.replace(/^0+(?=.)/, '')
  return sign === '-' && significant !== '0' ? `-${significant}` : significant
}
