import { schemaKey, type SchemaKey } from '../../iglu/index.ts'
import { columnIndex } from '../columns.ts'
import { inputDataFailure, type Enrichment } from './enrichment.ts'

const snowplow = (name: string): SchemaKey => schemaKey('com.snowplowanalytics.snowplow', name, '1-0-0')

/** The kinds of event whose data are columns. */
const builtIn: Readonly<Record<string, SchemaKey>> = {
  page_view: snowplow('page_view'),
  page_ping: snowplow('page_ping'),
  struct: schemaKey('com.google.analytics', 'event', '1-0-0'),
  transaction: snowplow('transaction'),
  transaction_item: snowplow('transaction_item'),
}

/** The schema of an event; null for an unstruct event without one, undefined for an event of no known kind. */
export function eventSchemaOf(
  event: string | null,
  unstruct: SchemaKey | null,
): SchemaKey | null | undefined {
  if (event === 'unstruct') return unstruct
  return event !== null && Object.hasOwn(builtIn, event) ? builtIn[event] : undefined
}

/** Sets event_vendor, event_name, event_format and event_version. Always on. */
export const eventSchema: Enrichment = {
  name: 'event-schema',
  schemaKey: null,
  step: 'event-schema',
  enrich(event, context) {
    const schema = eventSchemaOf(event.event, context.unstructSchema)
    if (schema === undefined) return inputDataFailure('event', event.event, expectation(event.event))
    if (schema === null) return undefined
    event.row[columnIndex.event_vendor] = schema.vendor
    event.row[columnIndex.event_name] = schema.name
    event.row[columnIndex.event_format] = schema.format
    event.row[columnIndex.event_version] = schema.version
    return undefined
  },
}

function expectation(event: string | null): string {
  return (
    `trying to extract the schema of the enriched event but event type [${event}] doesn't match any of ` +
    'page_view, page_ping, struct, transaction, transaction_item and unstruct'
  )
}
