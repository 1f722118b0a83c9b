import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MillraceError } from '../../lib/index.ts'
import type { CollectorPayload } from '../event.ts'
import type { Schemas } from '../options.ts'
import { adapt } from './registry.ts'
import { failuresOf, parametersOf, request, rowOf, schemas } from './test-payloads.ts'

const paths = ['com.snowplowanalytics.snowplow/tp1', 'com.snowplowanalytics.snowplow/tp2', 'r/tp2']
const known = [...paths, 'com.snowplowanalytics.iglu/v1']

test('a payload of an unknown vendor or version is refused', async () => {
  const payload = request('com.acme/v9')
  assert.deepEqual(await rowOf(payload), {
    type: 'adapter_failures',
    messages: [
      {
        type: 'InputData',
        field: 'vendor/version',
        value: 'com.acme/v9',
        expectation: 'vendor/version combination is not supported',
      },
    ],
    payload,
  })
})

test('only the second tracker protocol and redirects violate the tracker protocol', async () => {
  const types = await Promise.all(known.map(async path => (await rowOf(request(path))).type))
  assert.deepEqual(types, [
    'adapter_failures',
    'tracker_protocol_violations',
    'tracker_protocol_violations',
    'adapter_failures',
  ])
})

test('the first tracker protocol takes the querystring as it is, the last duplicate counting', async () => {
  const querystring = [
    ['e', 'pv'],
    ['page', null],
    ['e', 'pp'],
  ] as const
  assert.deepEqual(await parametersOf(request('com.snowplowanalytics.snowplow/tp1', { querystring })), [
    { e: 'pp', page: null },
  ])
  assert.deepEqual(await failuresOf(request('com.snowplowanalytics.snowplow/tp1')), [
    {
      type: 'InputData',
      field: 'querystring',
      value: null,
      expectation: 'empty querystring: not a valid URI redirect',
    },
  ])
})

const post = request('com.snowplowanalytics.snowplow/tp2', {
  contentType: 'application/json',
  body: JSON.stringify({
    schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
    data: [{ e: 'pv', p: 'web', tv: 'js' }],
  }),
})

test('with the schemas at hand the answer is no promise', async () => {
  await adapt(post, { schemas })
  assert.ok(!(adapt(post, { schemas }) instanceof Promise))
})

test('a schema that has to be fetched is waited for', async () => {
  const slow: Schemas = { lookup: async key => schemas.lookup(key) }
  assert.deepEqual(await adapt(post, { schemas: slow }), await adapt(post, { schemas }))
})

test('a registry that is down is nobody’s bad row', async () => {
  const down: Schemas = {
    lookup: () => Promise.reject(new MillraceError('iglu', 'registry is down', { retryable: true })),
  }
  await assert.rejects(async () => adapt(post, { schemas: down }), MillraceError)
})

const json = fc.json({ maxDepth: 3 })
const selfDescribing = fc
  .record({
    schema: fc.constantFrom(
      'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
      'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0',
      'iglu:com.acme/unknown/jsonschema/1-0-0',
      'none',
    ),
    data: fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.array(fc.record({ e: fc.string(), p: fc.string(), tv: fc.string(), cx: fc.string() })),
    ),
  })
  .map(value => JSON.stringify(value))
const texts = fc.oneof(fc.string(), json, selfDescribing, fc.constant('['.repeat(5000)))
const names = fc.constantFrom('u', 'e', 'p', 'co', 'cx', 'schema', 'nuid', '__proto__', 'x')
const contentTypes = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-8',
  'application/x-www-form-urlencoded',
  'text/plain',
)

const payloads: fc.Arbitrary<CollectorPayload> = fc
  .record({
    path: fc.constantFrom(...known),
    querystring: fc.array(fc.tuple(names, fc.option(texts))),
    contentType: fc.option(contentTypes),
    body: fc.option(texts),
  })
  .map(({ path, ...changes }) => request(path, changes))

test('any payload has events or a bad row, and both can be written', async () => {
  await fc.assert(
    fc.asyncProperty(payloads, async payload => {
      const adapted = await adapt(payload, { schemas })
      if (adapted.rows.length > 0) return JSON.stringify(adapted.rows).length > 0
      for (const { parameters } of adapted.events) {
        const event = parameters.get('ue_pr')
        if (typeof event === 'string' && payload.vendor.endsWith('iglu')) JSON.parse(event)
      }
      return adapted.events.length > 0
    }),
    { numRuns: 1000 },
  )
})
