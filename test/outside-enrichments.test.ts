import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openScripts } from '../src/scripts/index.ts'
import { openAssets } from '../src/assets/index.ts'
import {
  configureEnrichments,
  coreDefaults,
  encodeCollectorPayload,
  EnrichedEvent,
  type EnrichmentFailure,
} from '../src/core/index.ts'
import { testEvent } from '../src/core/enrich/test-events.ts'
import { newEmbeddedRegistry, SchemaResolver } from '../src/iglu/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { openLookups, type LookupsOptions, type OpenLookups } from '../src/lookups/index.ts'
import { postgresPrograms, startPostgres } from '../src/lookups/test-database.ts'
import { sendJson, startOutside, type TestOutside } from '../src/lookups/test-outside.ts'

import type { MillraceEvent } from '../src/observe/index.ts'
import { ThreadPool, type Batch } from '../src/worker/index.ts'

/* Enrichments that ask the outside: their configurations, real servers, and what events become. */

const schemas = new SchemaResolver({ registries: [newEmbeddedRegistry()], clock: systemClock })
const open: { stop(): Promise<void> }[] = []
after(async () => {
  await Promise.all(open.map(one => one.stop()))
})

async function outside(...answer: Parameters<typeof startOutside>): Promise<TestOutside> {
  const server = await startOutside(...answer)
  open.push(server)
  return server
}

interface Enricher {
  readonly lookups: OpenLookups
  readonly run: (event: Partial<EnrichedEvent>) => Promise<Enriched>
}

interface Enriched {
  readonly event: EnrichedEvent
  readonly contexts: readonly unknown[]
  readonly failures: readonly EnrichmentFailure[]
}

async function configured(uri: string, parameters: unknown, options: LookupsOptions = {}): Promise<Enricher> {
  const lookups = openLookups(options)
  open.push({ stop: () => lookups.close() })
  const [, vendor = '', name = ''] = /^iglu:([^/]+)\/([^/]+)/.exec(uri) ?? []
  const document = { schema: uri, data: { vendor, name, enabled: true, parameters } }
  const tools = { schemas, services: { assets: openAssets(), lookups, scripts: openScripts() } }
  const { enrichments } = await configureEnrichments([document], tools)
  return {
    lookups,
    async run(columns) {
      const event = Object.assign(new EnrichedEvent(), { v_collector: 'c', event: 'page_view' }, columns)
      const input = { raw: testEvent({}), unstructSchema: null }
      const { derivedContexts, failures } = await enrichments.enrich(event, input)
      return { event, contexts: derivedContexts, failures }
    },
  }
}

function errorsOf({ failures }: Enriched): string[] {
  return failures.map(({ message }) => (message.type === 'Simple' ? message.error : JSON.stringify(message)))
}

const session = JSON.stringify({
  schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0',
  data: [
    { schema: 'iglu:com.acme/other/jsonschema/1-0-0', data: { userId: 'no' } },
    {
      schema: 'iglu:com.acme/session/jsonschema/1-0-3',
      data: { userId: 'a/b', tags: ['x', 1, true], number: 12345678901234567890n.toString() },
    },
  ],
}).replace('"12345678901234567890"', '12345678901234567890')

const fromSession = (key: string, jsonPath: string) => ({
  key,
  json: { field: 'contexts', schemaCriterion: 'iglu:com.acme/session/jsonschema/1-*-*', jsonPath },
})

const apiUri =
  'iglu:com.snowplowanalytics.snowplow.enrichments/api_request_enrichment_config/jsonschema/1-0-2'

interface ApiChanges {
  readonly inputs?: unknown
  readonly method?: string
  readonly uri?: string
  readonly timeout?: number
  readonly jsonPath?: string
  readonly ignoreOnError?: boolean
}

function api(server: TestOutside, changes: ApiChanges = {}) {
  const { method = 'GET', uri = '/users/{{user}}', timeout = 5000, jsonPath = '$.record' } = changes
  return {
    inputs: changes.inputs ?? [{ key: 'user', pojo: { field: 'user_id' } }],
    api: {
      http: {
        method,
        uri: `${server.url}${uri}`,
        timeout,
        authentication: { httpBasic: { username: 'me', password: 'secret' } },
      },
    },
    outputs: [{ schema: 'iglu:com.acme/user/jsonschema/1-0-0', json: { jsonPath } }],
    cache: { size: 100, ttl: 60 },
    ignoreOnError: changes.ignoreOnError ?? false,
  }
}

test('an API is asked with encoded values, and its answer is attached', async () => {
  const server = await outside((_, response) => sendJson(response, { record: { id: 7 } }))
  const inputs = [
    { key: 'user', pojo: { field: 'user_id' } },
    fromSession('session', '$.userId'),
    fromSession('tags', '$.tags'),
    fromSession('number', '$.number'),
    { key: 'width', pojo: { field: 'br_viewwidth' } },
  ]
  const uri = '/{{user}}/{{ session }}?t={{tags}}&n={{number}}&w={{width}}'
  const { run } = await configured(apiUri, api(server, { inputs, uri }))
  const { contexts, failures } = await run({ user_id: "ü ~(me)'", contexts: session, br_viewwidth: 800 })
  assert.deepEqual(failures, [])
  assert.deepEqual(contexts, [{ schema: 'iglu:com.acme/user/jsonschema/1-0-0', data: { id: 7 } }])
  assert.deepEqual(server.requests, [
    'GET /%C3%BC+%7E%28me%29%27/a%2Fb?t=x%2C1%2Ctrue&n=12345678901234567890&w=800',
  ])
  assert.equal(server.headers[0]?.['authorization'], `Basic ${Buffer.from('me:secret').toString('base64')}`)
})

test('a POST carries all values as texts', async () => {
  const server = await outside((_, response) => sendJson(response, { record: 'ok' }))
  const inputs = [
    { key: 'user', pojo: { field: 'user_id' } },
    { key: 'width', pojo: { field: 'br_viewwidth' } },
  ]
  const { run } = await configured(apiUri, api(server, { inputs, method: 'POST', uri: '/p' }))
  await run({ user_id: 'me', br_viewwidth: 800 })
  assert.deepEqual(server.requests, ['POST /p {"user":"me","width":"800"}'])
  assert.equal(server.headers[0]?.['content-type'], 'application/json')
})

test('an event without a value is not asked about, nor one with a placeholder that nobody fills', async () => {
  const server = await outside((_, response) => sendJson(response, { record: 1 }))
  const one = await configured(apiUri, api(server))
  assert.deepEqual((await one.run({})).contexts, [])
  const other = await configured(apiUri, api(server, { uri: '/{{user}}/{{nobody}}' }))
  assert.deepEqual((await other.run({ user_id: 'me' })).failures, [])
  assert.deepEqual(server.requests, [])
})

test('no value leads to another path of the server', async () => {
  const server = await outside((_, response) => sendJson(response, { record: 1 }))
  const { run } = await configured(apiUri, api(server, { uri: '/users/{{user}}/secrets' }))
  for (const user_id of ['..', '.', '../admin', '%2e%2e', 'a?b#c', '..;x']) await run({ user_id })
  assert.deepEqual(server.requests, [
    'GET /users/..%2Fadmin/secrets',
    'GET /users/%252e%252e/secrets',
    'GET /users/a%3Fb%23c/secrets',
    'GET /users/..%3Bx/secrets',
  ])
  assert.deepEqual(errorsOf(await run({ user_id: '..' })), ['a value would change the path of the URL'])
})

test('many events with one value make one call, also those that come later', async () => {
  const server = await outside((_, response) => setTimeout(() => sendJson(response, { record: 1 }), 30))
  const { run, lookups } = await configured(apiUri, api(server))
  const first = await Promise.all(Array.from({ length: 20 }, () => run({ user_id: 'me' })))
  assert.ok(first.every(({ contexts }) => contexts.length === 1))
  await run({ user_id: 'me' })
  await run({ user_id: 'you' })
  assert.equal(server.requests.length, 2)
  const [measure] = lookups.measures()
  assert.deepEqual(
    { ...measure, callMs: 0 },
    {
      name: 'api-request',
      circuit: 'closed',
      asked: 22,
      cached: 1,
      calls: 2,
      failed: 0,
      refused: 0,
      callMs: 0,
    },
  )
})

test('wrong answers make the event bad, each with its reason, and no credentials', async () => {
  const answers: Readonly<Record<string, (response: Parameters<typeof sendJson>[0]) => void>> = {
    '/users/missing': response => sendJson(response, {}, 404),
    '/users/html': response => response.end('<html>'),
    '/users/other': response => sendJson(response, { other: 1 }),
    '/users/deep': response => response.end('['.repeat(100_000) + ']'.repeat(100_000)),
    '/users/huge': response => response.end(`"${'x'.repeat(3_000_000)}"`),
  }
  const server = await outside((request, response) => answers[request.url ?? '']?.(response))
  const { run } = await configured(apiUri, api(server))
  const errors: Record<string, string[]> = {}
  for (const user_id of ['missing', 'html', 'other', 'deep', 'huge']) {
    const enriched = await run({ user_id })
    errors[user_id] = errorsOf(enriched)
    assert.deepEqual(enriched.failures[0]?.enrichment, { schemaKey: apiUri, identifier: 'api-request' })
  }
  assert.deepEqual(errors, {
    missing: ['Request failed with status 404'],
    html: ['the response is not JSON'],
    other: [
      'API Request enrichment:Value not found Error: no values were found by JSON Path [$.record] in [{"other":1}]',
    ],
    deep: ['the response is nested more than 40 deep'],
    huge: ['the response has more than 1048576 bytes'],
  })
})

test('with ignoreOnError the event stays good', async () => {
  const server = await outside((_, response) => sendJson(response, {}, 500))
  const { run } = await configured(apiUri, api(server, { ignoreOnError: true }))
  const { contexts, failures } = await run({ user_id: 'me' })
  assert.deepEqual([contexts, failures], [[], []])
})

test('a server that never answers costs a batch its time-out, and the next ones nothing', async () => {
  const server = await outside(() => {})
  const { run, lookups } = await configured(apiUri, api(server, { timeout: 300 }))
  for (const [round, mostMs] of [3000, 1000].entries()) {
    const began = performance.now()
    const users = Array.from({ length: 256 }, (_, i) => `user-${round}-${i}`)
    const enriched = await Promise.all(users.map(user_id => run({ user_id })))
    const tookMs = performance.now() - began
    assert.ok(tookMs < mostMs, `${tookMs} ms`)
    assert.ok(enriched.every(one => /no answer within 300 ms/.test(errorsOf(one)[0] ?? '')))
  }
  const [measure] = lookups.measures()
  assert.equal(measure?.circuit, 'open')
  assert.ok(server.requests.length < 80)
})

test('after an outage the circuit closes by itself', async () => {
  let down = true
  const server = await outside((_, response) => sendJson(response, { record: 1 }, down ? 503 : 200))
  const { run } = await configured(apiUri, api(server, { timeout: 100 }))
  for (let i = 0; i < 6; i++) await run({ user_id: `before-${i}` })
  assert.match(
    errorsOf(await run({ user_id: 'x' }))[0] ?? '',
    /circuit is open: Request failed with status 503/,
  )
  down = false
  const end = Date.now() + 20_000
  for (let i = 0; Date.now() < end; i++) {
    const { contexts } = await run({ user_id: `after-${i}` })
    if (contexts.length === 1) return
    await systemClock.sleep(100)
  }
  assert.fail('still open')
})

test('the time of a batch is shared by everything that it asks', async () => {
  const server = await outside((_, response) => setTimeout(() => sendJson(response, { record: 1 }), 150))
  const { run, lookups } = await configured(apiUri, api(server), { batchMs: 500 })
  lookups.begin()
  const began = performance.now()
  for (let i = 0; i < 40; i++) await run({ user_id: `user-${i}` })
  assert.ok(performance.now() - began < 3000)
  assert.match(errorsOf(await run({ user_id: 'late' }))[0] ?? '', /time of its batch is used up/)
  lookups.begin()
  assert.equal((await run({ user_id: 'next' })).contexts.length, 1)
})

const currencyUri = 'iglu:com.snowplowanalytics.snowplow/currency_conversion_config/jsonschema/1-0-0'

function currency(server: TestOutside, accountType = 'DEVELOPER') {
  const parameters = { accountType, apiKey: 'the-key', baseCurrency: 'EUR', rateAt: 'EOD_PRIOR' }
  const rewrite = (url: URL) => new URL(url.pathname + url.search, server.url)
  return configured(currencyUri, parameters, { rewrite })
}

const order = {
  collector_tstamp: '2019-07-01 19:23:03.000',
  tr_currency: 'USD',
  tr_total: '8000',
  tr_tax: '200',
  ti_currency: 'GBP',
  ti_price: '2000',
}

test('prices are converted by the rates of their day, which are asked for once', async () => {
  const rates = { EUR: 0.885936, GBP: 0.790855, USD: 1 }
  const server = await outside((_, response) => sendJson(response, { base: 'USD', rates }))
  const { run } = await currency(server)
  const [{ event, failures }] = await Promise.all([run(order), run({ ...order, tr_currency: 'GBP' })])
  assert.deepEqual(failures, [])
  assert.deepEqual(
    [
      event.base_currency,
      event.tr_total_base,
      event.tr_tax_base,
      event.tr_shipping_base,
      event.ti_price_base,
    ],
    ['EUR', '7087.49', '177.19', null, '2240.45'],
  )
  assert.deepEqual(server.requests, ['GET /api/historical/2019-07-01.json?app_id=the-key'])
})

test('an account that may choose asks for rates of its base', async () => {
  const server = await outside((_, response) => sendJson(response, { base: 'EUR', rates: { USD: 1.25 } }))
  const { run } = await currency(server, 'UNLIMITED')
  const { event } = await run({
    collector_tstamp: order.collector_tstamp,
    tr_currency: 'USD',
    tr_total: '10',
  })
  assert.equal(event.tr_total_base, '8.00')
  assert.match(server.requests[0] ?? '', /&base=EUR$/)
})

test('prices that need no rates ask for none, and rates that are not there make bad rows', async () => {
  const server = await outside((_, response) => sendJson(response, { message: 'Invalid App ID' }, 401))
  const { run } = await currency(server)
  const { event } = await run({
    collector_tstamp: order.collector_tstamp,
    tr_currency: 'EUR',
    tr_total: '1.005',
  })
  assert.equal(event.tr_total_base, '1.00')
  assert.deepEqual(server.requests, [])
  assert.deepEqual(errorsOf(await run({ ...order, tr_tax: null, ti_price: null })), [
    'Open Exchange Rates error, type: [OtherErrors], message: [Invalid App ID]',
  ])
})

const weatherUri =
  'iglu:com.snowplowanalytics.snowplow.enrichments/weather_enrichment_config/jsonschema/1-0-0'

const hour = (dt: number, temp: number) => ({
  dt,
  main: { temp, temp_min: 1, temp_max: 3, pressure: 1000, humidity: 50, feels_like: 2 },
  clouds: { all: 1 },
  weather: [{ main: 'Clear', description: 'sky is clear', id: 800, icon: '01d' }],
  dew: 1,
})

test('the weather is that of the nearest hour, asked for once for a day and a place', async () => {
  const noon = Date.UTC(2019, 6, 1, 12) / 1000
  const server = await outside((_, response) =>
    sendJson(response, { cod: '200', list: [hour(noon, 300), hour(noon + 3600, 301)] }),
  )
  const parameters = { apiKey: 'k', cacheSize: 10, geoPrecision: 2, apiHost: 'history.example', timeout: 5 }
  const rewrite = (url: URL) => new URL(url.pathname + url.search, server.url)
  const { run } = await configured(weatherUri, parameters, { rewrite })
  const at = (geo_latitude: number, collector_tstamp: string) =>
    run({ geo_latitude, geo_longitude: 13.4, collector_tstamp })
  const { contexts, failures } = await at(52.5, '2019-07-01 12:40:00.000')
  assert.deepEqual(failures, [])
  assert.deepEqual(contexts, [
    {
      schema: 'iglu:org.openweathermap/weather/jsonschema/1-0-0',
      data: {
        main: { temp: 301, temp_min: 1, temp_max: 3, pressure: 1000, humidity: 50 },
        clouds: { all: 1 },
        weather: [{ main: 'Clear', description: 'sky is clear', id: 800, icon: '01d' }],
        dt: '2019-07-01T13:00:00.000Z',
      },
    },
  ])
  await at(52.6, '2019-07-01 23:00:00.000')
  assert.deepEqual(server.requests, [
    'GET /data/2.5/history/city?lat=52.5&lon=13.4&cnt=24&start=1561939200&end=1562025600&appid=k',
  ])
  await at(52.9, '2019-07-01 23:00:00.000')
  await at(52.5, '2019-07-02 00:00:00.000')
  assert.equal(server.requests.length, 3)
  assert.deepEqual(errorsOf(await run({ geo_latitude: 1 })).length, 2)
})

const output = (expectedRows: string, describes: string, propertyNames = 'CAMEL_CASE') => ({
  expectedRows,
  json: { schema: 'iglu:com.acme/user/jsonschema/1-0-0', describes, propertyNames },
})

const dataOf = ({ contexts }: Enriched) => contexts.map(context => Object(context).data)

const sqlUri = 'iglu:com.snowplowanalytics.snowplow.enrichments/sql_query_enrichment_config/jsonschema/1-0-1'
const noPostgres = postgresPrograms === undefined && 'PostgreSQL is not installed (Debian package postgresql)'

test(
  'a database is asked with values of the event, and its rows are attached',
  { skip: noPostgres },
  async () => {
    const database = await startPostgres(
      postgresPrograms ?? '',
      `CREATE TABLE users (user_name text, width int, date_of_birth date, score numeric);
INSERT INTO users VALUES ('ada', 800, '1815-12-10', 1.50), ('bob', 800, NULL, 2), ('007', 1, NULL, NULL)`,
    )
    open.push(database)
    const { host, port, username, password } = database.connection
    const query = (sql: string, output: object, ignoreOnError = false) =>
      configured(sqlUri, {
        inputs: [
          { placeholder: 1, pojo: { field: 'br_viewwidth' } },
          { placeholder: 2, ...withoutKey(fromSession('', '$.userId')) },
        ],
        database: { postgresql: { host, port, sslMode: false, username, password, database: 'postgres' } },
        query: { sql },
        output,
        cache: { size: 10, ttl: 60 },
        ignoreOnError,
      })
    const rows = `SELECT user_name, date_of_birth, score FROM users WHERE width = ? AND 'a/b' = ? ORDER BY 1 -- ?`
    const ada = { userName: 'ada', dateOfBirth: '1815-12-10T00:00:00.000Z', score: 1.5 }
    const bob = { userName: 'bob', dateOfBirth: null, score: 2 }
    const event = { br_viewwidth: 800, contexts: session }

    const every = await query(rows, output('AT_LEAST_ONE', 'EVERY_ROW'))
    assert.deepEqual(dataOf(await every.run(event)), [ada, bob])
    assert.deepEqual(dataOf(await every.run(event)), [ada, bob])
    assert.deepEqual((await every.run({ br_viewwidth: 800 })).contexts, [])
    assert.equal(every.lookups.measures()[0]?.calls, 1)
    assert.deepEqual(errorsOf(await every.run({ ...event, br_viewwidth: 5 })), [
      'Error while executing the sql lookup',
      'SQL Query Enrichment: at least one row was expected. 0 given instead',
    ])

    const all = await query(rows, output('AT_LEAST_ZERO', 'ALL_ROWS'))
    assert.deepEqual(dataOf(await all.run(event)), [[ada, bob]])
    const one = await query(rows, output('EXACTLY_ONE', 'ALL_ROWS'))
    assert.match(errorsOf(await one.run(event))[1] ?? '', /exactly one row was expected/)
    const ignored = await query(rows, output('EXACTLY_ONE', 'ALL_ROWS'), true)
    assert.deepEqual((await ignored.run(event)).failures, [])
  },
)

function withoutKey({ json }: { key: string; json: object }): object {
  return { json }
}

const batchOf = (count: number, from: number): Batch => ({
  stream: 'raw',
  shardId: 's',
  records: Array.from({ length: count }, (_, i) => ({
    sequence: String(from + i),
    subSequence: 0,
    partitionKey: 'k',
    arrivedAt: 0,
    data: encodeCollectorPayload({
      ipAddress: '1.2.3.4',
      timestamp: 1_700_000_000_000,
      encoding: 'UTF-8',
      collector: 'test',
      path: '/i',
      querystring: `e=pv&p=web&uid=user-${from + i}&url=http://example.com/`,
    }),
  })),
})

test('threads: an API that never answers costs no batch more than its budget, and all is told', async () => {
  const server = await outside(() => {})
  const enrichment = {
    schema: apiUri,
    data: {
      vendor: 'com.snowplowanalytics.snowplow.enrichments',
      name: 'api_request_enrichment_config',
      enabled: true,
      parameters: api(server, { timeout: 500 }),
    },
  }
  const events: MillraceEvent[] = []
  const pool = new ThreadPool({
    threads: 1,
    setup: { core: coreDefaults, igluConfig: null, enrichments: [enrichment], lookupMs: 5000 },
    batchTimeoutMs: 20_000,
    observe: event => events.push(event),
  })
  open.push({ stop: () => pool.close() })
  await pool.warmUp()
  for (const round of [0, 1]) {
    const began = performance.now()
    const { outputs } = await pool.enrich(batchOf(1000, round * 1000))
    assert.ok(performance.now() - began < 6000)
    assert.equal(outputs.length, 1000)
    assert.ok(outputs.every(({ kind }) => kind === 'bad'))
    const [output] = outputs
    const row = Buffer.from(output?.data ?? '').toString()
    assert.match(row, /enrichment_failures.*api-request.*no answer within 500 ms/)
    assert.doesNotMatch(row, /secret/)
  }
  assert.ok(events.some(event => event.type === 'circuit-changed' && event.state === 'open'))
  const [cost] = events.flatMap(event => (event.type === 'enrichments-measured' ? event.enrichments : []))
  assert.deepEqual([cost?.name, cost?.events, cost?.failures], ['api-request', 1000, 1000])
  assert.equal(cost?.lookups?.circuit, 'open')
  assert.ok((cost?.lookups?.refused ?? 0) > 800)
  assert.ok(!events.some(event => event.type === 'thread-restarted'))
})
