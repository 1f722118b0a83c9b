import type { SchemaKey, SchemaLookup } from '../../iglu/index.ts'
import type { Schemas } from '../options.ts'

export type Lookup = (key: SchemaKey) => SchemaLookup

/** Stands in for an answer that is under way; what is decided with it is thrown away. */
const pending: SchemaLookup = { kind: 'missing', error: { error: 'ResolutionError', lookupHistory: [] } }

/**
 * Decides with schemas that may have to be fetched: at once when all that `decide` asks for are at hand, which is the
 * rule. Otherwise it decides again when they have come, and again if that made it ask for more; so it must be pure.
 */
export function withSchemas<T>(schemas: Schemas, decide: (lookup: Lookup) => T): T | Promise<T> {
  let awaited: Map<string, Promise<SchemaLookup>> | undefined
  const decision = decide(key => {
    const answer = schemas.lookup(key)
    if (!(answer instanceof Promise)) return answer
    awaited ??= new Map()
    awaited.set(key.uri, answer)
    return pending
  })
  return awaited === undefined ? decision : decideLater(schemas, decide, awaited)
}

async function decideLater<T>(
  schemas: Schemas,
  decide: (lookup: Lookup) => T,
  awaited: ReadonlyMap<string, Promise<SchemaLookup>>,
): Promise<T> {
  const answers = await Promise.all(
    Array.from(awaited, async ([uri, answer]) => [uri, await answer] as const),
  )
  const arrived = new Map(answers)
  return withSchemas({ lookup: key => arrived.get(key.uri) ?? schemas.lookup(key) }, decide)
}
