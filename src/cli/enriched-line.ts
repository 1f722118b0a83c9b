import { z } from 'zod'
import { columns, type ColumnType } from '../core/index.ts'

/** A line of the enriched stream as JSON, in the shape that Snowplow's analytics SDKs give it; undefined: it is none. */
export function jsonOfLine(line: string): Record<string, unknown> | undefined {
  const cells = line.split('\t')
  if (cells.length !== columns.length) return undefined
  const json: Record<string, unknown> = {}
  for (const [index, [name, type]] of columns.entries()) {
    const cell = cells[index] ?? ''
    if (cell === '') continue
    if (type === 'json') Object.assign(json, shred(name, cell))
    else json[name] = valueOf(cell, type)
  }
  const { geo_latitude: latitude, geo_longitude: longitude } = json
  if (typeof latitude === 'number' && typeof longitude === 'number')
    json['geo_location'] = `${latitude},${longitude}`
  return json
}

function valueOf(cell: string, type: Exclude<ColumnType, 'json'>): string | number | boolean {
  if (type === 'timestamp') return `${cell.replace(' ', 'T')}Z`
  if (type === 'flag') return cell === '1'
  return type === 'string' ? cell : Number(cell)
}

const selfDescribing = z.object({ schema: z.string(), data: z.unknown() })
const wrapper = z.object({ data: z.union([z.array(selfDescribing), selfDescribing]) })

/** Each context and the event itself under a name made from its schema. */
function shred(column: string, text: string): Record<string, unknown> {
  const { data } = wrapper.parse(JSON.parse(text))
  if (!Array.isArray(data)) return { [shreddedName('unstruct_event', data.schema)]: data.data }
  // Derived contexts stand among those that the tracker sent.
  const prefix = column.endsWith('contexts') ? 'contexts' : column
  const bySchema = Map.groupBy(data, ({ schema }) => shreddedName(prefix, schema))
  return Object.fromEntries(
    Array.from(bySchema, ([name, contexts]) => [name, contexts.map(({ data }) => data)]),
  )
}

/** `contexts_org_w3_performance_timing_1` for `iglu:org.w3/PerformanceTiming/jsonschema/1-0-0`. */
function shreddedName(prefix: string, schema: string): string {
  const [, vendor = '', name = '', model = ''] = /^iglu:([^/]+)\/([^/]+)\/[^/]+\/(\d+)-/.exec(schema) ?? []
  const snakeName = name.replaceAll('-', '_').replaceAll(/([^A-Z_])([A-Z])/g, '$1_$2')
  return `${prefix}_${vendor.replaceAll(/[.-]/g, '_')}_${snakeName}_${model}`.toLowerCase()
}
