import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Parameter } from '../event.ts'
import { failuresOf, parametersOf, request } from './test-payloads.ts'

function click(...querystring: readonly Parameter[]) {
  return request('r/tp2', { querystring: [['u', 'https://example.com/?a="b"'], ...querystring] })
}

const link =
  '{"schema":"iglu:com.snowplowanalytics.snowplow/uri_redirect/jsonschema/1-0-0",' +
  '"data":{"uri":"https://example.com/?a=\\"b\\""}}'

test('without an event type the link is the event', async () => {
  const unstruct = 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0'
  assert.deepEqual(await parametersOf(click(['aid', 'x'], ['tv', 'mine'])), [
    { e: 'ue', ue_pr: `{"schema":"${unstruct}","data":${link}}`, tv: 'r-tp2', p: 'web', aid: 'x' },
  ])
})

const contexts = 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1'

test('an event without contexts gets the link as its only one', async () => {
  const expected = { e: 'pv', tv: 'r-tp2', p: 'mob', co: `{"schema":"${contexts}","data":[${link}]}` }
  assert.deepEqual(await parametersOf(click(['e', 'pv'], ['p', 'mob'])), [expected])
  assert.deepEqual(await parametersOf(click(['e', 'pv'], ['p', 'mob'], ['co', ''])), [expected])
  assert.deepEqual(await parametersOf(click(['e', 'pv'], ['p', 'mob'], ['co', null], ['cx', null])), [
    { ...expected, cx: null },
  ])
})

function base64(text: string): string {
  return Buffer.from(text).toString('base64url')
}

test('an event’s contexts get the link before them and stay as they are', async () => {
  const co = `{"data":[{"schema":"iglu:a/b/jsonschema/1-0-0","data":{"n":1.0}}],"schema":"${contexts}"}`
  const merged = co.replace('[', `[${link},`)
  assert.equal((await parametersOf(click(['e', 'pv'], ['co', co])))[0]?.['co'], merged)
  assert.equal((await parametersOf(click(['e', 'pv'], ['cx', base64(co)])))[0]?.['cx'], base64(merged))
  const none = `{"schema":"${contexts}","data":[]}`
  assert.equal(
    (await parametersOf(click(['e', 'pv'], ['co', none])))[0]?.['co'],
    none.replace('[', `[${link}`),
  )
})

test('contexts that are a JSON of another shape are left to the validation', async () => {
  for (const co of ['[]', '1', '{"data":{}}', '{}']) {
    assert.equal((await parametersOf(click(['e', 'pv'], ['co', co])))[0]?.['co'], co)
  }
})

test('contexts that are no JSON are refused', async () => {
  for (const [name, sent, value] of [
    ['co', '{[-', '{[-'],
    ['cx', '¢¢¢', ''],
  ] as const) {
    const [failure] = await failuresOf(click(['e', 'se'], [name, sent]))
    assert.deepEqual({ ...failure, error: '' }, { type: 'NotJson', field: 'co|cx', value, error: '' })
  }
})

test('a click must say where to', async () => {
  const expectation = 'missing `u` parameter: not a valid URI redirect'
  const querystring = [
    ['aid', 'test'],
    ['u', null],
  ] as const
  assert.deepEqual(await failuresOf(request('r/tp2', { querystring })), [
    { type: 'InputData', field: 'querystring', value: 'aid=test&u=null', expectation },
  ])
})
