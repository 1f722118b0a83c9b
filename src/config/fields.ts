import { z } from 'zod'
import { configDefaults, configSchema } from './schema.ts'

/** One field of the configuration, for did-you-mean and for the reference. */
export interface Field {
  readonly path: readonly string[]
  readonly description: string
  /** Whether other fields lie in it. */
  readonly group: boolean
  /** What holds when nobody sets it; undefined: nothing. */
  readonly fallback: unknown
}

interface JsonSchema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly anyOf?: readonly JsonSchema[]
}

let cached: readonly Field[] | undefined

/** Every field there is, groups before what lies in them. */
export function fields(): readonly Field[] {
  cached ??= list(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, [])
  return cached
}

function list(schema: JsonSchema, path: readonly string[]): Field[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, inner]) => {
    const at = [...path, name]
    const nested = list(inner, at)
    const field: Field = {
      path: at,
      description: inner.description ?? '',
      group: nested.length > 0,
      fallback: defaultAt(at),
    }
    return [field, ...nested]
  })
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  if (schema.properties !== undefined) return schema.properties
  return Object.assign({}, ...(schema.anyOf ?? []).map(propertiesOf)) as Record<string, JsonSchema>
}

function defaultAt(path: readonly string[]): unknown {
  let value: unknown = configDefaults
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.entries(value).find(([name]) => name === step)?.[1]
  }
  return value
}

/** Names of the fields directly in the group at `path`. */
export function fieldsAt(path: readonly PropertyKey[]): string[] {
  return fields()
    .filter(field => field.path.length === path.length + 1 && path.every((step, i) => field.path[i] === step))
    .map(field => field.path.at(-1) ?? '')
}

/** The path of the only field anywhere that has this very name. */
export function fieldNamed(name: string): string | undefined {
  const matches = fields().filter(field => field.path.at(-1) === name)
  return matches.length === 1 ? matches[0]?.path.join('.') : undefined
}
