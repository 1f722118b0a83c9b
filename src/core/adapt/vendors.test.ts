import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CollectorPayload } from '../event.ts'
import { coreDefaults } from '../options.ts'
import { completeSchemas, unknownSchemas } from './adapter-schemas.ts'
import { adapt } from './registry.ts'
import { samples } from './test-samples.ts'
import { failuresOf, parametersOf, request, schemas } from './test-payloads.ts'

/*
 * What Snowplow's own cases do not tell; those run with `npm run golden`.
 */

function sample(path: string, changes: Partial<CollectorPayload> = {}): CollectorPayload {
  const found = samples.get(path)
  if (found === undefined) assert.fail(`no sample of ${path}`)
  return { ...found, ...changes }
}

/** Schema and data of each event, the data as text. */
async function eventsOf(
  payload: CollectorPayload,
): Promise<(readonly [string | undefined, string | undefined])[]> {
  return (await parametersOf(payload)).map(({ ue_pr }) => {
    const match = /"data":\{"schema":"iglu:([^"]*)","data":(.*)\}\}$/.exec(ue_pr ?? '')
    return [match?.[1], match?.[2]] as const
  })
}

test('JSON of a vendor keeps its digits and the order of its keys', async () => {
  const body = '{"type":"sent","z":1.50,"2":12345678901234567890,"1":[1e2,-0.0],"a":"\\u00e9"}'
  assert.deepEqual(await eventsOf(sample('com.getvero/v1', { body })), [
    ['com.getvero/sent/jsonschema/1-0-0', '{"z":1.50,"2":12345678901234567890,"1":[1e2,-0.0],"a":"é"}'],
  ])
})

test('a content type may have parameters and capitals', async () => {
  for (const [path, payload] of samples) {
    const contentType =
      payload.contentType === null ? null : `${payload.contentType.toUpperCase()};charset=UTF-8`
    const { length } = await parametersOf(payload)
    assert.equal((await parametersOf({ ...payload, contentType })).length, length, path)
  }
})

test('the querystring of a webhook may speak about its events', async () => {
  const querystring = [
    ['aid', 'shop'],
    ['p', 'app'],
    ['other', 'x'],
  ] as const
  const [event] = await parametersOf(sample('com.marketo/v1', { querystring }))
  const { ue_pr, ...about } = event ?? {}
  assert.deepEqual(about, { tv: 'com.marketo-v1', e: 'ue', p: 'app', aid: 'shop' })
  assert.ok(ue_pr?.includes('"created_at":"2018-06-16T11:23:58.000Z","updated_at":""') === true)
})

test('SendGrid’s events without an id are not one event', async () => {
  const body = JSON.stringify([
    { event: 'open' },
    { event: 'click' },
    { event: 'open', sg_event_id: 'a', n: 1 },
  ])
  const again = body.replace(']', ',{"event":"open","sg_event_id":"a","n":2}]')
  const found = await eventsOf(sample('com.sendgrid/v3', { body: again }))
  assert.deepEqual(
    found.map(([schema, data]) => `${schema?.split('/')[1]} ${data}`),
    ['open {}', 'click {}', 'open {"sg_event_id":"a","n":2}'],
  )
})

async function contextsOf(line: string): Promise<unknown[]> {
  const [event] = await parametersOf(request('com.google.analytics/v1', { body: line }))
  const { data } = JSON.parse(event?.['co'] ?? '{"data":[]}') as { data: { schema: string; data: unknown }[] }
  return data.map(({ schema, data }) => [schema.split('/')[1], data])
}

test('of Google’s numbered parameters each thing gets its own, and only those', async () => {
  const line =
    't=transaction&cu=EUR&pr1id=a&pr2id=b&pr2nm=B&pr2pr=1.005&cd5=five&il1pi2cd3=x&il1nm=L&pr1cm4=7'
  assert.deepEqual(await contextsOf(line), [
    ['hit', { type: 'transaction' }],
    ['custom_dimension', { index: 5, value: 'five' }],
    ['product_impression_list', { index: 1, name: 'L' }],
    [
      'product_impression_custom_dimension',
      { listIndex: 1, productIndex: 2, customDimensionIndex: 3, value: 'x' },
    ],
    ['product_custom_metric', { productIndex: 1, metricIndex: 4, value: 7 }],
    ['product', { index: 1, sku: 'a', currencyCode: 'EUR' }],
    ['product', { index: 2, sku: 'b', currencyCode: 'EUR', name: 'B', price: 1 }],
  ])
})

test('money has two decimals, half to even', async () => {
  const money = {
    '1.005': 1,
    '1.015': 1.02,
    '-1.0151': -1.02,
    '1e2': 100,
    '0.00000001': 0,
    '9.995': 10,
    '9.9950': 10,
  }
  for (const [text, expected] of Object.entries(money)) {
    const [event] = await eventsOf(request('com.google.analytics/v1', { body: `t=transaction&tr=${text}` }))
    assert.equal(event?.[1], `{"revenue":${expected}}`, text)
  }
})

test('a bad value of a hit is named by its field', async () => {
  const failures = await failuresOf(
    request('com.google.analytics/v1', { body: 't=event&ev=x\nt=event&je=2' }),
  )
  assert.deepEqual(failures, [
    {
      type: 'InputData',
      field: 'value',
      value: 'x',
      expectation: 'cannot be converted to java.lang.Integer',
    },
    {
      type: 'InputData',
      field: 'javaEnabled',
      value: '2',
      expectation: 'cannot be converted to boolean, only 1 or 0 are supported',
    },
  ])
})

test('an event of Urban Airship without a date is a failure, not a crash', async () => {
  const body = '{"type":"CLOSE","occurred":"yesterday","processed":1}'
  assert.deepEqual(await failuresOf(sample('com.urbanairship.connect/v1', { body })), [
    {
      type: 'InputData',
      field: 'occurred',
      value: 'yesterday',
      expectation: 'not in the expected format: ISO 8601',
    },
    { type: 'InputData', field: 'id', value: null, expectation: "could not extract 'id': not a text" },
    {
      type: 'InputData',
      field: 'processed',
      value: null,
      expectation: "could not extract 'processed': not a text",
    },
  ])
})

test('names that cannot be keys are taken as they are', async () => {
  const body = 'type=subscribe&%5B=a&x%5B__proto__%5D=b&x=c&x%5By%5D=d'
  assert.deepEqual(await eventsOf(sample('com.mailchimp/v1', { body })), [
    ['com.mailchimp/subscribe/jsonschema/1-0-0', '{"type":"subscribe","":"a","x":{"y":"d"}}'],
  ])
})

test('a schema of one’s own takes the place of the one that is known', async () => {
  const uri = 'iglu:com.acme/vero_sent/jsonschema/1-0-0'
  const adaptersSchemas = completeSchemas({ vero: { sent: uri } })
  const { events } = await adapt(sample('com.getvero/v1'), {
    schemas,
    options: { ...coreDefaults, adaptersSchemas },
  })
  assert.ok(events[0]?.parameters.get('ue_pr')?.includes(uri) === true)
  assert.deepEqual(unknownSchemas({ vero: { sent: uri, lost: uri }, acme: {} }), ['vero.lost', 'acme'])
})

/** Vendor and version, a payload of three events of which the second is bad, and what is left of it alone. */
const batches: readonly (readonly [string, string, string])[] = [
  [
    'com.snowplowanalytics.snowplow/tp2',
    '{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[{"e":"pv","p":"web","tv":"a"},{"e":"pv"},{"e":"pp","p":"web","tv":"a"}]}',
    '{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[{"e":"pv"}]}',
  ],
  ['com.google.analytics/v1', 't=pageview\nt=nothing\nt=event', 't=nothing'],
  [
    'com.hubspot/v1',
    '[{"subscriptionType":"deal.creation"},{"n":1.0},{"subscriptionType":"deal.deletion"}]',
    '[{"n":1.0}]',
  ],
  [
    'com.mandrill/v1',
    `mandrill_events=${encodeURIComponent('[{"event":"open"},{"event":"&"},{"event":"send"}]')}`,
    `mandrill_events=${encodeURIComponent('[{"event":"&"}]')}`,
  ],
  [
    'com.pagerduty/v1',
    '{"messages":[{"type":"incident.trigger"},{"type":1},{"type":"incident.resolve"}]}',
    '{"messages":[{"type":1}]}',
  ],
  ['com.sendgrid/v3', '[{"event":"open"},{"event":"shut"},{"event":"click"}]', '[{"event":"shut"}]'],
]

for (const [path, body, alone] of batches) {
  test(`a bad event of ${path} spoils the payload, or only itself`, async () => {
    const payload = sample(path, { body })
    const whole = await adapt(payload, { schemas })
    assert.deepEqual([whole.events.length, whole.rows.length], [0, 1])
    const apart = await adapt(payload, { schemas, options: { ...coreDefaults, isolateBadElements: true } })
    assert.equal(apart.events.length, 2)
    const [row, ...others] = apart.rows
    assert.deepEqual(others, [])
    if (row?.type !== 'adapter_failures' && row?.type !== 'tracker_protocol_violations') assert.fail()
    // Who repairs the bad row sends the bad event again, and no other.
    assert.deepEqual(row.payload, { ...payload, body: alone })
  })
}

test('a payload of which nothing is good is one bad row', async () => {
  const payload = sample('com.hubspot/v1', { body: '[{},{}]' })
  const { rows } = await adapt(payload, { schemas, options: { ...coreDefaults, isolateBadElements: true } })
  assert.equal(rows.length, 1)
})

test('a payload of very many bad events does not grow beyond measure', async () => {
  const body = `[{"subscriptionType":"deal.creation"}${',{}'.repeat(100_000)}]`
  const payload = sample('com.hubspot/v1', { body })
  for (const isolateBadElements of [false, true]) {
    const options = { ...coreDefaults, isolateBadElements }
    const { rows } = await adapt(payload, { schemas, options })
    assert.equal(rows.length, 1)
    assert.ok(rows.every(row => 'messages' in row && row.messages.length === 2000))
  }
})
