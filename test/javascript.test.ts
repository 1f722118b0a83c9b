import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCore } from '../src/worker/index.ts'
import {
  coreDefaults,
  encodeCollectorPayload,
  readTsv,
  type CoreOptions,
  type EnrichedEvent,
} from '../src/core/index.ts'
import { MillraceError } from '../src/lib/index.ts'

/* JavaScript enrichments and pseudonyms through the whole of core. */

const vendor = 'com.snowplowanalytics.snowplow'

function script(text: string, config: object = {}, version = '1-0-1') {
  const parameters = { script: Buffer.from(text).toString('base64'), config }
  return {
    schema: `iglu:${vendor}/javascript_script_config/jsonschema/${version}`,
    data: { vendor, name: 'javascript_script_config', enabled: true, parameters },
  }
}

const body = (text: string, config: object = {}) =>
  script(`function process(event, params, headers) { ${text} }`, config)

function pii(fields: readonly unknown[], more: object = {}) {
  const strategy = { pseudonymize: { hashFunction: 'SHA-256', salt: 's' } }
  return {
    schema: `iglu:${vendor}.enrichments/pii_enrichment_config/jsonschema/2-0-1`,
    data: {
      vendor: `${vendor}.enrichments`,
      name: 'pii_enrichment_config',
      enabled: true,
      emitEvent: true,
      parameters: { pii: fields, strategy },
      ...more,
    },
  }
}

interface Written {
  readonly kind: string
  /** The columns of an event; of a bad row its text. */
  readonly event: EnrichedEvent | null
  readonly text: string
}

const unstruct = (data: object) => ({ schema: `iglu:${vendor}/unstruct_event/jsonschema/1-0-0`, data })
const link = unstruct({
  schema: `iglu:${vendor}/link_click/jsonschema/1-0-1`,
  data: { targetUrl: 'https://example.com/' },
})

function payload(headers: readonly string[] = [], parameters: Record<string, string> = {}) {
  const query = {
    e: 'ue',
    p: 'web',
    aid: 'shop',
    uid: 'alex',
    tv: 't',
    ue_pr: JSON.stringify(link),
    ...parameters,
  }
  return encodeCollectorPayload({
    timestamp: Date.UTC(2026, 0, 1),
    encoding: 'UTF-8',
    collector: 'test',
    path: '/i',
    querystring: new URLSearchParams(query).toString(),
    headers: [...headers],
    ipAddress: '203.0.113.7',
  })
}

async function run(
  enrichments: readonly unknown[],
  data: Uint8Array = payload(),
  options: Partial<CoreOptions> = {},
) {
  const { core } = await buildCore({
    core: { ...coreDefaults, emitPii: true, ...options },
    igluConfig: null,
    enrichments,
  })
  const origin = { stream: 'raw', shardId: 'shardId-000000000000', sequence: '1', subSequence: 0 }
  const record = { data, origin, processedAt: Date.UTC(2026, 0, 2) }
  const omitted: string[] = []
  const outputs = core.emit(await core.process(record), record, what => omitted.push(what))
  const written = outputs.map(({ kind, data: bytes }): Written => {
    const text = Buffer.from(bytes).toString()
    return { kind, text, event: kind === 'bad' ? null : readTsv(text) }
  })
  return { written, omitted, first: written[0] ?? { kind: 'none', event: null, text: '' } }
}

test('scripts run in the order of their configurations, and each sees what the one before did', async () => {
  const { first } = await run([
    body('event.setApp_id(event.getApp_id() + params.suffix)', { suffix: '-1' }),
    body('event.app_id += "-2"'),
    script('function process(event) { event.setApp_id(event.getApp_id() + "-3") }', {}, '1-0-1'),
  ])
  assert.equal(first.event?.app_id, 'shop-1-2-3')
})

test('a script sees what comes of an address, but for the old order, in which that comes later', async () => {
  const name = 'bot_detection_enrichment_config'
  const parameters = { useYauaa: true, useIab: true, useAsnLookups: true }
  const bots = {
    schema: `iglu:${vendor}.enrichments/${name}/jsonschema/1-0-0`,
    data: { vendor: `${vendor}.enrichments`, name, enabled: true, parameters },
  }
  const look = body('event.app_id = event.getDerived_contexts() === null ? "none yet" : "there"')
  const seen: unknown[] = []
  for (const legacyEnrichmentOrder of [false, true]) {
    const { first } = await run([bots, look], payload(), { legacyEnrichmentOrder })
    assert.match(first.event?.derived_contexts ?? '', /bot_detection/)
    seen.push(first.event?.app_id)
  }
  assert.deepEqual(seen, ['there', 'none yet'])
})

test('contexts that a script returns are attached, or it sees and erases those before it', async () => {
  const context = `{ schema: 'iglu:${vendor}/link_click/jsonschema/1-0-1', data: { targetUrl: 'a:' + headers.length } }`
  const seen = 'JSON.parse(event.getDerived_contexts()).data.length'
  const attach = await run(
    [body(`return [${context}]`), body(`event.setApp_id(String(${seen}))`)],
    payload(['A: b']),
  )
  assert.match(attach.first.event?.derived_contexts ?? '', /"data":\{"targetUrl":"a:1"\}/)
  assert.equal(attach.first.event?.app_id, '1')
  const erase = await run([body(`return [${context}]`), body('event.eraseDerived_contexts()')])
  assert.equal(erase.first.event?.derived_contexts, null)
})

test('a dropped event is in no stream, whatever else is wrong with it', async () => {
  const { written, omitted } = await run([body('throw 1'), body('event.drop()')])
  assert.deepEqual([written, omitted], [[], ['dropped']])
})

test('a script that throws makes a bad row that holds what it had set', async () => {
  const { first } = await run([body('event.setApp_id("new"); throw new Error("no such shop")')])
  assert.equal(first.kind, 'bad')
  const { schema, data } = JSON.parse(first.text)
  assert.match(schema, /enrichment_failures/)
  assert.deepEqual(data.failure.messages, [
    {
      enrichment: {
        schemaKey: `iglu:${vendor}/javascript_script_config/jsonschema/1-0-1`,
        identifier: 'Javascript enrichment',
      },
      message: { error: 'Error during execution of JavaScript function: [Error: no such shop]' },
    },
  ])
  assert.equal(data.payload.enriched.app_id, 'new')
})

test('contexts that a script returns are validated', async () => {
  const schema = `iglu:${vendor}/link_click/jsonschema/1-0-1`
  const { first } = await run([body(`return [{ schema: '${schema}', data: { targetUrl: 7 } }]`)])
  assert.equal(first.kind, 'bad')
  assert.match(first.text, /enrichments-contexts-validation/)
})

test('what a script makes of the self-describing event is validated, and written as a tracker would have sent it', async () => {
  const change = (value: string) => body(`event.setUnstruct_event(JSON.stringify(${value}))`)
  const changed = structuredClone(link) as typeof link & { data: { data: object } }
  changed.data.data = { targetUrl: 'https://new.example/' }
  const good = await run([change(`${JSON.stringify(changed)}, null, 2`)])
  assert.equal(good.first.event?.unstruct_event, JSON.stringify(changed))
  changed.data.data = { targetUrl: 7 }
  const bad = await run([change(JSON.stringify(changed))])
  assert.match(bad.first.text, /schema_violations.*targetUrl/)
  const none = await run([body('event.contexts = "{"')])
  assert.match(none.first.text, /schema_violations.*"field":"contexts"/)
})

test('contexts that a script has broken hold nothing for the enrichments that come after it', async () => {
  const [name, criterion] = ['api_request_enrichment_config', `iglu:${vendor}/web_page/jsonschema/1-*-*`]
  const parameters = {
    inputs: [{ key: 'id', json: { field: 'contexts', schemaCriterion: criterion, jsonPath: '$.id' } }],
    api: { http: { method: 'GET', uri: 'http://127.0.0.1:1/{{id}}', timeout: 100, authentication: {} } },
    outputs: [{ schema: criterion.replaceAll('*', '0'), json: { jsonPath: '$' } }],
    cache: { size: 1, ttl: 1 },
  }
  const api = {
    schema: `iglu:${vendor}.enrichments/${name}/jsonschema/1-0-0`,
    data: { vendor: `${vendor}.enrichments`, name, enabled: true, parameters },
  }
  const page = (data: string) =>
    `{"schema":"iglu:${vendor}/contexts/jsonschema/1-0-0","data":[{"schema":"${criterion.replaceAll('*', '0')}","data":${data}}]}`
  const deep = page('{"id":'.repeat(20_000) + '1' + '}'.repeat(20_000))
  for (const broken of ['{', deep]) {
    const { first } = await run([body(`event.setContexts(${JSON.stringify(broken)})`), api])
    assert.match(first.text, /badrows\/schema_violations.*"field":"contexts"/)
  }
})

test('a tab that a script sets cannot move columns', async () => {
  const { first } = await run([body('event.app_id = "a\\tb\\nc"'), body('event.user_id = event.app_id')])
  assert.equal(first.event?.app_id, 'a    bc')
  assert.equal(first.event?.user_id, 'a    bc')
})

for (const [name, document] of [
  ['a script that cannot be compiled', script('function process( {')],
  ['a script that uses Java', script('function process() { return Java.type("java.util.UUID") }')],
  ['what is no base64', { ...script(''), data: { ...script('').data, parameters: { script: '%%%' } } }],
] as const) {
  test(`${name} is refused at start`, async () => {
    await assert.rejects(
      run([document]),
      (error: unknown) => error instanceof MillraceError && error.code === 'config',
    )
  })
}

test('pseudonyms come last, and what they replaced is told beside the event', async () => {
  const { written } = await run([
    pii([{ pojo: { field: 'user_id' } }]),
    body('event.setUser_id(event.getUser_id() + "@example.com")'),
  ])
  assert.deepEqual(
    written.map(({ kind }) => kind),
    ['good', 'pii'],
  )
  assert.match(written[0]?.event?.user_id ?? '', /^[0-9a-f]{64}$/)
  assert.match(written[1]?.event?.unstruct_event ?? '', /"originalValue":"alex@example.com"/)
  assert.equal(written[1]?.event?.event_name, 'pii_transformation')
})

test('with anonymousOnly, only visitors who ask for it get pseudonyms', async () => {
  const fields = [{ pojo: { field: 'user_id' } }]
  const open = await run([pii(fields, { anonymousOnly: true })])
  assert.equal(open.first.event?.user_id, 'alex')
  const anonymous = await run([pii(fields, { anonymousOnly: true })], payload(['SP-Anonymous: *']))
  assert.notEqual(anonymous.first.event?.user_id, 'alex')
  assert.equal(anonymous.written.length, 2)
})

test('user_ipaddress gets its pseudonym after it was made anonymous', async () => {
  const anonIp = {
    schema: `iglu:${vendor}/anon_ip/jsonschema/1-0-0`,
    data: { vendor, name: 'anon_ip', enabled: true, parameters: { anonOctets: 1 } },
  }
  const { written } = await run([pii([{ pojo: { field: 'user_ipaddress' } }]), anonIp])
  assert.match(written[1]?.event?.unstruct_event ?? '', /"originalValue":"203\.0\.113\.x"/)
})
