import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, test } from 'node:test'
import { ConfigError, loadConfig } from '../src/config/index.ts'
import { encodeCollectorPayload, readTsv, type EnrichedEvent } from '../src/core/index.ts'
import { MillraceError, systemClock } from '../src/lib/index.ts'
import { sendJson, startOutside, type TestOutside } from '../src/lookups/test-outside.ts'
import { coreOptions } from '../src/service/index.ts'
import { buildCore } from '../src/worker/index.ts'

/* Services for event specifications and identities: from a configuration and raw records to what is written. */

const open: { stop(): Promise<void> }[] = []
after(async () => {
  await Promise.all(open.map(one => one.stop()))
})

type Answering = (response: ServerResponse, question: Question) => void
type Question = Readonly<Record<string, unknown>>

async function service(answering: Answering): Promise<TestOutside> {
  const server = await startOutside((_, response, body) => answering(response, JSON.parse(body) as Question))
  open.push(server)
  return server
}

const vendor = 'com.snowplowanalytics.snowplow'
const specification = (id: string) => ({
  schema: `iglu:${vendor}/event_specification/jsonschema/1-0-4`,
  data: { id },
})
const identity = (letter: string) => ({
  schema: `iglu:${vendor}/identity/jsonschema/2-0-0`,
  data: { snowplow_id: `sp_${letter.repeat(26)}`, created_at: '2026-01-02T03:04:05.000Z' },
})

const optionsOf = (hooks: object) =>
  coreOptions(
    loadConfig({
      config: Buffer.from(JSON.stringify({ enrich: { hooks } })).toString('base64'),
      environment: {},
    }),
  )

interface Written {
  readonly kind: string
  /** Null for a bad row. */
  readonly event: EnrichedEvent | null
  readonly text: string
}

type Send = (parameters?: Readonly<Record<string, string>>) => Promise<Written>

/** Configured as a person would; gives what becomes of one page view. */
async function enricher(hooks: object, enrichments: readonly unknown[] = []): Promise<Send> {
  const { core, close } = await buildCore({ core: optionsOf(hooks), igluConfig: null, enrichments })
  open.push({ stop: close })
  let sequence = 0
  return async (parameters = {}) => {
    const data = encodeCollectorPayload({
      ipAddress: '203.0.113.7',
      timestamp: Date.UTC(2026, 0, 1),
      encoding: 'UTF-8',
      collector: 'test',
      path: '/i',
      querystring: new URLSearchParams({ e: 'pv', p: 'web', tv: 'test-1', ...parameters }).toString(),
    })
    const origin = { stream: 'raw', shardId: 's', sequence: String(sequence++), subSequence: 0 }
    const record = { data, origin, processedAt: Date.UTC(2026, 0, 1) }
    const [output] = core.emit(await core.process(record), record)
    assert.ok(output !== undefined)
    const text = Buffer.from(output.data).toString()
    return { kind: output.kind, text, event: output.kind === 'bad' ? null : readTsv(text) }
  }
}

function attached({ event, text }: Written): unknown {
  assert.ok(event !== null, text)
  if (event.derived_contexts === null) return []
  return (JSON.parse(event.derived_contexts) as { data: unknown }).data
}

interface BadRow {
  readonly schema: string
  readonly data: {
    readonly failure: { messages: { enrichment: unknown; message: { error?: string } }[] }
  }
}

function complaintOf({ kind, text }: Written) {
  assert.equal(kind, 'bad', text)
  const { schema, data } = JSON.parse(text) as BadRow
  assert.match(schema, /\/enrichment_failures\//)
  const [message] = data.failure.messages
  return { by: message?.enrichment, error: message?.message.error ?? '' }
}

function enrichment(name: string, parameters: object, version = '1-0-0', of = vendor) {
  return {
    schema: `iglu:${of}/${name}/jsonschema/${version}`,
    data: { vendor: of, name, enabled: true, parameters },
  }
}

const script = (body: string) =>
  enrichment('javascript_script_config', {
    script: Buffer.from(`function process(event) { ${body} }`).toString('base64'),
  })

const page = (id: string) =>
  JSON.stringify({
    schema: `iglu:${vendor}/contexts/jsonschema/1-0-0`,
    data: [{ schema: `iglu:${vendor}/web_page/jsonschema/1-0-0`, data: { id } }],
  })
const pageId = '024629f0-6a5e-440a-8a5b-2d2c5b1d0a10'

test('what a service says of an event is attached, and asked for once', async () => {
  const questions: Question[] = []
  const server = await service((response, question) => {
    questions.push(question)
    sendJson(response, { contexts: [specification('spec-1'), specification('spec-2')] })
  })
  const url = `${server.url.replace('//', '//me:secret@')}/specifications`
  const send = await enricher({ eventSpecification: { url } })
  for (const eid of ['5af2c0a0-6a5b-4b0a-9d2e-000000000001', '5af2c0a0-6a5b-4b0a-9d2e-000000000002'])
    assert.deepEqual(attached(await send({ eid, aid: 'shop', uid: 'alex', co: page(pageId) })), [
      specification('spec-1'),
      specification('spec-2'),
    ])
  assert.deepEqual(questions, [
    {
      app_id: 'shop',
      platform: 'web',
      event_vendor: vendor,
      event_name: 'page_view',
      event_format: 'jsonschema',
      event_version: '1-0-0',
      contexts: {
        schema: `iglu:${vendor}/contexts/jsonschema/1-0-1`,
        data: [{ schema: `iglu:${vendor}/web_page/jsonschema/1-0-0`, data: { id: pageId } }],
      },
    },
  ])
  assert.match(server.requests[0] ?? '', /^POST \/specifications \{/)
  assert.equal(server.headers[0]?.['authorization'], `Basic ${btoa('me:secret')}`)
  assert.equal(server.headers[0]['content-type'], 'application/json')
})

test('who an event is from is asked by what the event has of the identifiers, in its plain words', async () => {
  const questions: unknown[] = []
  const server = await service((response, question) => {
    questions.push(question['identifiers'])
    sendJson(response, { contexts: [identity('a')] })
  })
  const schemaCriterion = `iglu:${vendor}/web_page/jsonschema/1-*-*`
  const identifiers = [
    { key: 'user', pojo: { field: 'user_id' } },
    { key: 'device', pojo: { field: 'domain_userid' } },
    { key: 'address', pojo: { field: 'user_ipaddress' } },
    { key: 'page', json: { field: 'contexts', schemaCriterion, jsonPath: '$.id' } },
  ]
  const send = await enricher({ identity: { url: server.url, identifiers } }, [
    enrichment('anon_ip', { anonOctets: 1 }),
  ])
  const written = await send({ uid: 'alex', co: page(pageId) })
  assert.deepEqual(attached(written), [identity('a')])
  assert.equal(written.event?.user_ipaddress, '203.0.113.x')
  assert.deepEqual(questions, [{ user: 'alex', address: '203.0.113.7', page: pageId }])
})

test('an event without an identifier is nobody’s, and nobody is asked', async () => {
  const server = await service(response => sendJson(response, { contexts: [identity('a')] }))
  const send = await enricher({ identity: { url: server.url } })
  assert.deepEqual(attached(await send()), [])
  assert.deepEqual(server.requests, [])
  assert.deepEqual(attached(await send({ duid: 'a-browser' })), [identity('a')])
  assert.equal(server.requests.length, 1)
})

test('services see what all enrichments did, and identities what was said of the specification', async () => {
  const seen: unknown[] = []
  const server = await service((response, question) => {
    seen.push(question['app_id'] ?? question['identifiers'])
    sendJson(response, { contexts: 'app_id' in question ? [specification('spec-1')] : [identity('b')] })
  })
  const schemaCriterion = `iglu:${vendor}/event_specification/jsonschema/1-*-*`
  const ofSpecification = { field: 'derived_contexts', schemaCriterion, jsonPath: '$.id' }
  const hooks = {
    identity: { url: server.url, identifiers: [{ key: 'specification', json: ofSpecification }] },
    eventSpecification: { url: server.url },
  }
  const send = await enricher(hooks, [script('event.app_id = "by a script"')])
  assert.deepEqual(attached(await send({ aid: 'shop' })), [identity('b'), specification('spec-1')])
  assert.deepEqual(seen, ['by a script', { specification: 'spec-1' }])
})

test('what a script left in a column that is no JSON is not told', async () => {
  const questions: Question[] = []
  const server = await service((response, question) => {
    questions.push(question)
    response.writeHead(204).end()
  })
  const columns = ['app_id', 'contexts']
  const hooks = {
    eventSpecification: { url: server.url, columns },
    identity: {
      url: server.url,
      identifiers: [
        { key: 'user', pojo: { field: 'user_id' } },
        {
          key: 'page',
          json: {
            field: 'contexts',
            schemaCriterion: `iglu:${vendor}/web_page/jsonschema/1-0-0`,
            jsonPath: '$.id',
          },
        },
      ],
    },
  }
  const send = await enricher(hooks, [script('event.contexts = `1,"app_id":"forged"`')])
  const { text } = await send({ aid: 'shop', uid: 'alex', co: page(pageId) })
  assert.match(text, /\/schema_violations\//)
  assert.deepEqual(questions, [{ app_id: 'shop' }, { identifiers: { user: 'alex' } }])
})

const by = { schemaKey: `iglu:${vendor}/identity/jsonschema/2-0-0`, identifier: 'identity' }
const wrongAnswers: Readonly<
  Record<string, readonly [answer: (response: ServerResponse) => void, why: RegExp]>
> = {
  garbage: [response => response.end('<html>'), /^the response is not JSON$/],
  nothing: [response => response.end(), /^the response is not JSON$/],
  list: [response => sendJson(response, [identity('a')]), /^the response is no JSON object$/],
  text: [response => sendJson(response, { contexts: 'a' }), /^the contexts of the response are no list$/],
  plain: [response => sendJson(response, { contexts: [{ id: 1 }] }), /^context 0 .* INVALID_DATA_PAYLOAD$/],
  uri: [
    response => sendJson(response, { contexts: [identity('a'), { schema: 'iglu:x', data: {} }] }),
    /^context 1 .* INVALID_/,
  ],
  many: [
    response => sendJson(response, { contexts: Array.from({ length: 101 }, () => identity('a')) }),
    /^the response has more than 100 contexts$/,
  ],
  huge: [
    response => response.end(`"${'x'.repeat(3_000_000)}"`),
    /^the response has more than 1048576 bytes$/,
  ],
  deep: [response => response.end(`${'['.repeat(50)}${']'.repeat(50)}`), /^the response is nested/],
  missing: [response => sendJson(response, {}, 404), /^Request failed with status 404$/],
  moved: [
    response => response.writeHead(302, { location: '/else' }).end(),
    /^Request failed with status 302$/,
  ],
  starting: [response => sendJson(response, {}, 503), /^Request failed with status 503$/],
  breaking: [response => response.destroy(), /^127\.0\.0\.1:\d+ cannot be reached/],
}

function answerAs(response: ServerResponse, question: Question): void {
  const { user_id: name } = question['identifiers'] as Readonly<Record<string, string>>
  wrongAnswers[name ?? '']?.[0](response)
}

test('an answer that is none makes a bad row with its reason', async () => {
  const server = await service(answerAs)
  const send = await enricher({ identity: { url: server.url } })
  for (const [uid, [, why]] of Object.entries(wrongAnswers)) {
    const complaint = complaintOf(await send({ uid }))
    assert.deepEqual(complaint.by, by)
    assert.match(complaint.error, why, uid)
  }
  assert.equal(server.requests.length, Object.keys(wrongAnswers).length)
})

test('with ignoreOnError such an event stays good, without a context', async () => {
  const server = await service(answerAs)
  const send = await enricher({ identity: { url: server.url, ignoreOnError: true } })
  for (const uid of Object.keys(wrongAnswers)) assert.deepEqual(attached(await send({ uid })), [], uid)
})

test('a context that its schema refuses makes a bad row, whatever ignoreOnError says', async () => {
  const wrong = { schema: identity('a').schema, data: { snowplow_id: 'alex' } }
  const server = await service(response => sendJson(response, { contexts: [wrong] }))
  for (const ignoreOnError of [false, true]) {
    const send = await enricher({ identity: { url: server.url, ignoreOnError } })
    const complaint = complaintOf(await send({ uid: 'alex' }))
    assert.deepEqual(complaint.by, { ...by, identifier: 'enrichments-contexts-validation' })
  }
})

test('a dead service of specifications leaves events good, a dead one of identities does not', async () => {
  const url = 'http://127.0.0.1:1'
  const specifications = await enricher({ eventSpecification: { url } })
  const identities = await enricher({ identity: { url } })
  for (let i = 0; i < 8; i++) {
    assert.deepEqual(attached(await specifications({ aid: `shop-${i}` })), [])
    const { error } = complaintOf(await identities({ uid: `alex-${i}` }))
    assert.match(error, i < 5 ? /^127\.0\.0\.1:1 cannot be reached/ : /^the circuit is open/)
  }
})

test('a slow service costs each its time-out until it is left alone, and is asked again later', async () => {
  let slow = true
  const server = await service(response => {
    if (!slow) sendJson(response, { contexts: [identity('a')] })
  })
  const send = await enricher({ identity: { url: server.url, timeoutMs: 100 } })
  for (let i = 0; i < 5; i++)
    assert.match(complaintOf(await send({ uid: `slow-${i}` })).error, /no answer within 100 ms/)
  assert.match(complaintOf(await send({ uid: 'one more' })).error, /circuit is open/)
  assert.equal(server.requests.length, 5)
  slow = false
  const end = Date.now() + 20_000
  for (let i = 0; Date.now() < end; i++) {
    if ((await send({ uid: `later-${i}` })).kind === 'good') return
    await systemClock.sleep(100)
  }
  assert.fail('still open')
})

function assertRefused(hooks: object, kind: typeof MillraceError | typeof ConfigError, why: RegExp): void {
  assert.throws(
    () => optionsOf(hooks),
    (error: unknown) => error instanceof kind && why.test(error.message),
  )
}

test('a column or a path that does not exist is refused at the start, and where it stands', () => {
  const url = 'http://127.0.0.1:1'
  const identifiers = [{ key: 'a', pojo: { field: 'users' } }]
  const any = [{ key: 'a', json: { field: 'contexts', schemaCriterion: 'any', jsonPath: '$.id' } }]
  assertRefused(
    { eventSpecification: { url, columns: ['users'] } },
    MillraceError,
    /^enrich\.hooks\.eventSpecification\.columns: users is not a column/,
  )
  assertRefused(
    { identity: { url, identifiers } },
    MillraceError,
    /^enrich\.hooks\.identity\.identifiers: users/,
  )
  assertRefused({ identity: { url, identifiers: any } }, MillraceError, /any is not a schema criterion/)
  assertRefused({ identity: { url: 'ftp://a' } }, ConfigError, /expected an http or https URL/)
  assertRefused({ identity: { identifiers } }, ConfigError, /enrich\.hooks\.identity\.url/)
})
