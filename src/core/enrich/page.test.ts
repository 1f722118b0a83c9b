import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnIndex } from '../columns.ts'
import { coreDefaults } from '../options.ts'
import type { CollectorPayload, EnrichedEvent } from '../event.ts'
import { Enrichments, type Enriched } from './enrichments.ts'
import { setupEvent } from './setup.ts'
import { testEvent, testRecord } from './test-events.ts'

interface Result {
  readonly event: EnrichedEvent
  readonly enriched: Enriched
}

function enrich(parameters: Record<string, string>, changes: Partial<CollectorPayload> = {}): Result {
  const raw = testEvent({ e: 'pv', ...parameters }, changes)
  const { event } = setupEvent(raw, { record: testRecord, index: 0 }, coreDefaults)
  const enriched = new Enrichments([]).enrich(event, { raw, unstructSchema: null })
  return enriched instanceof Promise ? assert.fail('it should be synchronous') : { event, enriched }
}

test('the page is what the tracker says, or else where the request came from', () => {
  const refererUri = 'http://from.example/'
  assert.equal(enrich({ url: 'http://h/a b' }, { refererUri }).event.page_url, 'http://h/a%20b')
  assert.equal(enrich({}, { refererUri }).event.page_urlhost, 'from.example')
  assert.equal(enrich({}).event.page_urlport, null)
})

test('page and referrer fill six columns each', () => {
  const { row } = enrich({ url: 'https://h/p?q#f', refr: 'http://r:8080/x|y' }).event
  const of = (first: number) => row.slice(first, first + 6)
  assert.deepEqual(of(columnIndex.page_urlscheme), ['https', 'h', 443, '/p', 'q', 'f'])
  assert.deepEqual(of(columnIndex.refr_urlscheme), ['http', 'r', 8080, '/x%7Cy', null, null])
})

test('the text of the referrer stays as it was sent', () => {
  assert.equal(enrich({ refr: 'http://r/x|y z' }).event.page_referrer, 'http://r/x|y z')
})

test('an address that cannot be parsed fails the event, and the other steps still run', () => {
  const { event, enriched } = enrich({ url: 'http://', refr: 'about:' })
  assert.equal(enriched.failures.length, 2)
  assert.match(JSON.stringify(enriched.failures[0]), /about:/)
  assert.equal(event.event_name, 'page_view')
})

test('_sp tells who came from where, and when', () => {
  const { event } = enrich({ url: 'http://h/?_sp=old.1&_sp=abc.1426245561368' })
  assert.deepEqual([event.refr_domain_userid, event.refr_dvce_tstamp], ['abc', '2015-03-13 11:19:21.368'])
  assert.equal(enrich({ url: 'http://h/?_sp=.' }).event.refr_domain_userid, null)
  assert.equal(enrich({ url: 'http://h/?_sp' }).enriched.failures.length, 0)
})

test('an _sp with a wrong time fails the event', () => {
  const { failures } = enrich({ url: 'http://h/?_sp=abc.x' }).enriched
  assert.deepEqual(failures[0]?.message, {
    type: 'InputData',
    field: 'sp_dtm',
    value: 'x',
    expectation: 'not in the expected format: ms since epoch',
  })
})

test('an event happened when its device says, corrected by the time that it waited there', () => {
  const timestamp = Date.UTC(2024, 2, 1)
  const times = { dtm: String(Date.UTC(2023, 11, 1)), stm: String(Date.UTC(2024, 1, 1)) }
  // 62 days, not "two months".
  assert.equal(enrich(times, { timestamp }).event.derived_tstamp, '2023-12-30 00:00:00.000')
  assert.equal(
    enrich({ ...times, stm: times.dtm }, { timestamp }).event.derived_tstamp,
    '2024-03-01 00:00:00.000',
  )
  assert.equal(enrich({ ...times, ttm: '1' }, { timestamp }).event.derived_tstamp, '1970-01-01 00:00:00.001')
})

test('an event of no known kind fails, and so does one without a collector', () => {
  const { failures } = enrich({ e: 'ad' }, { collector: '' }).enriched
  assert.deepEqual(
    failures.map(({ message }) => (message.type === 'InputData' ? [message.field, message.value] : [])),
    [
      ['event', 'ad_impression'],
      ['v_collector', null],
    ],
  )
})
