import { notFound, type Registry, type RegistryAnswer, type RegistryPlace } from './registry.ts'
import { type SchemaKey, schemaKey } from './schema-key.ts'

/** A schema document that says which key it has. */
export interface SelfDescribingSchema {
  readonly self: {
    readonly vendor: string
    readonly name: string
    readonly format: string
    readonly version: string
  }
}

/** Schemas that are part of the program, or of a test. Always there, asked first. */
export class EmbeddedRegistry implements Registry {
  readonly name: string
  readonly classPriority = 1
  readonly priority: number
  readonly vendorPrefixes: readonly string[]
  readonly #schemas: ReadonlyMap<string, unknown>

  /** `schemas` by URI. */
  constructor(place: RegistryPlace, schemas: ReadonlyMap<string, unknown>) {
    this.name = place.name
    this.priority = place.priority ?? 0
    this.vendorPrefixes = place.vendorPrefixes ?? []
    this.#schemas = schemas
  }

  lookup(key: SchemaKey): RegistryAnswer {
    const schema = this.#schemas.get(key.uri)
    return schema === undefined ? notFound : { kind: 'found', schema }
  }
}

/** Schemas by the key each gives itself. */
export function schemasByUri(schemas: readonly SelfDescribingSchema[]): ReadonlyMap<string, unknown> {
  return new Map(
    schemas.map(schema => {
      const { vendor, name, version, format } = schema.self
      return [schemaKey(vendor, name, version, format).uri, schema]
    }),
  )
}
