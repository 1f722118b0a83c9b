import assert from 'node:assert/strict'
import { test } from 'node:test'
import { samples } from './test-samples.ts'
import { parametersOf } from './test-payloads.ts'

/*
 * What the sample of each vendor becomes, to the letter. Sources: the guides of the vendors for what they send, Enrich
 * 3.9.0 for what is made of it.
 */

/** Schema and data, and what speaks about the event beside tracker version, kind and platform `srv`. */
type Made = readonly [schema: string, data: unknown, about?: Readonly<Record<string, string>>]

const vendors: Readonly<Record<string, readonly Made[]>> = {
  'com.callrail/v1': [
    [
      'com.callrail/call_complete/jsonschema/1-0-2',
      { answered: true, datetime: '2014-10-09T16:23:45.000Z', duration: 247 },
      { p: 'web', nuid: 'n' },
    ],
  ],
  'com.getvero/v1': [
    [
      'com.getvero/sent/jsonschema/1-0-0',
      {
        sent_at: '2015-06-22T23:37:18.000Z',
        tags: ['a'],
        event: { name: 'x', triggered_at: '2015-02-15T14:57:18.000Z' },
        user: { id: '12345678901234567890', tags: { a: 1 } },
      },
    ],
  ],
  'com.hubspot/v1': [
    ['com.hubspot/company_creation/jsonschema/1-0-0', { eventId: 1, occurredAt: '2018-10-10T04:23:19.845Z' }],
    [
      'com.hubspot/deal_change/jsonschema/1-0-0',
      { eventId: 2, occurredAt: '2018-10-10T04:23:19.845Z', propertyValue: '1' },
    ],
  ],
  'com.mailchimp/v1': [
    [
      'com.mailchimp/subscribe/jsonschema/1-0-0',
      {
        type: 'subscribe',
        fired_at: '2014-11-04T09:42:31.000Z',
        data: { id: '1', merges: { EMAIL: 'a@example.com', NAME: 'A' } },
      },
    ],
  ],
  'com.mailgun/v1': [
    [
      'com.mailgun/message_opened/jsonschema/1-0-0',
      {
        token: 't',
        timestamp: '2022-07-15T17:57:13.000Z',
        signature: 's',
        clientInfo: { clientOs: 'Linux' },
        attachmentCount: 2,
      },
    ],
  ],
  'com.mandrill/v1': [
    [
      'com.mandrill/message_opened/jsonschema/1-0-1',
      { ts: '2014-11-06T09:49:26.000Z', msg: { _id: 'x', ts: '2014-11-06T09:49:26.000Z' } },
    ],
    ['com.mandrill/message_bounced/jsonschema/1-0-1', { ts: '2014-11-06T09:49:26.000Z' }],
  ],
  'com.marketo/v1': [
    [
      'com.marketo/event/jsonschema/2-0-0',
      { name: 'a', lead: { created_at: '2018-06-16T11:23:58.000Z', updated_at: '' }, step: 6 },
    ],
  ],
  'com.olark/v1': [
    [
      'com.olark/transcript/jsonschema/1-0-0',
      {
        kind: 'Conversation',
        items: [{ timestamp: '2011-06-03T15:57:37.100Z', visitorNickname: 'A' }],
        operators: {},
      },
    ],
  ],
  'com.pagerduty/v1': [
    [
      'com.pagerduty/incident/jsonschema/1-0-0',
      { type: 'trigger', created_on: '2014-11-12T18:53:47+00:00', data: { a: null } },
    ],
    ['com.pagerduty/incident/jsonschema/1-0-0', { type: 'resolve' }],
  ],
  'com.pingdom/v1': [
    ['com.pingdom/incident_assign/jsonschema/1-0-0', { check: '1', incidentid: 3, n: 1.5 }, { p: 'web' }],
  ],
  'com.sendgrid/v3': [
    ['com.sendgrid/processed/jsonschema/3-0-0', { sg_event_id: 'a', timestamp: '2015-11-03T11:20:15.000Z' }],
    ['com.sendgrid/open/jsonschema/3-0-0', { sg_event_id: 'b', timestamp: '2015-11-03T11:20:17.000Z' }],
  ],
  'com.statusgator/v1': [
    ['com.statusgator/status_change/jsonschema/1-0-0', { serviceName: 'CloudFlare', currentStatus: 'up' }],
  ],
  'com.unbounce/v1': [
    [
      'com.unbounce/form_post/jsonschema/1-0-0',
      {
        'data.json': { firstName: ['A'] },
        pageId: '1',
        pageName: 'a',
        variant: 'b',
        pageUrl: 'http://example.com',
      },
    ],
  ],
  'com.urbanairship.connect/v1': [
    [
      'com.urbanairship.connect/CLOSE/jsonschema/1-0-0',
      {
        id: 'e3314efb-9058-dbaf-c4bb-b754fca73613',
        occurred: '2015-11-13T16:31:52.393Z',
        processed: '2015-11-13T16:31:53+01:00',
        type: 'CLOSE',
      },
      { eid: 'e3314efb-9058-dbaf-c4bb-b754fca73613', ttm: String(Date.parse('2015-11-13T16:31:52.393Z')) },
    ],
  ],
}

const unstructEvent = 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0'

for (const [path, expected] of Object.entries(vendors)) {
  test(`what ${path} sends becomes its events`, async () => {
    const sample = samples.get(path)
    assert.ok(sample !== undefined)
    const events = await parametersOf(sample)
    assert.deepEqual(
      events.map(({ ue_pr, ...about }) => ({ about, event: JSON.parse(ue_pr ?? '') as unknown })),
      expected.map(([schema, data, about]) => ({
        about: { tv: path.replace('/', '-'), e: 'ue', p: 'srv', ...about },
        event: { schema: unstructEvent, data: { schema: `iglu:${schema}`, data } },
      })),
    )
  })
}

const ownWords = 'com.google.analytics/v1'
const collectorPaths = /^(?:com\.snowplowanalytics\.|r\/|com\.amazon\.aws\.)/

test('every vendor is here', () => {
  const known = [...samples.keys()].filter(path => !collectorPaths.test(path))
  assert.deepEqual(known.toSorted(), [...Object.keys(vendors), ownWords].toSorted())
})

test('a hit of Google Analytics is an event, columns and contexts', async () => {
  const [hit] = await parametersOf(samples.get(ownWords) ?? assert.fail())
  const { ue_pr, co, ...others } = hit ?? assert.fail()
  const google = 'iglu:com.google.analytics.measurement-protocol'
  assert.deepEqual(others, {
    url: 'http://example.com/',
    page: 'Title',
    ip: '192.0.2.1',
    f_java: '1',
    e: 'ue',
    tv: 'com.google.analytics.measurement-protocol-v1',
    p: 'srv',
  })
  assert.deepEqual(JSON.parse(ue_pr ?? ''), {
    schema: unstructEvent,
    data: {
      schema: `${google}/page_view/jsonschema/1-0-0`,
      data: { documentLocationUrl: 'http://example.com/', documentTitle: 'Title' },
    },
  })
  assert.deepEqual(JSON.parse(co ?? ''), {
    schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1',
    data: [
      { schema: `${google}/hit/jsonschema/1-0-0`, data: { type: 'pageview' } },
      { schema: `${google}/session/jsonschema/1-0-0`, data: { ipOverride: '192.0.2.1' } },
      { schema: `${google}/system_info/jsonschema/1-0-0`, data: { javaEnabled: true } },
      { schema: `${google}/custom_dimension/jsonschema/1-0-0`, data: { index: 5, value: 'five' } },
      { schema: `${google}/custom_metric/jsonschema/1-0-0`, data: { index: 2, value: 1.5 } },
    ],
  })
})
