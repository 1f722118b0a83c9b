import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adapt, coreDefaults, openRemoteAdapters, type RemoteAdapters } from '../core/index.ts'
import type { CollectorPayload } from '../core/index.ts'
import { newEmbeddedRegistry, SchemaResolver } from '../iglu/index.ts'
import { systemClock } from '../lib/index.ts'
import { openLookups } from '../lookups/index.ts'
import { startOutside } from '../lookups/test-outside.ts'

const schemas = new SchemaResolver({ registries: [newEmbeddedRegistry()], clock: systemClock })

const payload: CollectorPayload = {
  vendor: 'com.acme',
  version: 'v1',
  querystring: [['a', '1']],
  contentType: 'text/plain',
  body: 'hello',
  collector: 'test',
  encoding: 'UTF-8',
  hostname: null,
  timestamp: null,
  ipAddress: null,
  useragent: null,
  refererUri: null,
  headers: [],
  networkUserId: null,
}

function open(url: string, timeoutMs = 5000): RemoteAdapters {
  const configs = [{ vendor: 'com.acme', version: 'v1', url }]
  return openRemoteAdapters({ timeoutMs, maxConnections: 2, configs }, openLookups())
}

async function complaintOf(remoteAdapters: RemoteAdapters): Promise<string | undefined> {
  const { rows } = await adapt(payload, { schemas, options: coreDefaults, remoteAdapters })
  const [row] = rows
  const [message] = row?.type === 'adapter_failures' ? row.messages : []
  return message?.type === 'InputData' ? message.expectation : undefined
}

test('a payload goes to its remote adapter, and the events come back', async t => {
  const outside = await startOutside((_, response) => {
    response.end('{"events":[{"e":"pv","p":"web"},{"e":"pp"}]}')
  })
  t.after(() => outside.stop())
  const remoteAdapters = open(`${outside.url.replace('//', '//me:secret@')}/acme`)
  const sent = () => adapt(payload, { schemas, remoteAdapters })
  // The same payload is asked for each time that it comes.
  for (const { events } of await Promise.all([sent(), sent()]))
    assert.deepEqual(
      events.map(({ parameters }) => parameters.get('e')),
      ['pv', 'pp'],
    )
  const question = '{"contentType":"text/plain","queryString":{"a":"1"},"headers":[],"body":"hello"}'
  assert.deepEqual(outside.requests, [`POST /acme ${question}`, `POST /acme ${question}`])
  assert.equal(outside.headers[0]?.authorization, `Basic ${btoa('me:secret')}`)
  assert.equal(outside.headers[0]['content-type'], 'application/json')
})

test('what it cannot answer becomes a bad row, in bounded time and without credentials', async t => {
  const statuses = [404, 503]
  const outside = await startOutside((_, response) => {
    const status = statuses.shift()
    if (status !== undefined) response.writeHead(status).end()
  })
  t.after(() => outside.stop())
  const remoteAdapters = open(`${outside.url.replace('//', '//me:secret@')}/acme`, 200)
  const start = `[REMOTE_ADAPTER] could not get response from remote adapter ${outside.url}/acme: `
  assert.equal(await complaintOf(remoteAdapters), `${start}Request failed with status 404`)
  assert.equal(await complaintOf(remoteAdapters), `${start}Request failed with status 503`)
  assert.equal(await complaintOf(remoteAdapters), `${start}no answer within 200 ms`)
})
