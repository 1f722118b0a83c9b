import { columns, EnrichedEvent } from '../core/index.ts'
import { analyticsJson } from '../core/emit/analytics-json.ts'

/** A line of the enriched stream as an event again; undefined when it has not as many columns as an event. */
export function readEnrichedLine(line: string): EnrichedEvent | undefined {
  const cells = line.split('\t')
  if (cells.length !== columns.length) return undefined
  const event = new EnrichedEvent()
  for (const [index, [, type]] of columns.entries()) {
    const cell = cells[index] ?? ''
    if (cell === '') continue
    const numeric = type === 'int' || type === 'float' || type === 'flag'
    event.row[index] = numeric ? Number(cell) : cell
  }
  return event
}

/** The event as one line of JSON, in the shape that Snowplow's analytics SDKs give it. */
export function jsonLine(event: EnrichedEvent): string {
  return JSON.stringify(analyticsJson(event))
}
