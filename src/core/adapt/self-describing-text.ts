/** The self-describing JSON of data that are JSON text themselves. */
export function selfDescribingText(schema: string, data: string): string {
  return `{"schema":${JSON.stringify(schema)},"data":${data}}`
}

/** `event` is self-describing. */
export function unstructEventText(event: string): string {
  return selfDescribingText('iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0', event)
}

/** Each of `contexts` is self-describing. */
export function contextsText(contexts: readonly string[]): string {
  const list = `[${contexts.join(',')}]`
  return selfDescribingText('iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1', list)
}
