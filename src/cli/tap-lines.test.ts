import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columns, type ColumnName } from '../core/index.ts'
import { sayBadRow, sayEvent } from './tap-lines.ts'

const line = (cells: Partial<Record<ColumnName, string>>) =>
  columns.map(([name]) => cells[name] ?? '').join('\t')

const pageView = {
  collector_tstamp: '2026-01-31 12:34:56.789',
  event_name: 'page_view',
  app_id: 'shop',
  platform: 'web',
  page_url: 'http://example.com/a',
  domain_userid: 'd-1',
}

test('an event is told by time, name, app, platform, page and user', () => {
  assert.equal(
    sayEvent(line(pageView)),
    '12:34:56.789  page_view       shop        web   http://example.com/a  user d-1',
  )
})

test('a structured event is told by category and action', () => {
  const text = sayEvent(line({ ...pageView, event_name: 'event', se_category: 'cart', se_action: 'add' }))
  assert.match(text, /web {3}cart\/add {2}user d-1$/)
})

test('what strangers sent cannot write to the terminal', () => {
  const text = sayEvent(line({ ...pageView, page_url: 'http://x/\u001B[2J\u202E' }))
  assert.ok(text.includes('http://x/�[2J�'))
})

test('a line that is no event is still one line', () => {
  assert.equal(sayEvent('a\tb').split('\n').length, 1)
})

const badRow = (type: string, failure: object) =>
  JSON.stringify({
    schema: `iglu:com.snowplowanalytics.snowplow.badrows/${type}/jsonschema/2-0-1`,
    data: { processor: { artifact: 'millrace', version: '1.0.0' }, failure, payload: {} },
  })
const timestamp = '2026-01-31T12:34:56.789Z'

const reasons: [name: string, row: string, said: RegExp][] = [
  [
    'the first thing that a schema found wrong',
    badRow('schema_violations', {
      timestamp,
      messages: [
        {
          schemaKey: 'iglu:a/b/jsonschema/1-0-0',
          error: { error: 'ValidationError', dataReports: [{ message: '$.x: is missing' }] },
        },
        { field: 'ue_px', value: 'x', error: 'invalid json' },
      ],
    }),
    /^12:34:56\.789 {2}schema_violations {2}iglu:a\/b\/jsonschema\/1-0-0: \$\.x: is missing \(and 1 more\)$/,
  ],
  [
    'the field that an enrichment step did not like',
    badRow('enrichment_failures', {
      timestamp,
      messages: [{ enrichment: null, message: { field: 'p', value: 'x', expectation: 'not recognized' } }],
    }),
    /enrichment_failures {2}p: not recognized$/,
  ],
  [
    'why a payload could not be read',
    badRow('collector_payload_format_violation', {
      timestamp,
      loader: 'thrift',
      message: { error: 'truncated' },
    }),
    /collector_payload_format_violation {2}truncated$/,
  ],
  [
    'a size',
    badRow('size_violation', { timestamp, expectation: 'too large' }),
    /size_violation {2}too large$/,
  ],
  ['a bug', badRow('generic_error', { timestamp, errors: ['boom'] }), /generic_error {3}boom$/],
  ['what is no bad row at all', 'nonsense', /no bad row {6}nonsense$/],
]

for (const [name, row, said] of reasons)
  test(`a bad row tells ${name}`, () => assert.match(sayBadRow(row), said))
