import type { FailureDetail } from '../../../bad-row.ts'
import { Refusal } from '../../../enrich/conversions.ts'
import { inputData } from '../../adapter.ts'
import { fromText, type JsonTree } from '../../json-tree.ts'
import { numberedContexts, type Field, type GaSchema, type NumberedContext } from './tables.ts'
import { readValue } from './values.ts'

/* Parameters with numbers in their names, such as `pr12nm` and `il1pi2cd3`. */

/** A name without its numbers, and the numbers. */
export interface BrokenName {
  /** `pr`, `nm` */
  readonly words: readonly string[]
  /** `12` */
  readonly numbers: readonly string[]
}

const pattern = String.raw`(pr|promo|il|cd|cm|cg)(\d+)([a-zA-Z]*)(\d*)([a-zA-Z]*)(\d*)$`
const prefixes: ReadonlySet<string> = new Set(['pr', 'promo', 'il', 'cd', 'cm', 'cg'])

/** Words and numbers in turn, at most three of each. */
export function breakName(name: string): BrokenName | FailureDetail {
  if (name === '') return inputData(name, null, 'cannot parse empty field name')
  // Linear, which the pattern that describes it is not.
  const pieces = name.length > 1000 ? [] : (name.match(/[a-zA-Z]+|\d+|[^a-zA-Z\d]+/g) ?? [])
  const [prefix = '', number = ''] = pieces
  const fits = prefixes.has(prefix) && /^\d/.test(number) && pieces.length <= 6
  if (!fits || pieces.some(piece => /^[^a-zA-Z\d]/.test(piece))) {
    return inputData(name, null, `composite field name has to conform to regex ${pattern}`)
  }
  return {
    words: pieces.filter((_, index) => index % 2 === 0),
    numbers: pieces.filter((_, index) => index % 2 === 1),
  }
}

const byParameter: ReadonlyMap<string, { readonly context: NumberedContext; readonly field: Field }> =
  new Map(
    numberedContexts.flatMap(context =>
      Array.from(context.fields, ([parameter, field]) => [parameter, { context, field }] as const),
    ),
  )

export interface Numbered {
  readonly schema: GaSchema
  readonly data: ReadonlyMap<string, JsonTree>
}

/**
 * The contexts that numbered parameters make: one for each thing that has a number. Enrich puts them together column
 * by column and mixes up things of which not all have the same parameters.
 */
export function readNumbered(
  parameters: readonly (readonly [name: string, value: string])[],
  currency: string | null,
): readonly Numbered[] | FailureDetail {
  const found = new Map<string, { schema: GaSchema; data: Map<string, JsonTree> }>()
  for (const [name, value] of parameters) {
    const broken = breakName(name)
    if ('type' in broken) return broken
    const known = byParameter.get(broken.words.join(''))
    if (known === undefined || !fits(known.context, broken)) continue
    const { context, field } = known
    const key = `${context.schema} ${broken.numbers.join(' ')}`
    const thing = found.get(key) ?? { schema: context.schema, data: new Map<string, JsonTree>() }
    const problem = add(thing.data, context, { broken, field, value })
    if (problem !== null) return problem
    if (context.hasCurrency === true && currency !== null) thing.data.set('currencyCode', fromText(currency))
    found.set(key, thing)
  }
  return [...found.values()]
}

/** Whether each number stands where it should: `pr1cd2`, not `pr1cd`. */
function fits(context: NumberedContext, { words, numbers }: BrokenName): boolean {
  return words.slice(0, numbers.length).join(' ') === context.words
}

interface Sent {
  readonly broken: BrokenName
  readonly field: Field
  readonly value: string
}

function add(
  data: Map<string, JsonTree>,
  { indexes }: NumberedContext,
  { broken, field, value }: Sent,
): FailureDetail | null {
  for (const [at, name] of indexes.entries()) {
    const index = readValue('int', broken.numbers[at] ?? '')
    if (index instanceof Refusal) return inputData(name, broken.numbers[at] ?? '', index.expectation)
    data.set(name, index)
  }
  const read = readValue(field.type, value)
  if (read instanceof Refusal) return inputData(field.name, value, read.expectation)
  data.set(field.name, read)
  return null
}
