import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError, systemClock } from '../../lib/index.ts'
import {
  embeddedSchemas,
  matchesCriterion,
  newEmbeddedRegistry,
  parseCriterion,
  parseSchemaKey,
  SchemaResolver,
} from '../../iglu/index.ts'
import { EnrichedEvent } from '../event.ts'
import { configureEnrichments, enrichmentKinds } from './registry.ts'
import { testEvent } from './test-events.ts'
import { noServices } from './test-services.ts'

const schemas = new SchemaResolver({ registries: [newEmbeddedRegistry()], clock: systemClock })
const tools = { schemas, services: noServices }

interface More {
  readonly version?: string
  readonly enabled?: boolean
}

function config(name: string, parameters: unknown, more: More = {}): unknown {
  const [vendor = '', schema = ''] = name.split('/')
  return {
    schema: `iglu:${vendor}/${schema}/jsonschema/${more.version ?? '1-0-0'}`,
    data: { vendor, name: schema, enabled: more.enabled ?? true, parameters },
  }
}

const anonIp = (anonOctets: unknown) => config('com.snowplowanalytics.snowplow/anon_ip', { anonOctets })

async function refusal(documents: unknown[]): Promise<string> {
  const error: unknown = await configureEnrichments(documents, tools).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof MillraceError)
  assert.equal(error.code, 'config')
  return error.message
}

async function anonymized(documents: unknown[]): Promise<string | null> {
  const { enrichments } = await configureEnrichments(documents, tools)
  const event = new EnrichedEvent()
  event.user_ipaddress = '1.2.3.4'
  const enriched = await enrichments.enrich(event, { raw: testEvent({}), unstructSchema: null })
  await enrichments.conceal(event, enriched)
  return event.user_ipaddress
}

test('a configuration makes an enrichment, a disabled one makes none', async () => {
  assert.equal(await anonymized([anonIp(1)]), '1.2.3.x')
  const disabled = config('com.snowplowanalytics.snowplow/anon_ip', { anonOctets: 1 }, { enabled: false })
  assert.equal(await anonymized([disabled]), '1.2.3.4')
})

test('the configurations that an enrichment understands have a schema', () => {
  const keys = [...embeddedSchemas.keys()].map(uri => parseSchemaKey(uri))
  const nameless = Object.values(enrichmentKinds).filter(kind => {
    const criterion = parseCriterion(kind.criterion)
    assert.ok(criterion)
    return !keys.some(key => typeof key !== 'string' && matchesCriterion(criterion, key))
  })
  assert.deepEqual(nameless, [])
})

test('cookies are configured under the vendor that Iglu Central has for them', async () => {
  const name = 'com.snowplowanalytics.snowplow/cookie_extractor_config'
  const { enrichments, warnings } = await configureEnrichments([config(name, { cookies: ['sp'] })], tools)
  assert.deepEqual(warnings, [])
  const raw = testEvent({}, { headers: ['Cookie: sp=1'] })
  const { derivedContexts } = await enrichments.enrich(new EnrichedEvent(), { raw, unstructSchema: null })
  assert.deepEqual(
    derivedContexts.map(({ data }) => data),
    [{ name: 'sp', value: '1' }],
  )
})

test('of two configurations of one enrichment the later one counts', async () => {
  assert.equal(await anonymized([anonIp(1), anonIp(3)]), '1.x.x.x')
  const { warnings } = await configureEnrichments([anonIp(1), anonIp(3)], tools)
  assert.match(warnings.join(), /several configurations of anon_ip: the last one counts/)
  assert.deepEqual((await configureEnrichments([anonIp(1)], tools)).warnings, [])
})

test('a configuration that does not fit its schema is refused', async () => {
  assert.match(await refusal([anonIp(5)]), /anon_ip\/jsonschema\/1-0-0: .*anonOctets/)
})

test('everything that is wrong is said at once', async () => {
  const message = await refusal([anonIp(5), anonIp(2.5), 'no JSON of ours'])
  assert.match(message, /anonOctets: must have a maximum/)
  assert.match(message, /anonOctets must be 1, 2, 3 or 4/)
  assert.match(message, /not a self-describing JSON \(INVALID_DATA_PAYLOAD\)/)
})

test('Yauaa without its service is refused with a word on how to run it, unless it is disabled', async () => {
  const name = 'com.snowplowanalytics.snowplow.enrichments/yauaa_enrichment_config'
  assert.match(await refusal([config(name, {})]), /yauaa_enrichment_config.*docker run .*enrich\.yauaa\.url/)
  const { warnings } = await configureEnrichments([config(name, {}, { enabled: false })], tools)
  assert.deepEqual(warnings, [])
})

test('an enrichment that nobody knows is ignored with a warning', async () => {
  const { warnings } = await configureEnrichments([config('com.acme/ours', {})], tools)
  assert.deepEqual(warnings, [
    'iglu:com.acme/ours/jsonschema/1-0-0 is no enrichment known here and is ignored',
  ])
})

test('a version from a later time is refused', async () => {
  const later = config('com.snowplowanalytics.snowplow/anon_ip', { anonOctets: 1 }, { version: '2-0-0' })
  assert.match(
    await refusal([later]),
    /must match iglu:com.snowplowanalytics.snowplow\/anon_ip\/jsonschema\/1-0-\*/,
  )
})

function openNothing(): Promise<never> {
  return Promise.reject(new MillraceError('asset', 'the server is down', { retryable: true }))
}

test('a file that cannot be had now is no fault of the configuration, unless there is one too', async () => {
  const uri = 'http://files.example'
  const lookups = config(
    'com.snowplowanalytics.snowplow/ip_lookups',
    { geo: { uri, database: 'GeoLite2-City.mmdb' } },
    { version: '2-0-0' },
  )
  const away = { ...tools, services: { ...noServices, assets: { open: openNothing } } }
  await assert.rejects(configureEnrichments([lookups], away), { code: 'asset', retryable: true })
  await assert.rejects(configureEnrichments([lookups, anonIp(9)], away), { code: 'config', retryable: false })
})

test('user_agent_utils is refused with what to use instead, unless it is disabled', async () => {
  const name = 'com.snowplowanalytics.snowplow/user_agent_utils_config'
  assert.match(await refusal([config(name, {})]), /user_agent_utils is deprecated .* use ua_parser_config/)
  assert.equal(await anonymized([config(name, {}, { enabled: false }), anonIp(1)]), '1.2.3.x')
})
