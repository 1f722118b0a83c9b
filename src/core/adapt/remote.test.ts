import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Answer } from '../enrich/services.ts'
import type { CollectorPayload } from '../event.ts'
import { adapt } from './registry.ts'
import type { RemoteAdapter } from './remote.ts'
import { request, schemas } from './test-payloads.ts'

const url = 'http://remote.example.com/acme'
const payload = request('com.acme/v1', {
  querystring: [
    ['a', '1'],
    ['b', null],
  ],
  headers: ['Host: x'],
  contentType: 'text/plain',
  body: 'hello',
})

function answering(answer: Answer<string>, asked: string[] = []): RemoteAdapter {
  return {
    name: 'remote',
    url,
    ask: body => {
      asked.push(body)
      return Promise.resolve(answer)
    },
  }
}

function askFor(answer: Answer<string>, sent: CollectorPayload = payload) {
  return adapt(sent, { schemas, remoteAdapters: new Map([['com.acme/v1', answering(answer)]]) })
}

async function failureOf(answer: Answer<string>, sent = payload): Promise<unknown> {
  const [row] = (await askFor(answer, sent)).rows
  if (row?.type !== 'adapter_failures') assert.fail(row?.type)
  return row.messages[0]
}

test('a remote adapter gets the request and gives its events', async () => {
  const asked: string[] = []
  const remote = answering({ value: '{"events":[{"e":"pv","p":"web"},{"e":"pp"}]}' }, asked)
  const { events } = await adapt(payload, { schemas, remoteAdapters: new Map([['com.acme/v1', remote]]) })
  assert.deepEqual(
    events.map(({ parameters }) => Object.fromEntries(parameters)),
    [{ e: 'pv', p: 'web' }, { e: 'pp' }],
  )
  assert.deepEqual(JSON.parse(asked[0] ?? ''), {
    contentType: 'text/plain',
    queryString: { a: '1', b: null },
    headers: ['Host: x'],
    body: 'hello',
  })
})

test('when it cannot be had the payload is a bad row that says so', async () => {
  assert.deepEqual(await failureOf({ error: 'Request failed with status 500' }), {
    type: 'InputData',
    field: 'body',
    value: null,
    expectation: `[REMOTE_ADAPTER] could not get response from remote adapter ${url}: Request failed with status 500`,
  })
  assert.deepEqual(await failureOf({ value: '{"events":[]}' }), {
    type: 'InputData',
    field: 'body',
    value: '{"events":[]}',
    expectation: '[REMOTE_ADAPTER] empty list of events',
  })
})

test('a payload without a body is not sent', async () => {
  assert.deepEqual(await failureOf({ value: '{"events":[{"e":"pv"}]}' }, { ...payload, body: '' }), {
    type: 'InputData',
    field: 'body',
    value: null,
    expectation: `empty body: not a valid remote adapter ${url} payload`,
  })
})

test('it may take the place of an adapter that is built in', async () => {
  const remoteAdapters = new Map([['com.callrail/v1', answering({ value: '{"events":[{"e":"pv"}]}' })]])
  const sent = { ...payload, vendor: 'com.callrail' }
  assert.equal((await adapt(sent, { schemas, remoteAdapters })).events[0]?.parameters.get('e'), 'pv')
})

test('any answer is events or a failure', async () => {
  const answers = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ events: fc.jsonValue({ maxDepth: 3 }) }).map(value => JSON.stringify(value)),
    fc.constantFrom('['.repeat(100_000), '{"events":[{"e":1}]}', '{"events":{}}', '{"events":[[]]}'),
  )
  await fc.assert(
    fc.asyncProperty(answers, async body => {
      const { events, rows } = await askFor({ value: body })
      assert.equal(rows.length, events.length === 0 ? 1 : 0)
    }),
    { numRuns: 500 },
  )
})
