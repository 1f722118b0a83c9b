import type { SelfDescribingSchema } from '../embedded-registry.ts'

/** One schema without its key. */
export type Rule = Readonly<Record<string, unknown>>

export const int32 = 2 ** 31 - 1
// 2^63 - 1 in the original; JSON numbers have no more digits than this.
export const int64 = 2 ** 63

export const anything: Rule = {}
export const flag: Rule = { type: 'boolean' }
export const uri: Rule = { type: 'string', format: 'uri' }

/** `text(255)` has at most 255 characters. */
export function text(limit: number | Rule = {}): Rule {
  return { type: 'string', ...(typeof limit === 'number' ? { maxLength: limit } : limit) }
}

export function integer(minimum?: number, maximum?: number): Rule {
  return bounded('integer', minimum, maximum)
}

export function number(minimum?: number, maximum?: number): Rule {
  return bounded('number', minimum, maximum)
}

export function orNull(rule: Rule): Rule {
  return { ...rule, type: [rule.type, 'null'] }
}

export function list(items: Rule, more: Rule = {}): Rule {
  return { type: 'array', items, ...more }
}

export interface RecordOptions {
  readonly required?: readonly string[] | 'all'
  /** Fields that are not named are allowed. */
  readonly open?: boolean
  readonly minProperties?: number
}

export function record(properties: Readonly<Record<string, Rule>>, options: RecordOptions = {}): Rule {
  const { required, open = false, minProperties } = options
  return {
    type: 'object',
    properties,
    ...(required === undefined ? {} : { required: required === 'all' ? Object.keys(properties) : required }),
    ...(minProperties === undefined ? {} : { minProperties }),
    additionalProperties: open,
  }
}

export function schema(
  vendor: string,
  name: string,
  version: string,
  description: string,
  rule: Rule,
): SelfDescribingSchema {
  return {
    description,
    self: { vendor, name, format: 'jsonschema', version },
    ...rule,
  } as SelfDescribingSchema
}

/** One schema in each of its versions. */
export function versions(
  vendor: string,
  name: string,
  description: string,
  rules: Readonly<Record<string, Rule>>,
): SelfDescribingSchema[] {
  return Object.entries(rules).map(([version, rule]) => schema(vendor, name, version, description, rule))
}

function bounded(type: string, minimum: number | undefined, maximum: number | undefined): Rule {
  return {
    type,
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  }
}
