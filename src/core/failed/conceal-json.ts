import { parseSelfDescribing } from '../../iglu/index.ts'
import { after } from '../after.ts'
import type { Json } from '../bad-row.ts'
import { columnIndex } from '../columns.ts'
import type { Enriched, Enrichments } from '../enrich/enrichments.ts'
import { EnrichedEvent } from '../event.ts'

/** An invalid JSON, and the column that it was meant for. */
export interface InvalidJson {
  readonly column: 'contexts' | 'unstruct_event' | 'derived_contexts'
  /** The column's whole value, or something inside of it. */
  readonly part: 'wrapper' | 'item'
  /** Plain data. */
  readonly json: unknown
}

/**
 * What may be shown of it: with pseudonyms in all places where they would be if it were valid. Places are found by
 * schema, so nothing is shown of what does not name one. Null: nothing.
 */
export function concealJson(
  { column, part, json }: InvalidJson,
  enrichments: Enrichments,
  enriched: Enriched,
): Json | Promise<Json> {
  if (!enrichments.pseudonymizes) return json as Json
  if (!namesSchemas(json, part)) return null
  const event = new EnrichedEvent()
  const wrapper = part === 'wrapper' ? json : { data: column === 'unstruct_event' ? json : [json] }
  event.row[columnIndex[column]] = JSON.stringify(wrapper)
  return after(enrichments.conceal(event, enriched), ({ failures }) => {
    const text = event[column]
    if (failures.length > 0 || text === null) return null
    const concealed = JSON.parse(text) as { readonly data: Json }
    return part === 'wrapper' ? concealed : ([concealed.data].flat()[0] ?? null)
  })
}

function namesSchemas(json: unknown, part: InvalidJson['part']): boolean {
  const described = parseSelfDescribing(json)
  if (typeof described === 'string') return false
  if (part === 'item') return true
  return [described.data].flat().every(item => typeof parseSelfDescribing(item) !== 'string')
}
