import { isDeeperThan, isObject } from '../lib/index.ts'
import type { SchemaKey } from './schema-key.ts'

/** What a registry says about one schema. */
export type RegistryAnswer =
  | { readonly kind: 'found'; readonly schema: unknown }
  | { readonly kind: 'notFound' }
  /** It answered, and the answer is of no use. Asking again soon would give the same. */
  | { readonly kind: 'refused'; readonly error: 'RepoFailure' | 'ClientFailure'; readonly message: string }
  /** It gave no answer: about this schema only, or not at all. Asking again later may help. */
  | { readonly kind: 'down'; readonly scope: 'schema' | 'registry'; readonly message: string }

/** A place that schemas come from. `lookup` never rejects: trouble is an answer too. */
export interface Registry {
  /** Unique in a resolver; bad rows carry it. */
  readonly name: string
  /** Kinds of registry are asked in this order: the cheapest first. */
  readonly classPriority: number
  /** Registries of one kind are asked in this order. */
  readonly priority: number
  /** A registry with a prefix of the vendor is asked before all others. */
  readonly vendorPrefixes: readonly string[]
  lookup(key: SchemaKey): RegistryAnswer | Promise<RegistryAnswer>
}

/** What every kind of registry is told about its place among others. */
export interface RegistryPlace {
  readonly name: string
  readonly priority?: number
  readonly vendorPrefixes?: readonly string[]
}

export const notFound: RegistryAnswer = Object.freeze({ kind: 'notFound' })

// Iglu Server keeps these in columns of 128 characters, so nothing longer can exist.
const maxPartLength = 128

// Far above any schema in use (the largest in Iglu Central has 32 kB); a limit on what a registry can make us parse.
export const maxSchemaBytes = 512 * 1024

// JSON.parse takes any depth, JSON.stringify and everything else that recurses comes to the end of the stack.
const maxSchemaLevels = 1000

/** Where every registry keeps a schema, or undefined for a key that none can have: `..` must not climb out of it. */
export function schemaPath(key: SchemaKey): string | undefined {
  if (/^\.+$/.test(key.vendor)) return undefined
  const longest = Math.max(key.vendor.length, key.name.length, key.format.length, key.version.length)
  if (longest > maxPartLength) return undefined
  return `${key.vendor}/${key.name}/${key.format}/${key.version}`
}

/** A schema from its text: anything that is not a JSON object of sensible depth is refused. */
export function parseSchemaText(text: string): RegistryAnswer {
  try {
    const schema: unknown = JSON.parse(text)
    if (isDeeperThan(schema, maxSchemaLevels)) {
      const message = `The schema has more than ${maxSchemaLevels} levels`
      return { kind: 'refused', error: 'RepoFailure', message }
    }
    if (isObject(schema)) return { kind: 'found', schema }
    return { kind: 'refused', error: 'RepoFailure', message: 'The schema is not a JSON object' }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { kind: 'refused', error: 'RepoFailure', message: `The schema is not JSON: ${error.message}` }
  }
}
