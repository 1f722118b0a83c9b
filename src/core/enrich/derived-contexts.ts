import type { DerivedContext } from '../event.ts'

/** The column derived_contexts; null when there is nothing to attach. */
export function derivedContextsText(contexts: readonly DerivedContext[]): string | null {
  if (contexts.length === 0) return null
  const data = contexts.map(context => JSON.stringify({ schema: context.schema, data: context.data }))
  return `{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":[${data.join(',')}]}`
}
