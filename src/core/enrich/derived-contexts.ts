import type { DerivedContext } from '../event.ts'

/** The column derived_contexts; null when there is nothing to attach. */
export function derivedContextsText(
  enrichments: readonly DerivedContext[],
  validation: readonly DerivedContext[],
  own?: string,
): string | null {
  if (enrichments.length === 0 && validation.length === 0 && own === undefined) return null
  const data = [...enrichments, ...validation].map(context =>
    JSON.stringify({ schema: context.schema, data: context.data }),
  )
  if (own !== undefined) data.push(own)
  return `{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":[${data.join(',')}]}`
}
