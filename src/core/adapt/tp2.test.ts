import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CollectorPayload } from '../event.ts'
import { coreDefaults } from '../options.ts'
import type { Lookup } from '../validate/at-hand.ts'
import { failuresOf, parametersOf, request } from './test-payloads.ts'
import { adaptTp2 } from './tp2.ts'

const schema = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4'
const event = { e: 'pv', p: 'web', tv: 'js-3' }

function post(body: unknown, changes: Partial<CollectorPayload> = {}): CollectorPayload {
  return request('com.snowplowanalytics.snowplow/tp2', {
    contentType: 'application/json; charset=UTF-8',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...changes,
  })
}

test('each event of the body becomes one, with the querystring’s parameters over its own', async () => {
  const querystring = [
    ['p', 'mob'],
    ['nuid', 'n'],
    ['aid', null],
  ] as const
  const payload = post({ schema, data: [event, { ...event, e: 'pp' }] }, { querystring })
  assert.deepEqual(await parametersOf(payload), [
    { e: 'pv', p: 'mob', tv: 'js-3', nuid: 'n', aid: null },
    { e: 'pp', p: 'mob', tv: 'js-3', nuid: 'n', aid: null },
  ])
})

test('a querystring alone is an event of its own, whatever its parameters', async () => {
  const querystring = [['made', 'up']] as const
  assert.deepEqual(await parametersOf(post(null, { querystring, body: null, contentType: null })), [
    { made: 'up' },
  ])
})

test('a body that is no JSON, or too deep to be told, is named as such', async () => {
  const [failure] = await failuresOf(post('{"schema":'))
  assert.deepEqual(
    { ...failure, error: '' },
    { type: 'NotJson', field: 'body', value: '{"schema":', error: '' },
  )
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  assert.deepEqual(await failuresOf(post(deep)), [
    { type: 'NotJson', field: 'body', value: deep, error: 'deeper than 40 levels' },
  ])
})

test('deep data is refused by its schema, not by the stack', async () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const [failure] = await failuresOf(post(`{"schema":"${schema}","data":${deep}}`))
  assert.equal(failure?.type, 'IgluError')
})

test('a body that is not self-describing is shown', async () => {
  assert.deepEqual(await failuresOf(post({ schema: 'iglu:a/b', data: [] })), [
    { type: 'NotIglu', json: { schema: 'iglu:a/b', data: [] }, error: 'INVALID_IGLUURI' },
  ])
})

test('one bad event spoils the payload', async () => {
  const [failure, ...others] = await failuresOf(post({ schema, data: [event, { ...event, made: 'up' }] }))
  assert.equal(failure?.type, 'IgluError')
  assert.deepEqual(others, [])
})

test('a schema that nobody has is a failure of its own', async () => {
  const unknown = 'iglu:com.acme/none/jsonschema/1-0-0'
  const [failure] = await failuresOf(post({ schema: unknown, data: [] }))
  assert.ok(failure?.type === 'IgluError' && failure.schemaKey === unknown)
  assert.deepEqual(Object(failure.error).error, 'ResolutionError')
})

test('valid data of another schema are refused', async () => {
  const contexts = 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1'
  assert.deepEqual(await failuresOf(post({ schema: contexts, data: [] })), [
    {
      type: 'CriterionMismatch',
      schemaKey: contexts,
      schemaCriterion: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-*',
    },
  ])
})

/** A registry whose payload_data lets everything pass. */
const lax: Lookup = key => ({
  kind: 'found',
  schema: { key, validate: () => [], check: () => undefined },
})

function failuresByLaxSchema(data: unknown): unknown {
  const adapted = adaptTp2(post({ schema, data }), { ...coreDefaults, lookup: lax })
  if ('events' in adapted) assert.fail('it gave events')
  return adapted.failures.map(failure => (failure.type === 'InputData' ? failure.expectation : failure.type))
}

test('what a lax schema lets pass is still no event', () => {
  assert.deepEqual(failuresByLaxSchema({}), ['json is not an array'])
  assert.deepEqual(failuresByLaxSchema([]), ['empty list of events'])
  assert.deepEqual(failuresByLaxSchema([event, 'x', { e: 1, p: null, tv: ['a'] }]), [
    'event is not an object',
    'value is not a string',
    'value cannot be null',
    'value is not a string',
  ])
})
