import type { DerivedContext } from '../event.ts'

/** The column derived_contexts; null when there is nothing to attach. */
export function derivedContextsText(
  enrichments: readonly DerivedContext[],
  validation: readonly DerivedContext[],
  own?: string,
): string | null {
  const contexts = writeContexts([...enrichments, ...validation])
  const all = own === undefined ? contexts : [contexts, own].filter(text => text !== '').join(',')
  return all === '' ? null : `${head}${all}]}`
}

const head = '{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":['

function writeContexts(contexts: readonly DerivedContext[]): string {
  return contexts.map(({ schema, data }) => JSON.stringify({ schema, data })).join(',')
}

/** The column with more contexts behind those that it has. */
export function withMoreContexts(text: string | null, contexts: readonly DerivedContext[]): string | null {
  if (text === null) return derivedContextsText(contexts, [])
  return `${text.slice(0, -']}'.length)},${writeContexts(contexts)}]}`
}
