import { z } from 'zod'
import { columnIndex, type ColumnName } from '../core/index.ts'
import { parseJson } from '../lib/index.ts'
import { printable } from './table.ts'

/** One enriched event for a person: when, what, from where, about what, by whom. */
export function sayEvent(line: string): string {
  const cells = line.split('\t')
  const cell = (name: ColumnName) => cells[columnIndex[name]] ?? ''
  const first = (...names: ColumnName[]) => names.map(cell).find(text => text !== '') ?? ''
  const structured = [cell('se_category'), cell('se_action')].filter(text => text !== '').join('/')
  const user = first('user_id', 'domain_userid', 'network_userid')
  return row([
    time(cell('collector_tstamp')),
    first('event_name', 'event') || '?',
    cell('app_id') || '-',
    cell('platform') || '-',
    structured || first('page_url', 'page_title') || '-',
    user === '' ? '' : `user ${user}`,
  ])
}

const badRow = z.object({
  schema: z.string(),
  data: z.object({
    failure: z.object({
      timestamp: z.string().optional(),
      message: z.unknown().optional(),
      messages: z.array(z.unknown()).optional(),
      errors: z.array(z.unknown()).optional(),
      expectation: z.string().optional(),
    }),
  }),
})

/** One bad row for a person: when, which kind, and the first reason. */
export function sayBadRow(line: string): string {
  const parsed = badRow.safeParse(parseJson(line))
  if (!parsed.success) return row(['-', 'no bad row', line])
  const { schema, data } = parsed.data
  const { timestamp = '', message, messages = [], errors = [], expectation } = data.failure
  const reasons = [...messages, ...errors, message, expectation].filter(reason => reason !== undefined)
  const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : ''
  return row([time(timestamp), schema.split('/')[1] ?? schema, `${sayReason(reasons[0])}${more}`])
}

/** The text inside one failure message, whatever its shape. */
function sayReason(reason: unknown): string {
  if (typeof reason === 'string') return reason
  if (typeof reason !== 'object' || reason === null) return String(reason)
  const fields = new Map<string, unknown>(Object.entries(reason))
  // An enrichment's name stands beside the message that matters.
  if (typeof fields.get('message') === 'object') return sayReason(fields.get('message'))
  const subject = fields.get('field') ?? fields.get('payloadField') ?? fields.get('schemaKey')
  const why = fields.get('expectation') ?? fields.get('error') ?? reason
  const report = firstReport(why)
  const said = report ?? (typeof why === 'string' ? why : JSON.stringify(why))
  return typeof subject === 'string' ? `${subject}: ${said}` : said
}

/** The first thing that a schema validation found, or that a lookup failed. */
function firstReport(why: unknown): string | undefined {
  const parsed = z
    .object({ error: z.string(), dataReports: z.array(z.object({ message: z.string() })).optional() })
    .safeParse(why)
  return parsed.success ? (parsed.data.dataReports?.[0]?.message ?? parsed.data.error) : undefined
}

/** Only the time of day: who looks at live events knows the day. */
function time(timestamp: string): string {
  return /\d\d:\d\d:\d\d(?:\.\d{1,3})?/.exec(timestamp)?.[0] ?? '-'
}

function row(cells: readonly string[]): string {
  const widths = [12, 14, 10, 4]
  return cells
    .map((cell, i) => printable(cell).padEnd(widths[i] ?? 0))
    .join('  ')
    .trimEnd()
}
