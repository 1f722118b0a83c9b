import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../lib/index.ts'
import { newEmbeddedRegistry, parseSchemaKey, SchemaResolver } from '../../../iglu/index.ts'
import { EnrichedEvent } from '../../event.ts'
import type { EnrichmentServices, HttpLookupOptions, HttpRequest } from '../services.ts'
import { create, created } from '../test-enrich.ts'
import { noServices } from '../test-services.ts'
import { readAnswer } from './answer.ts'
import { contextFields } from './fields.ts'
import { yauaa } from './index.ts'
import { cacheKeyOf, headersOf, questionOf } from './question.ts'

const service = { url: 'http://yauaa.internal:8080', timeoutMs: 1000, maxConnections: 4 }

/** Services whose lookups fail, and what was asked of them. */
function recording(): { readonly services: EnrichmentServices; readonly seen: Seen } {
  const seen: Seen = { options: [], requests: [] }
  const http: EnrichmentServices['lookups']['http'] = options => {
    seen.options.push({ ...options, read: undefined })
    return {
      ask(_, request) {
        seen.requests.push(request)
        return { error: 'no answer in this test' }
      },
    }
  }
  return { services: { ...noServices, lookups: { ...noServices.lookups, http }, yauaa: service }, seen }
}

interface Seen {
  readonly options: (Omit<HttpLookupOptions<unknown>, 'read'> & { read: undefined })[]
  readonly requests: HttpRequest[]
}

test('the context has room for each of these fields, and for no other', async () => {
  const schemas = new SchemaResolver({ registries: [newEmbeddedRegistry()], clock: systemClock })
  const key = parseSchemaKey('iglu:nl.basjes/yauaa_context/jsonschema/1-0-4')
  assert.ok(typeof key !== 'string')
  const found = await schemas.lookup(key)
  assert.ok(found.kind !== 'missing')
  const { schema } = found
  const all = Object.fromEntries(Array.from(contextFields, name => [name, 'Unknown'] as const))
  assert.equal(contextFields.size, 58)
  assert.deepEqual(schema.validate(all), [])
  assert.notDeepEqual(schema.validate({ ...all, remarkablePattern: 'Unknown' }), [])
})

test('without a user agent the device is unknown, and nobody is asked', async () => {
  const { services, seen } = recording()
  const enrichment = await created({ kind: yauaa, services }, {})
  for (const useragent of [null, '']) {
    const event = Object.assign(new EnrichedEvent(), { useragent })
    const input = { raw: { payload: { headers: ['Sec-CH-UA-Mobile: ?1'] } } } as never
    assert.deepEqual(await enrichment(event, input), [
      { schema: 'iglu:nl.basjes/yauaa_context/jsonschema/1-0-4', data: { deviceClass: 'Unknown' } },
    ])
  }
  assert.deepEqual(seen.requests, [])
})

test('client hints are asked about, the header of the user agent is not, and the last of two counts', () => {
  const headers = headersOf('Opera', [
    'User-Agent: curl/7.54',
    'sec-ch-ua-platform:  "Linux" ',
    'Cookie: a=b',
    'Sec-CH-UA: "A";v="1"',
    'Sec-CH-UA: "B: C";v="2"',
    'no header',
  ])
  assert.deepEqual(headers, { userAgent: 'Opera', secChUa: '"B: C";v="2"', secChUaPlatform: '"Linux"' })
})

test('equal questions have one key, in whatever order their headers came', () => {
  const hints = ['Sec-CH-UA-Model: "x"', 'Sec-CH-UA-Arch: "y"']
  const key = cacheKeyOf(headersOf('Opera', hints))
  assert.equal(cacheKeyOf(headersOf('Opera', ['Host: a', ...hints.toReversed()])), key)
  assert.notEqual(cacheKeyOf(headersOf('Opera', hints.slice(1))), key)
})

test('what a visitor sends is a variable and never part of the query', () => {
  const hostile = '"}) { fields { value } } #\r\nHost: elsewhere'
  const { body = '', headers } = questionOf('http://a/graphql', headersOf(hostile, []))
  const { query, variables } = JSON.parse(body) as { query: string; variables: unknown }
  assert.deepEqual(variables, { headers: { userAgent: hostile } })
  assert.ok(!query.includes('elsewhere'))
  assert.ok(!JSON.stringify(headers).includes('elsewhere'))
})

const answered = (fields: unknown) =>
  readAnswer({ status: 200, body: JSON.stringify({ data: { analyze: { fields } } }) })

test('fields of the answer get the names of the context, and those that it does not know are left out', () => {
  const fields = [
    { fieldName: 'DeviceClass', value: 'Phone' },
    { fieldName: 'IECompatibilityVersion', value: '7' },
    { fieldName: '__SyntaxError__', value: 'false' },
    { fieldName: 'RemarkablePattern', value: 'Unknown' },
    { fieldName: 'AgentName', value: null },
    'rubbish',
  ]
  assert.deepEqual(answered(fields), { value: { deviceClass: 'Phone', iECompatibilityVersion: '7' } })
})

function errorOf(body: string, status = 200): string | null {
  const answer = readAnswer({ status, body })
  return 'error' in answer ? answer.error : null
}

test('whatever else comes is an error', () => {
  assert.equal(errorOf('{}', 404), 'Request failed with status 404')
  assert.equal(errorOf('{"errors":[{"message":"no such field"}]}'), 'the service refuses: no such field')
  for (const body of ['', '<html>', 'null', '[]', '{"data":null}', '{"data":{"analyze":{"fields":{}}}}'])
    assert.equal(errorOf(body), 'the answer is not one of Yauaa')
  assert.deepEqual(answered([]), { error: 'the answer has no DeviceClass' })
})

test('the size of the cache is that of the configuration, within reason', async () => {
  const { services, seen } = recording()
  for (const parameters of [{}, { cacheSize: 5 }, { cacheSize: 0 }, { cacheSize: -1 }])
    await created({ kind: yauaa, services }, parameters)
  assert.deepEqual(
    seen.options.map(({ cache }) => cache.size),
    [10_000, 5, 0, 0],
  )
  const refused = await create({ kind: yauaa, services }, { cacheSize: 2e9 })
  assert.deepEqual(refused, { errors: ['cacheSize must be at most 1000000'] })
})
