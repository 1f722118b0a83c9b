import type { DerivedContext } from '../event.ts'

/** The column derived_contexts; null when there is nothing to attach. */
export function derivedContextsText(
  enrichments: readonly DerivedContext[],
  validation: readonly DerivedContext[],
): string | null {
  if (enrichments.length === 0 && validation.length === 0) return null
  const data = [...enrichments, ...validation].map(context =>
    JSON.stringify({ schema: context.schema, data: context.data }),
  )
  return `{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":[${data.join(',')}]}`
}
