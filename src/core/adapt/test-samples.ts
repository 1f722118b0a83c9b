import type { CollectorPayload, Parameter } from '../event.ts'
import { request } from './test-payloads.ts'

/* One payload of each vendor that makes at least one event. */

const logLine =
  '2013-10-07 23:35:30 LHR5 100 192.0.2.1 GET d1.example.net /x 200 http://example.com/%2520a ' +
  'Mozilla/5.0%2520(X11) a=b%2520c - Hit id== h https 90 0.001 - TLSv1.2 AES Hit HTTP/2.0'

const form = 'application/x-www-form-urlencoded'

function json(path: string, body: unknown): readonly [string, CollectorPayload] {
  return [path, request(path, { contentType: 'application/json', body: JSON.stringify(body) })]
}

function sentForm(
  path: string,
  fields: Readonly<Record<string, string>>,
): readonly [string, CollectorPayload] {
  const body = String(new URLSearchParams(fields))
  return [path, request(path, { contentType: form, body })]
}

function asked(path: string, ...querystring: readonly Parameter[]): readonly [string, CollectorPayload] {
  return [path, request(path, { querystring })]
}

export const samples: ReadonlyMap<string, CollectorPayload> = new Map([
  asked('com.snowplowanalytics.snowplow/tp1', ['e', 'pv'], ['p', 'web']),
  json('com.snowplowanalytics.snowplow/tp2', {
    schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
    data: [{ e: 'pv', p: 'web', tv: 'js-3' }],
  }),
  asked('r/tp2', ['u', 'https://example.com/'], ['cx', 'eyJkYXRhIjpbXX0']),
  json('com.snowplowanalytics.iglu/v1', { schema: 'iglu:com.acme/a/jsonschema/1-0-0', data: { a: 1.5 } }),
  asked(
    'com.callrail/v1',
    ['answered', 'true'],
    ['datetime', '2014-10-09 16:23:45'],
    ['duration', '247'],
    ['p', 'web'],
    ['nuid', 'n'],
  ),
  [
    'com.amazon.aws.cloudfront/wd_access_log',
    request('com.amazon.aws.cloudfront/wd_access_log', {
      body: logLine.replaceAll(' ', '\t'),
    }),
  ],
  json('com.getvero/v1', {
    type: 'sent',
    sent_at: 1435016238,
    _tags: ['a'],
    event: { name: 'x', triggered_at: 1424012238 },
    user: { id: 12345678901234567890n.toString(), _tags: { a: 1 } },
  }),
  [
    'com.google.analytics/v1',
    request('com.google.analytics/v1', {
      body: [
        't=pageview&dl=http%3A%2F%2Fexample.com%2F&dt=Title&uip=192.0.2.1&je=1&cd5=five&cm2=1.5',
        't=transaction&ti=t1&tr=10.125&cu=EUR&pr1id=a&pr2id=b&pr2nm=B&pr1cd3=x&il1pi2cd3=y&promo1id=p',
      ].join('\n'),
    }),
  ],
  json('com.hubspot/v1', [
    { eventId: 1, subscriptionType: 'company.creation', occurredAt: 1539145399845 },
    { eventId: 2, subscriptionType: 'deal.propertyChange', occurredAt: 1539145399845, propertyValue: '1' },
  ]),
  sentForm('com.mailchimp/v1', {
    type: 'subscribe',
    fired_at: '2014-11-04 09:42:31',
    'data[id]': '1',
    'data[merges][EMAIL]': 'a@example.com',
    'data[merges][NAME]': 'A',
  }),
  json('com.mailgun/v1', {
    signature: { token: 't', timestamp: '1657907833', signature: 's' },
    'event-data': {
      event: 'opened',
      timestamp: 1521472262.908181,
      'client-info': { 'client-os': 'Linux' },
      'attachment-count': 2,
      'body-plain': 'x',
    },
  }),
  sentForm('com.mandrill/v1', {
    mandrill_events: JSON.stringify([
      { event: 'open', ts: 1415267366, msg: { _id: 'x', ts: '1415267366' } },
      { event: 'hard_bounce', ts: 1415267366 },
    ]),
  }),
  json('com.marketo/v1', { name: 'a', lead: { created_at: '2018-06-16 11:23:58', updated_at: '' }, step: 6 }),
  sentForm('com.olark/v1', {
    data: JSON.stringify({
      kind: 'Conversation',
      items: [{ timestamp: '1307116657.1', visitor_nickname: 'A' }],
      operators: {},
    }),
  }),
  json('com.pagerduty/v1', {
    messages: [
      { type: 'incident.trigger', created_on: '2014-11-12T18:53:47 00:00', data: { a: 'null' } },
      { type: 'incident.resolve' },
    ],
  }),
  asked(
    'com.pingdom/v1',
    ['message', '{"check":"1","action":"assign","incidentid":3,"n":1.50}'],
    ['p', 'web'],
  ),
  json('com.sendgrid/v3', [
    { event: 'processed', sg_event_id: 'a', timestamp: 1446549615 },
    { event: 'open', sg_event_id: 'b', timestamp: 1446549616 },
    { event: 'open', sg_event_id: 'b', timestamp: 1446549617 },
  ]),
  sentForm('com.statusgator/v1', { service_name: 'CloudFlare', current_status: 'up' }),
  sentForm('com.unbounce/v1', {
    page_id: '1',
    page_name: 'a',
    variant: 'b',
    page_url: 'http://example.com',
    'data.json': '{"first_name":["A"]}',
    'data.xml': '<x/>',
  }),
  [
    'com.urbanairship.connect/v1',
    request('com.urbanairship.connect/v1', {
      body: JSON.stringify({
        id: 'e3314efb-9058-dbaf-c4bb-b754fca73613',
        occurred: '2015-11-13T16:31:52.393Z',
        processed: '2015-11-13T16:31:53+01:00',
        type: 'CLOSE',
      }),
    }),
  ],
])
