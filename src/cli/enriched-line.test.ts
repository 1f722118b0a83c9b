import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { columns, type ColumnName } from '../core/index.ts'
import { jsonOfLine } from './enriched-line.ts'

const { transform } = createRequire(import.meta.url)('snowplow-analytics-sdk') as {
  transform: (line: string) => unknown
}

const line = (cells: Partial<Record<ColumnName, string>>) =>
  columns.map(([name]) => cells[name] ?? '').join('\t')

const wrap = (schema: string, data: unknown) =>
  JSON.stringify({ schema: `iglu:com.snowplowanalytics.snowplow/${schema}`, data })
const context = (schema: string, data: unknown) => ({ schema: `iglu:${schema}`, data })

const event = line({
  app_id: 'shop',
  collector_tstamp: '2026-01-31 12:34:56.789',
  event_id: 'c6ef3124-b53a-4b13-a233-0088f79dcbcb',
  txn_id: '41828',
  br_cookies: '1',
  br_features_pdf: '0',
  geo_latitude: '37.443604',
  geo_longitude: '-122.4124',
  tr_total: '12.50',
  contexts: wrap('contexts/jsonschema/1-0-0', [
    context('org.w3/PerformanceTiming/jsonschema/1-0-0', { a: 1 }),
    context('org.w3/PerformanceTiming/jsonschema/1-0-0', { a: 2 }),
    context('com.acme_corp/userData/jsonschema/2-1-0', { b: null }),
  ]),
  unstruct_event: wrap(
    'unstruct_event/jsonschema/1-0-0',
    context('com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1', { targetUrl: 'http://x' }),
  ),
  derived_contexts: wrap('contexts/jsonschema/1-0-1', [
    context('com.acme/uaThing/jsonschema/1-0-0', { c: 'd' }),
  ]),
})

test('a line becomes what the analytics SDK makes of it', () => {
  assert.deepEqual(jsonOfLine(event), transform(event))
})

test('what has not as many columns as an event is none', () => {
  assert.equal(jsonOfLine('a\tb'), undefined)
})
