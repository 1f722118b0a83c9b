import { parseSelfDescribing } from '../../iglu/index.ts'
import { after } from '../after.ts'
import type { EnrichmentFailure } from '../bad-row.ts'
import type { DerivedContext } from '../event.ts'
import type { Schemas } from '../options.ts'
import { withSchemas, type Lookup } from './at-hand.ts'
import { check, type IgluErrorDetail } from './item.ts'

/** A context that does not fit its schema. */
export interface InvalidContext {
  readonly context: DerivedContext
  readonly detail: IgluErrorDetail
}

/** What is wrong with the contexts that enrichments made: one failure per context. */
export function validateDerivedContexts(
  contexts: readonly DerivedContext[],
  schemas: Schemas,
): readonly EnrichmentFailure[] | Promise<readonly EnrichmentFailure[]> {
  return after(findInvalidContexts(contexts, schemas), found => found.map(asFailure))
}

/** Synchronous while the schemas are at hand. Rejects only with a MillraceError, while a registry is down. */
export function findInvalidContexts(
  contexts: readonly DerivedContext[],
  schemas: Schemas,
): readonly InvalidContext[] | Promise<readonly InvalidContext[]> {
  if (contexts.length === 0) return []
  return withSchemas(schemas, lookup => contexts.flatMap(context => judgeContext(context, lookup)))
}

function judgeContext(context: DerivedContext, lookup: Lookup): readonly InvalidContext[] {
  const described = parseSelfDescribing(context)
  // An enrichment names its schema itself: a bad name is a bug, not a bad event.
  if (typeof described === 'string') throw new TypeError(`${described}: ${context.schema}`)
  const checked = check(described, Infinity, lookup)
  return 'type' in checked ? [{ context, detail: checked }] : []
}

function asFailure({ context, detail }: InvalidContext): EnrichmentFailure {
  const enrichment = { schemaKey: context.schema, identifier: 'enrichments-contexts-validation' }
  return { enrichment, message: detail }
}
