import type { Columns } from '../columns.ts'
import { EnrichedEvent, type RawRecord } from '../event.ts'
import type { Modifications } from '../enrich/pii/modifications.ts'
import { generatedId } from '../enrich/generated-id.ts'
import { formatTimestamp } from '../enrich/timestamps.ts'

/** The event that tells what pseudonyms have replaced in another one. Source: Snowplow Enrich 3.9, its last version. */
export function piiEvent(
  source: EnrichedEvent,
  modifications: Modifications,
  place: { readonly record: RawRecord; readonly index: number },
): EnrichedEvent {
  const now = formatTimestamp(place.record.processedAt)
  const event = new EnrichedEvent()
  const values: Partial<Columns> = {
    app_id: source.app_id,
    platform: 'srv',
    etl_tstamp: source.etl_tstamp,
    collector_tstamp: source.collector_tstamp,
    event: 'pii_transformation',
    // Those who read these events were promised this version.
    event_id: generatedId(place, { version: 4, name: 'pii' }),
    v_etl: source.v_etl,
    contexts: parentContext(source.event_id),
    unstruct_event: transformation(modifications),
    derived_tstamp: now,
    event_vendor: 'com.snowplowanalytics.snowplow',
    event_name: 'pii_transformation',
    event_format: 'jsonschema',
    event_version: '1-0-0',
    true_tstamp: now,
  }
  return Object.assign(event, values)
}

const vendor = 'iglu:com.snowplowanalytics.snowplow'

function parentContext(parentEventId: string | null): string {
  const parent = { schema: `${vendor}/parent_event/jsonschema/1-0-0`, data: { parentEventId } }
  return JSON.stringify({ schema: `${vendor}/contexts/jsonschema/1-0-0`, data: [parent] })
}

/** A list that is empty is left out. */
function transformation({ hashFunction, pojo, json }: Modifications): string {
  const pii = { ...(pojo.length > 0 && { pojo }), ...(json.length > 0 && { json }) }
  const data = { pii, strategy: { pseudonymize: { hashFunction } } }
  const schema = `${vendor}/pii_transformation/jsonschema/1-0-0`
  return JSON.stringify({ schema: `${vendor}/unstruct_event/jsonschema/1-0-0`, data: { schema, data } })
}
