import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CollectorPayload, Parameter } from '../event.ts'
import { failuresOf, parametersOf, request } from './test-payloads.ts'

const schema = 'iglu:com.acme/campaign/jsonschema/1-0-1'

function call(querystring: readonly Parameter[], changes: Partial<CollectorPayload> = {}): CollectorPayload {
  return request('com.snowplowanalytics.iglu/v1', { querystring, ...changes })
}

function post(body: string, contentType = 'application/json', querystring: readonly Parameter[] = []) {
  return call(querystring, { body, contentType })
}

function event(data: string, platform = 'app'): Record<string, string> {
  const unstruct = 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0'
  const described = `{"schema":"${schema}","data":${data}}`
  const tv = 'com.snowplowanalytics.iglu-v1'
  return { tv, e: 'ue', p: platform, ue_pr: `{"schema":"${unstruct}","data":${described}}` }
}

test('the querystring is the data, except what speaks about the event', async () => {
  const about: readonly Parameter[] = [
    ['p', 'mob'],
    ['nuid', 'n'],
    ['aid', 'a'],
    ['cv', 'c'],
  ]
  const data: readonly Parameter[] = [
    ['x', '1'],
    ['x', '2'],
    ['y', ''],
    ['z', null],
    ['url', 'u'],
  ]
  assert.deepEqual(await parametersOf(call([['schema', schema], ...about, ...data])), [
    { ...event('{"x":"2","y":null,"z":null,"url":"u"}', 'mob'), nuid: 'n', aid: 'a', cv: 'c', url: 'u' },
  ])
})

test('a JSON body keeps its own text', async () => {
  const payload = post('{ "n": 1.0, "id": 12345678901234567890 }', 'application/json', [['schema', schema]])
  assert.deepEqual(await parametersOf(payload), [event('{"n":1.0,"id":12345678901234567890}')])
})

test('each element of a JSON list is an event', async () => {
  const payload = post('[{"a":1}, 2, {}]', 'application/json; charset=utf-8', [['schema', schema]])
  assert.deepEqual(await parametersOf(payload), [event('{"a":1}'), event('2'), event('{}')])
})

test('a form is an event of a server', async () => {
  const payload = post('a=1&a=2&b=&c&__proto__=x', 'application/x-www-form-urlencoded', [['schema', schema]])
  assert.deepEqual(await parametersOf(payload), [event('{"a":"2","b":"","c":null,"__proto__":"x"}', 'srv')])
})

test('a self-describing body needs no schema in the querystring', async () => {
  const payload = post(`{"data": {"a": 1.50}, "schema": "${schema}"}`)
  assert.deepEqual(await parametersOf(payload), [event('{"a":1.50}')])
})

function expectation(field: string, value: string | null, expectation: string): unknown[] {
  return [{ type: 'InputData', field, value, expectation }]
}

test('a call must say something', async () => {
  assert.deepEqual(await failuresOf(call([['a', '1']])), [
    ...expectation('schema', null, 'empty `schema` field'),
    ...expectation('body', null, 'empty body'),
  ])
})

test('a body must have one of the content types that fit', async () => {
  const json = 'expected one of application/json, application/json; charset=utf-8'
  const withForm = `${json}, application/x-www-form-urlencoded`
  assert.deepEqual(await failuresOf(call([], { body: '{}' })), expectation('contentType', null, withForm))
  assert.deepEqual(await failuresOf(post('{}', 'a/b')), expectation('contentType', 'a/b', json))
  const named = post('{}', 'a/b', [['schema', schema]])
  assert.deepEqual(await failuresOf(named), expectation('contentType', 'a/b', withForm))
})

test('a schema must be a schema key', async () => {
  assert.deepEqual(
    await failuresOf(call([['schema', 'iglu:a/b/c/0-1-0']])),
    expectation('schema', 'iglu:a/b/c/0-1-0', 'INVALID_SCHEMAVER'),
  )
})

test('a body must hold data', async () => {
  for (const [body, reason] of [
    ['[]', 'empty array of events'],
    [' {} ', 'has no key-value pairs'],
    ['null', 'has no key-value pairs'],
  ] as const) {
    const payload = post(body, 'application/json', [['schema', schema]])
    assert.deepEqual(await failuresOf(payload), expectation('body', body, reason))
  }
})

test('a body that cannot be read is refused', async () => {
  const form = post('a b', 'application/x-www-form-urlencoded', [['schema', schema]])
  assert.deepEqual(
    await failuresOf(form),
    expectation(
      'body',
      'a b',
      'could not parse body: Illegal character in query at index 19: http://localhost/?a b',
    ),
  )
  for (const body of ['{', '['.repeat(41) + ']'.repeat(41)]) {
    const [failure] = await failuresOf(post(body))
    assert.equal(failure?.type, 'NotJson')
  }
  assert.deepEqual(await failuresOf(post('{"a":1}')), [
    { type: 'NotIglu', json: { a: 1 }, error: 'INVALID_DATA_PAYLOAD' },
  ])
})
