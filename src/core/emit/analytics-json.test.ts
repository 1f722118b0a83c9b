import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { EnrichedEvent } from '../event.ts'
import { analyticsJson } from './analytics-json.ts'
import { writeTsv } from './tsv.ts'

// Snowplow's own SDK for JavaScript, the oracle. Its types are not meant for modules.
const { transform } = createRequire(import.meta.url)('snowplow-analytics-sdk') as {
  readonly transform: (line: string) => Record<string, unknown>
}

function newEvent(): EnrichedEvent {
  const event = new EnrichedEvent()
  event.app_id = 'shop'
  event.etl_tstamp = '2026-01-02 03:04:05.678'
  event.collector_tstamp = '2026-01-02 03:04:05.600'
  event.txn_id = 41828
  event.geo_latitude = 37.443604
  event.geo_longitude = -122.4124
  event.br_features_pdf = 1
  event.br_cookies = 0
  event.tr_total = '12.50'
  event.contexts = wrap([
    ['iglu:org.w3/PerformanceTiming/jsonschema/1-0-0', { navigationStart: 1 }],
    ['iglu:com.acme/web_page/jsonschema/1-0-0', { id: 'a' }],
    ['iglu:com.acme/web_page/jsonschema/1-0-2', { id: 'b' }],
    ['iglu:com.acme/web_page/jsonschema/2-0-0', { id: 'c' }],
  ])
  event.derived_contexts = wrap([['iglu:nl.basjes/yauaa_context/jsonschema/1-0-4', { deviceClass: 'Phone' }]])
  event.unstruct_event = JSON.stringify({
    schema: 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0',
    data: { schema: 'iglu:com.acme/LinkClick/jsonschema/3-1-0', data: { targetUrl: 'https://a.example' } },
  })
  return event
}

function wrap(contexts: readonly (readonly [schema: string, data: unknown])[]): string {
  const data = contexts.map(([schema, data]) => ({ schema, data }))
  return JSON.stringify({ schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1', data })
}

test('an event has the shape that Snowplow’s analytics SDK gives it', () => {
  const event = newEvent()
  assert.deepEqual(analyticsJson(event), transform(writeTsv(event)))
})

test('contexts of one model share an array, another model has its own', () => {
  const json = analyticsJson(newEvent())
  assert.deepEqual(json['contexts_com_acme_web_page_1'], [{ id: 'a' }, { id: 'b' }])
  assert.deepEqual(json['contexts_com_acme_web_page_2'], [{ id: 'c' }])
})

test('dashes in names become underscores, which the oracle leaves alone', () => {
  const event = new EnrichedEvent()
  event.contexts = wrap([['iglu:com.my-company/my-context/jsonschema/1-0-0', {}]])
  assert.deepEqual(analyticsJson(event), { contexts_com_my_company_my_context_1: [{}] })
})

test('all decimals are numbers; the oracle has se_value as text, unlike the SDKs that came later', () => {
  const event = new EnrichedEvent()
  event.se_value = '1.10'
  assert.deepEqual(analyticsJson(event), { se_value: 1.1 })
})
