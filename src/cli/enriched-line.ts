import { analyticsJson, readTsv } from '../core/index.ts'

/** A line of the enriched stream as JSON, in the shape that Snowplow's analytics SDKs give it; undefined: it is none. */
export function jsonOfLine(line: string): Record<string, unknown> | undefined {
  const event = readTsv(line)
  return event === null ? undefined : analyticsJson(event)
}
