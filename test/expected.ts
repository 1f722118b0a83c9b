import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import packageJson from '../package.json' with { type: 'json' }
import { columns, type ColumnName } from '../src/core/index.ts'
import type { Output } from './pipeline.ts'

/** An event by column: null where it is empty, parsed where it is JSON, text everywhere else. */
export type Found = Readonly<Record<ColumnName, unknown>>

/** What a column must be; a pattern, also inside of JSON, stands for whatever it matches. Not named: must be null. */
export type Expected = Readonly<Partial<Record<ColumnName, unknown>>>

export const { version } = packageJson

export const uuid = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
export const timestamp = /^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/
export const isoTime = /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** The columns of any event that came through this pipeline. */
export const pipelineColumns = {
  v_collector: `millrace-collector-${version}`,
  v_etl: `millrace-${version}`,
  etl_tstamp: timestamp,
  collector_tstamp: timestamp,
  user_ipaddress: '127.0.x.x',
} satisfies Expected

const jsonColumns: ReadonlySet<ColumnName> = new Set(['contexts', 'unstruct_event', 'derived_contexts'])

export function readEvent({ kind, data }: Output): Found {
  assert.equal(kind, 'good', `a bad row came: ${data.toString()}`)
  const values = data.toString().split('\t')
  assert.equal(values.length, 131)
  const named = columns.map(([name], index) => [name, readValue(name, values[index] ?? '')] as const)
  return Object.fromEntries(named) as Found
}

function readValue(name: ColumnName, text: string): unknown {
  if (text === '') return null
  return jsonColumns.has(name) ? JSON.parse(text) : text
}

/** Compares all 131 columns. */
export function assertEvent(found: Found, expected: Expected): void {
  const nothing = Object.fromEntries(columns.map(([name]) => [name, null]))
  assertMatches(found, { ...nothing, ...expected })
}

export function assertMatches(found: unknown, expected: unknown): void {
  assert.deepEqual(found, settled(expected, found))
}

/** What is expected, with everything that matches its pattern in the pattern's place. */
function settled(expected: unknown, found: unknown): unknown {
  if (expected instanceof RegExp) return typeof found === 'string' && expected.test(found) ? found : expected
  if (Array.isArray(expected)) return expected.map((item, index) => settled(item, partOf(found, index)))
  if (!isObject(expected)) return expected
  return Object.fromEntries(
    Object.entries(expected).map(([key, item]) => [key, settled(item, partOf(found, key))]),
  )
}

function partOf(found: unknown, key: string | number): unknown {
  return isObject(found) ? found[key] : undefined
}

function isObject(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null
}

/** The collector's time less the time that the event waited on the device. */
export function derivedTimestamp({
  collector_tstamp,
  dvce_sent_tstamp,
  dvce_created_tstamp,
}: Found): unknown {
  if (dvce_sent_tstamp === null || dvce_created_tstamp === null) return collector_tstamp
  const waitedMs = Math.max(0, msOf(dvce_sent_tstamp) - msOf(dvce_created_tstamp))
  return columnTime(msOf(collector_tstamp) - waitedMs)
}

function msOf(column: unknown): number {
  return Date.parse(`${String(column).replace(' ', 'T')}Z`)
}

export function columnTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
}

const notInFingerprint = new Set(['cv', 'eid', 'nuid', 'stm'])

/** Of the parameters that a tracker sent: names and values in the order of the names, each followed by U+001F. */
export function fingerprintOf(sent: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(sent).filter(name => !notInFingerprint.has(name))
  const parts = names.sort().flatMap(name => [name, String(sent[name])])
  return hash('sha256', parts.map(part => `${part}\u001f`).join(''))
}

/** An event's or an entity's own JSON. */
export function selfDescribing<T>(name: string, version: string, data: T) {
  return { schema: `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/${version}`, data }
}

/** `contexts` as it is written, whichever version of the list the tracker sent. */
export function contexts(...entities: readonly unknown[]) {
  return selfDescribing('contexts', '1-0-1', entities)
}

export function unstructEvent(event: unknown) {
  return selfDescribing('unstruct_event', '1-0-0', event)
}

/** The four columns that name the event's schema. */
export function eventSchema(
  name: string,
  { vendor = 'com.snowplowanalytics.snowplow', version = '1-0-0' } = {},
) {
  return { event_vendor: vendor, event_name: name, event_format: 'jsonschema', event_version: version }
}
