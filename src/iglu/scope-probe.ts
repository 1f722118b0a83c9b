import type { Registry, RegistryAnswer } from './registry.ts'
import { type SchemaKey, schemaKey } from './schema-key.ts'

type Down = Extract<RegistryAnswer, { readonly kind: 'down' }>

// "There is no such schema" is an answer as good as any. Two, for one may be what was asked for.
const usualKeys = [
  schemaKey('com.snowplowanalytics.self-desc', 'schema', '1-0-0'),
  schemaKey('com.snowplowanalytics.snowplow', 'contexts', '1-0-1'),
]

/**
 * Tells a registry that is down from one that fails for a single schema, whatever the failure looks like: asked for
 * another schema, the latter answers.
 */
export class ScopeProbe {
  readonly #lastFound = new WeakMap<Registry, SchemaKey>()

  /** The registry has this schema, so asking for it is the best of all tests. */
  remember(registry: Registry, key: SchemaKey): void {
    this.#lastFound.set(registry, key)
  }

  /** The failure, and what it concerns as far as the registry shows. */
  async withScope(registry: Registry, asked: SchemaKey, failure: Down): Promise<Down> {
    const keys = [this.#lastFound.get(registry), ...usualKeys]
    const other = keys.find(key => key !== undefined && key.uri !== asked.uri)
    const answer = other === undefined ? failure : await registry.lookup(other)
    return { ...failure, scope: answer.kind === 'down' ? 'registry' : 'schema' }
  }
}
