import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { EnrichedEvent, type RawEvent } from '../../event.ts'
import { parsePiiParameters } from './parameters.ts'
import { isAnonymous, Pseudonymizer } from './index.ts'

const sha256 = (text: string) => createHash('sha256').update(`${text}pepper123`).digest('hex')

function parse(pii: readonly unknown[], hashFunction = 'SHA-256') {
  const strategy = { pseudonymize: { hashFunction, salt: 'pepper123' } }
  return parsePiiParameters({ data: { emitEvent: true }, parameters: { pii, strategy } })
}

function pseudonymizer(...pii: readonly unknown[]): Pseudonymizer {
  const parameters = parse(pii)
  if ('errors' in parameters) throw new Error(parameters.errors.join())
  return new Pseudonymizer(parameters)
}

const pojo = (field: string) => ({ pojo: { field } })
const json = (field: string, jsonPath: string, schemaCriterion = 'iglu:com.acme/email/jsonschema/1-*-*') => ({
  json: { field, jsonPath, schemaCriterion },
})

const wrapped = (...items: readonly string[]) =>
  `{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":[${items.join(',')}]}`
const email = (data: string, version = '1-0-0') =>
  `{"schema":"iglu:com.acme/email/jsonschema/${version}","data":${data}}`

const unstruct = (data: string) =>
  `{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":${email(data)}}`

test('columns get pseudonyms, and what is empty stays so', () => {
  const event = new EnrichedEvent()
  event.user_id = 'alex'
  const told = pseudonymizer(pojo('user_id'), pojo('user_ipaddress')).apply(event)
  assert.equal(event.user_id, sha256('alex'))
  assert.equal(event.user_ipaddress, null)
  assert.deepEqual(told, {
    hashFunction: 'SHA-256',
    pojo: [{ fieldName: 'user_id', originalValue: 'alex', modifiedValue: sha256('alex') }],
    json: [],
  })
})

test('only the named values of a JSON change: numbers keep their digits, keys their order', () => {
  const event = new EnrichedEvent()
  event.contexts = wrapped(
    email('{"n":1.00,"to":"a@b.c","9":12345678901234567890,"1":[1e3,"x"]}'),
    email('{"to":"a@b.c"}', '2-0-0'),
  )
  pseudonymizer(json('contexts', '$.to')).apply(event)
  assert.equal(
    event.contexts,
    wrapped(
      email(`{"n":1.00,"to":"${sha256('a@b.c')}","9":12345678901234567890,"1":[1e3,"x"]}`),
      email('{"to":"a@b.c"}', '2-0-0'),
    ),
  )
})

test('texts in an array are replaced, and nothing that is no text', () => {
  const event = new EnrichedEvent()
  event.derived_contexts = wrapped(email('{"to":["a",1,null,["b"],{"c":"d"}],"n":7}'))
  const told = pseudonymizer(json('derived_contexts', '$.to'), json('derived_contexts', '$.n')).apply(event)
  assert.equal(
    event.derived_contexts,
    wrapped(email(`{"to":["${sha256('a')}",1,null,["b"],{"c":"d"}],"n":7}`)),
  )
  assert.deepEqual(told?.json, [
    {
      fieldName: 'derived_contexts',
      originalValue: 'a',
      modifiedValue: sha256('a'),
      jsonPath: '$.to',
      schema: 'iglu:com.acme/email/jsonschema/1-0-0',
    },
  ])
})

test('the unstruct event is looked into, by any path', () => {
  const event = new EnrichedEvent()
  event.unstruct_event = unstruct('{"a":{"to":"x","__proto__":"y"},"to":"z"}')
  pseudonymizer(json('unstruct_event', "$$..['to','__proto__']")).apply(event)
  const [x, y, z] = [sha256('x'), sha256('y'), sha256('z')]
  assert.equal(event.unstruct_event, unstruct(`{"a":{"to":"${x}","__proto__":"${y}"},"to":"${z}"}`))
})

test('a value that two paths lead to gets the pseudonym of its pseudonym', () => {
  const event = new EnrichedEvent()
  event.contexts = wrapped(email('{"to":"a"}'))
  pseudonymizer(json('contexts', '$.to'), json('contexts', '$.*')).apply(event)
  assert.equal(event.contexts, wrapped(email(`{"to":"${sha256(sha256('a'))}"}`)))
})

test('a path that leads nowhere changes nothing and makes no field', () => {
  const event = new EnrichedEvent()
  const text = wrapped(email('{"to":"a"}'))
  event.contexts = text
  assert.equal(pseudonymizer(json('contexts', '$.a.b.c')).apply(event), null)
  assert.equal(event.contexts, text)
})

for (const [name, algorithm] of [
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
] as const) {
  test(`${name} makes pseudonyms`, () => {
    const parameters = parse([pojo('user_id')], name)
    assert.ok('pseudonym' in parameters)
    const expected = createHash(algorithm).update('äpepper123').digest('hex')
    assert.equal(parameters.pseudonym('ä'), expected)
  })
}

test('everything that is wrong with a configuration is told', () => {
  const parameters = parse([pojo('app_id'), json('contexts', '$.a['), json('page_url', '$.a')], 'SHA-3')
  assert.ok('errors' in parameters)
  assert.equal(parameters.errors.length, 4)
})

function asksForAnonymity(...headers: readonly string[]): boolean {
  return isAnonymous({ payload: { headers } } as unknown as RawEvent)
}

test('a header says that a visitor wants to stay anonymous', () => {
  assert.equal(asksForAnonymity('Accept: */*', 'sp-anonymous: *'), true)
  assert.equal(asksForAnonymity('X-SP-Anonymous: *'), false)
})
