import { parseSelfDescribing, schemaKey, type SchemaKey, type SelfDescribing } from '../../iglu/index.ts'
import type { FailureDetail, Json, SelfDescribingError } from '../bad-row.ts'
import type { Lookup } from './at-hand.ts'

/** One self-describing JSON that fits its schema. */
export interface ValidItem {
  /** The version it was validated with. */
  readonly schema: SchemaKey
  /** The version it names, when another one takes its place. */
  readonly replaced: SchemaKey | null
}

/** Is valid as it was sent. */
export function isUnchanged(item: ValidItem | null): boolean {
  return item !== null && item.replaced === null
}

export function judgeItem(item: unknown, levels: number, lookup: Lookup): ValidItem | FailureDetail {
  const described = parseSelfDescribing(item)
  if (typeof described === 'string') return notIglu(item, described)
  return check(described, levels, lookup)
}

export type IgluErrorDetail = Extract<FailureDetail, { type: 'IgluError' }>

export function check(
  { schema, data }: SelfDescribing,
  levels: number,
  lookup: Lookup,
): ValidItem | IgluErrorDetail {
  const answer = lookup(schema)
  if (answer.kind === 'missing') return igluError(schema, answer.error)
  const error = answer.schema.check(data, levels)
  if (error !== undefined) return igluError(schema, error)
  const { supersededBy } = answer.schema
  if (supersededBy === undefined) return { schema, replaced: null }
  const { vendor, name, format } = schema
  return { schema: schemaKey(vendor, name, supersededBy, format), replaced: schema }
}

export function notIglu(json: unknown, error: SelfDescribingError): FailureDetail {
  return { type: 'NotIglu', json: asJson(json), error }
}

function igluError(schema: SchemaKey, error: object): IgluErrorDetail {
  return { type: 'IgluError', schemaKey: schema.uri, error: asJson(error) }
}

/** For values that came from JSON.parse or are plain data by their type. */
function asJson(value: unknown): Json {
  return value as Json
}
