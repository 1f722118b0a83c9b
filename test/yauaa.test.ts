import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, test } from 'node:test'
import { configDefaults } from '../src/config/index.ts'
import { encodeCollectorPayload, type CoreOptions } from '../src/core/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { sendJson, startOutside, type TestOutside } from '../src/lookups/test-outside.ts'
import { coreOptions } from '../src/service/index.ts'
import { buildCore } from '../src/worker/index.ts'

/* Yauaa's enrichment with a server that speaks as Yauaa's does: from raw records to what is written. */

const open: { stop(): Promise<void> }[] = []
after(async () => {
  await Promise.all(open.map(one => one.stop()))
})

/** The answer to a question about these headers. */
type Answering = (response: ServerResponse, headers: Readonly<Record<string, string>>) => void

async function yauaa(answering: Answering): Promise<TestOutside> {
  const server = await startOutside((_, response, body) => {
    const { variables } = JSON.parse(body) as { variables: { headers: Record<string, string> } }
    answering(response, variables.headers)
  })
  open.push(server)
  return server
}

function sendFields(response: ServerResponse, values: Readonly<Record<string, string>>): void {
  const fields = Object.entries(values).map(([fieldName, value]) => ({ fieldName, value }))
  sendJson(response, { data: { analyze: { fields } } })
}

const [vendor, name] = ['com.snowplowanalytics.snowplow.enrichments', 'yauaa_enrichment_config']
const document = {
  schema: `iglu:${vendor}/${name}/jsonschema/1-0-0`,
  data: { vendor, name, enabled: true, parameters: { cacheSize: 100 } },
}

interface Sent {
  readonly useragent?: string
  readonly headers?: readonly string[]
}

type Send = (sent: Sent) => Promise<{ readonly kind: string; readonly text: string }>

/** Configured as a person would; gives what becomes of one page view. */
async function enricher(url: string, timeoutMs = 5000): Promise<Send> {
  const enrich = { ...configDefaults.enrich, yauaa: { url, timeoutMs, maxConnections: 8 } }
  const options: CoreOptions = coreOptions({ ...configDefaults, enrich })
  const { core, close } = await buildCore({ core: options, igluConfig: null, enrichments: [document] })
  open.push({ stop: close })
  let sequence = 0
  return async ({ useragent, headers }) => {
    const data = encodeCollectorPayload({
      ipAddress: '1.2.3.4',
      timestamp: Date.UTC(2024, 0, 1),
      encoding: 'UTF-8',
      collector: 'test',
      path: '/i',
      querystring: 'e=pv&p=web&tv=test-1',
      ...(useragent !== undefined && { userAgent: useragent }),
      ...(headers !== undefined && { headers }),
    })
    const origin = { stream: 'raw', shardId: 's', sequence: String(sequence++), subSequence: 0 }
    const record = { data, origin, processedAt: Date.UTC(2024, 0, 1) }
    const [output] = core.emit(await core.process(record), record)
    assert.ok(output !== undefined)
    return { kind: output.kind, text: Buffer.from(output.data).toString() }
  }
}

const context = (data: object) =>
  JSON.stringify({ schema: 'iglu:nl.basjes/yauaa_context/jsonschema/1-0-4', data })

test('what the service says is attached, and asked for once', async () => {
  const server = await yauaa((response, { userAgent = '', secChUaPlatform = '' }) => {
    const values = { DeviceClass: 'Phone', AgentName: `${userAgent} on ${secChUaPlatform}` }
    sendFields(response, { ...values, __SyntaxError__: 'false' })
  })
  const send = await enricher(`${server.url.replace('//', '//me:secret@')}/behind/a/proxy`)
  const headers = ['User-Agent: not this one', 'Sec-CH-UA-Platform: Linux', 'Cookie: secret']
  for (const more of [[], ['X-Other: 1']]) {
    const { kind, text } = await send({ useragent: 'Ünicorn/1', headers: [...headers, ...more] })
    assert.equal(kind, 'good')
    assert.ok(text.includes(context({ deviceClass: 'Phone', agentName: 'Ünicorn/1 on Linux' })), text)
  }
  assert.equal(server.requests.length, 1)
  assert.match(server.requests[0] ?? '', /^POST \/behind\/a\/proxy\/graphql \{/)
  assert.equal(server.headers[0]?.['authorization'], `Basic ${btoa('me:secret')}`)
  assert.ok(!JSON.stringify([server.requests, server.headers]).includes('Cookie'))
})

test('an event without a user agent is one of an unknown device, though the service is dead', async () => {
  const send = await enricher('http://127.0.0.1:1')
  const { kind, text } = await send({})
  assert.equal(kind, 'good')
  assert.ok(text.includes(context({ deviceClass: 'Unknown' })), text)
})

async function complaintOf(send: Send, useragent: string): Promise<string> {
  const { kind, text } = await send({ useragent })
  assert.equal(kind, 'bad')
  const { schema, data } = JSON.parse(text) as { schema: string; data: { failure: { messages: unknown[] } } }
  assert.match(schema, /\/enrichment_failures\//)
  const [message] = data.failure.messages as { enrichment: object; message: { error: string } }[]
  assert.deepEqual(message?.enrichment, { schemaKey: document.schema, identifier: 'yauaa' })
  return message.message.error
}

test('an answer that is none makes a bad row with its reason', async () => {
  const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
    garbage: response => response.end('<html>'),
    huge: response => response.end(`"${'x'.repeat(3_000_000)}"`),
    missing: response => sendJson(response, {}, 404),
    refusing: response => sendJson(response, { errors: [{ message: 'Unknown type' }], data: null }),
    starting: response => sendJson(response, {}, 503),
    breaking: response => response.destroy(),
  }
  const server = await yauaa((response, { userAgent = '' }) => answers[userAgent]?.(response))
  const send = await enricher(server.url)
  assert.equal(await complaintOf(send, 'garbage'), 'the answer is not one of Yauaa')
  assert.equal(await complaintOf(send, 'huge'), 'the response has more than 1048576 bytes')
  assert.equal(await complaintOf(send, 'missing'), 'Request failed with status 404')
  assert.equal(await complaintOf(send, 'refusing'), 'the service refuses: Unknown type')
  assert.equal(await complaintOf(send, 'starting'), 'Request failed with status 503')
  assert.match(await complaintOf(send, 'breaking'), /^127\.0\.0\.1:\d+ cannot be reached/)
})

test('a slow service costs each its time-out until it is left alone, and is asked again later', async () => {
  let slow = true
  const server = await yauaa(response => {
    if (!slow) sendFields(response, { DeviceClass: 'Desktop' })
  })
  const send = await enricher(server.url, 100)
  for (let i = 0; i < 5; i++) assert.match(await complaintOf(send, `slow-${i}`), /no answer within 100 ms/)
  assert.match(await complaintOf(send, 'one more'), /circuit is open/)
  assert.equal(server.requests.length, 5)
  slow = false
  const end = Date.now() + 20_000
  for (let i = 0; Date.now() < end; i++) {
    if ((await send({ useragent: `later-${i}` })).kind === 'good') return
    await systemClock.sleep(100)
  }
  assert.fail('still open')
})
