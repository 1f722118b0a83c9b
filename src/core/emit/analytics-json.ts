import { columns, type ColumnType } from '../columns.ts'
import { isoOf } from '../enrich/timestamps.ts'
import type { EnrichedEvent } from '../event.ts'

/**
 * The event as the JSON object that Snowplow's analytics SDKs make of a TSV line: columns by name, contexts and the
 * self-describing event under names made from their schemas, columns without value left out.
 */
export function analyticsJson(event: EnrichedEvent): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  for (const [index, [name, type]] of columns.entries()) {
    const value = event.row[index] ?? null
    if (value === null) continue
    if (type === 'json') Object.assign(json, shred(name, String(value)))
    else json[name] = convert(value, type)
  }
  const { geo_latitude: latitude, geo_longitude: longitude } = event
  if (latitude !== null && longitude !== null) json['geo_location'] = `${latitude},${longitude}`
  return json
}

function convert(value: string | number, type: Exclude<ColumnType, 'json'>): string | number | boolean {
  switch (type) {
    case 'timestamp':
      return isoOf(String(value))
    case 'flag':
      return value === 1
    case 'int':
    case 'float':
    case 'decimal':
      return Number(value)
    case 'string':
      return value
  }
}

interface SelfDescribing {
  readonly schema: string
  readonly data: unknown
}

function shred(column: string, text: string): Record<string, unknown> {
  // The column was written by this program: a wrapper around one self-describing JSON or a list of them.
  const { data } = JSON.parse(text) as { readonly data: SelfDescribing | readonly SelfDescribing[] }
  if (column === 'unstruct_event') {
    const event = data as SelfDescribing
    return { [shreddedName('unstruct_event', event.schema)]: event.data }
  }
  const bySchema = Map.groupBy(data as readonly SelfDescribing[], ({ schema }) =>
    shreddedName('contexts', schema),
  )
  return Object.fromEntries([...bySchema].map(([name, contexts]) => [name, contexts.map(({ data }) => data)]))
}

const schemaParts = /^iglu:([^/]+)\/([^/]+)\/[^/]+\/(\d+)-/

/** `contexts_org_w3_performance_timing_1` for `iglu:org.w3/PerformanceTiming/jsonschema/1-0-0`. */
function shreddedName(prefix: string, schema: string): string {
  const [, vendor = '', name = '', model = ''] = schemaParts.exec(schema) ?? []
  const snakeVendor = vendor.replaceAll(/[.-]/g, '_').toLowerCase()
  const snakeName = name
    .replaceAll('-', '_')
    .replaceAll(/([^A-Z_])([A-Z])/g, '$1_$2')
    .toLowerCase()
  return `${prefix}_${snakeVendor}_${snakeName}_${model}`
}
