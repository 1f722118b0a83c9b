import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  buildEcommerceTransaction,
  buildEcommerceTransactionItem,
  buildLinkClick,
  buildPagePing,
  buildPageView,
  buildScreenView,
  buildSelfDescribingEvent,
  buildStructEvent,
  newTracker,
  version as trackerVersion,
  type Payload,
  type Tracker,
} from '@snowplow/node-tracker'
import { columns } from '../src/core/index.ts'
import {
  FolderRegistry,
  newEmbeddedRegistry,
  parseSelfDescribing,
  SchemaResolver,
} from '../src/iglu/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { sharedFolder } from './compat/settings.ts'
import {
  assertEvent,
  assertMatches,
  contexts,
  derivedTimestamp,
  eventSchema,
  fingerprintOf,
  isoTime,
  pipelineColumns,
  readEvent,
  selfDescribing,
  timestamp,
  unstructEvent,
  uuid,
  version,
  type Expected,
  type Found,
} from './expected.ts'
import { startPipeline, type Output, type Pipeline } from './pipeline.ts'

/* Snowplow's tracker for Node.js, a collector, streams on disk, a worker in a process of its own: what an event is
 * made of when it was sent, each of its 131 columns holds when it comes out, and nothing else. */

// An event that takes longer than this does not come any more.
const options = { timeout: 60_000 }

let pipeline: Pipeline

before(async () => {
  pipeline = await startPipeline()
}, options)
after(() => pipeline.stop())

type EventMethod = 'get' | 'post'

function trackerFor(method: EventMethod = 'post', encodeBase64 = true): Tracker {
  return newTracker(
    { namespace: 'till', appId: 'shop', encodeBase64 },
    { endpoint: '127.0.0.1', port: pipeline.port, protocol: 'http', eventMethod: method },
  )
}

const created = { type: 'dtm', value: Date.parse('2024-05-17T09:30:00.123Z') } as const
const createdColumn = '2024-05-17 09:30:00.123'

type Sent = Payload | undefined

/** Sends what was tracked, and finds it behind the pipeline. */
async function arrived(tracker: Tracker): Promise<Found> {
  await tracker.flush()
  return readEvent(await pipeline.outputs.next())
}

/** The columns of every event that this tracker sends. */
function sentColumns(sent: Sent, found: Found) {
  return {
    ...pipelineColumns,
    app_id: 'shop',
    platform: 'srv',
    name_tracker: 'till',
    v_tracker: `node-${trackerVersion}`,
    event_id: sent?.['eid'],
    event_fingerprint: fingerprintOf(sent ?? {}),
    dvce_created_tstamp: createdColumn,
    dvce_sent_tstamp: timestamp,
    derived_tstamp: derivedTimestamp(found),
    network_userid: uuid,
    useragent: 'node',
  } satisfies Expected
}

test('a page view brings its page, campaign, referrer and cross-domain visitor', options, async () => {
  const tracker = trackerFor()
  const campaign = 'utm_medium=email&utm_source=news&utm_term=red+boots&utm_content=top&utm_campaign=spring'
  const query = `${campaign}&fbclid=abc.1&_sp=8a3c4d5e-0f1b-4c2d-9e3f-a4b5c6d7e8f9.1715938200123`
  const url = `https://shop.example.com:8443/sch%C3%BChe?${query}#gr%C3%B6%C3%9Fe`
  const referrer = 'http://search.example.org/find?q=boots#2'
  const sent = tracker.track(
    buildPageView({ pageUrl: url, pageTitle: 'Schöne\tSchuhe 👢', referrer }),
    [],
    created,
  )
  const found = await arrived(tracker)
  assertEvent(found, {
    ...sentColumns(sent, found),
    ...eventSchema('page_view'),
    event: 'page_view',
    page_url: url,
    page_title: 'Schöne    Schuhe 👢',
    page_referrer: referrer,
    page_urlscheme: 'https',
    page_urlhost: 'shop.example.com',
    page_urlport: '8443',
    page_urlpath: '/sch%C3%BChe',
    page_urlquery: query,
    page_urlfragment: 'gr%C3%B6%C3%9Fe',
    refr_urlscheme: 'http',
    refr_urlhost: 'search.example.org',
    refr_urlport: '80',
    refr_urlpath: '/find',
    refr_urlquery: 'q=boots',
    refr_urlfragment: '2',
    refr_domain_userid: '8a3c4d5e-0f1b-4c2d-9e3f-a4b5c6d7e8f9',
    refr_dvce_tstamp: '2024-05-17 09:30:00.123',
    mkt_medium: 'email',
    mkt_source: 'news',
    mkt_term: 'red boots',
    mkt_content: 'top',
    mkt_campaign: 'spring',
    mkt_clickid: 'abc.1',
    mkt_network: 'Facebook',
  })
})

const everything = {
  platform: 'app',
  user_id: 'ann',
  user_ipaddress: '203.0.x.x',
  domain_userid: 'b2d7f0c4-6a1e-4f8b-8d35-92c1e7a4f603',
  domain_sessionid: '0c6e1b9a-3f57-4d28-b1e9-5a8d4c7f2e10',
  domain_sessionidx: '7',
  network_userid: 'f4a8c2e6-1d3b-4597-8e0a-6c9b2d7f5e31',
  useragent: 'Till/2.1 (Kasse 4)',
  br_lang: 'de-AT',
  br_colordepth: '24',
  br_viewwidth: '800',
  br_viewheight: '480',
  dvce_screenwidth: '1024',
  dvce_screenheight: '768',
  os_timezone: 'Europe/Vienna',
} satisfies Expected

function setEverything(tracker: Tracker): void {
  tracker.setPlatform(everything.platform)
  tracker.setUserId(everything.user_id)
  tracker.setIpAddress('203.0.113.77')
  tracker.setDomainUserId(everything.domain_userid)
  tracker.setSessionId(everything.domain_sessionid.toUpperCase())
  tracker.setSessionIndex(7)
  tracker.setNetworkUserId(everything.network_userid)
  tracker.setUseragent(everything.useragent)
  tracker.setLang(everything.br_lang)
  tracker.setColorDepth(everything.br_colordepth)
  tracker.setViewport('800', '480')
  tracker.setScreenResolution('1024', '768')
  tracker.setTimezone(everything.os_timezone)
}

for (const method of ['post', 'get'] as const) {
  test(`a struct event by ${method} brings all that a tracker can be told`, options, async () => {
    const tracker = trackerFor(method)
    setEverything(tracker)
    const bought = { category: 'shop', action: 'buy', label: 'a & b = c', property: 'ß', value: 1e21 }
    const sent = tracker.track(buildStructEvent(bought), [], created)
    const found = await arrived(tracker)
    assertEvent(found, {
      ...sentColumns(sent, found),
      ...everything,
      ...eventSchema('event', { vendor: 'com.google.analytics' }),
      event: 'struct',
      se_category: 'shop',
      se_action: 'buy',
      se_label: 'a & b = c',
      se_property: 'ß',
      se_value: '1000000000000000000000',
    })
  })
}

const webPage = selfDescribing('web_page', '1-0-0', { id: '5d3c1b9a-7f60-4e82-a1c4-9b0d8e6f2a35' })
const document = selfDescribing('consent_document', '1-0-0', { id: '4', version: '1.10', name: '„Grüße“ 👢' })
const click = {
  targetUrl: 'https://example.com/?a=1&b=2',
  elementId: 'buy',
  elementClasses: ['big', 'red'],
  elementContent: '<b>Kaufen</b>\n\u2028',
}

for (const encodeBase64 of [true, false]) {
  const how = encodeBase64 ? 'base64' : 'plain JSON'
  test(`a self-describing event with contexts, as ${how}, stays to the letter`, options, async () => {
    const tracker = trackerFor('post', encodeBase64)
    const sent = tracker.track(buildLinkClick(click), [webPage, document], created)
    const found = await arrived(tracker)
    assertEvent(found, {
      ...sentColumns(sent, found),
      ...eventSchema('link_click', { version: '1-0-1' }),
      event: 'unstruct',
      unstruct_event: unstructEvent(selfDescribing('link_click', '1-0-1', click)),
      contexts: contexts(webPage, document),
    })
  })
}

test('an order and its item are two events, with amounts as they were written', options, async () => {
  const tracker = trackerFor()
  const order = buildEcommerceTransaction({
    orderId: 'o-17',
    total: 129.95,
    affiliation: 'Filiale Köln',
    tax: 20.75,
    shipping: 0.5,
    city: 'Köln',
    state: 'NRW',
    country: 'DE',
    currency: 'EUR',
  })
  const item = buildEcommerceTransactionItem({
    orderId: 'o-17',
    sku: 'boot-9',
    price: 1e-7,
    name: 'Stiefel',
    category: 'shoes',
    quantity: 3,
    currency: 'EUR',
  })
  const sent = [order, item].map(built => tracker.track(built, [], created))
  const [foundOrder, foundItem] = [await arrived(tracker), await arrived(tracker)]
  assertEvent(foundOrder, {
    ...sentColumns(sent[0], foundOrder),
    ...eventSchema('transaction'),
    event: 'transaction',
    tr_orderid: 'o-17',
    tr_affiliation: 'Filiale Köln',
    tr_total: '129.95',
    tr_tax: '20.75',
    tr_shipping: '0.5',
    tr_city: 'Köln',
    tr_state: 'NRW',
    tr_country: 'DE',
    tr_currency: 'EUR',
  })
  assertEvent(foundItem, {
    ...sentColumns(sent[1], foundItem),
    ...eventSchema('transaction_item'),
    event: 'transaction_item',
    ti_orderid: 'o-17',
    ti_sku: 'boot-9',
    ti_name: 'Stiefel',
    ti_category: 'shoes',
    ti_price: '1E-7',
    ti_quantity: '3',
    ti_currency: 'EUR',
  })
})

test('a page ping brings how far was scrolled; its true time is the derived one', options, async () => {
  const tracker = trackerFor()
  const ping = buildPagePing({
    pageUrl: 'http://example.com',
    pageTitle: 'Home',
    referrer: 'https://example.com/before',
    minXOffset: 1,
    maxXOffset: 20,
    minYOffset: 300,
    maxYOffset: 4000,
  })
  const sent = tracker.track(ping, [], { type: 'ttm', value: created.value })
  const found = await arrived(tracker)
  assertEvent(found, {
    ...sentColumns(sent, found),
    ...eventSchema('page_ping'),
    event: 'page_ping',
    dvce_created_tstamp: null,
    true_tstamp: createdColumn,
    derived_tstamp: createdColumn,
    page_url: 'http://example.com',
    page_title: 'Home',
    page_urlscheme: 'http',
    page_urlhost: 'example.com',
    page_urlport: '80',
    page_referrer: 'https://example.com/before',
    refr_urlscheme: 'https',
    refr_urlhost: 'example.com',
    refr_urlport: '443',
    refr_urlpath: '/before',
    pp_xoffset_min: '1',
    pp_xoffset_max: '20',
    pp_yoffset_min: '300',
    pp_yoffset_max: '4000',
  })
})

test('a screen view is a self-describing event', options, async () => {
  const tracker = trackerFor()
  const sent = tracker.track(buildScreenView({ name: 'Till', id: 's-4' }), [], created)
  const found = await arrived(tracker)
  assertEvent(found, {
    ...sentColumns(sent, found),
    ...eventSchema('screen_view'),
    event: 'unstruct',
    unstruct_event: unstructEvent(selfDescribing('screen_view', '1-0-0', { name: 'Till', id: 's-4' })),
  })
})

interface BadRow {
  readonly schema: string
  readonly data: {
    readonly payload: { readonly raw: { readonly timestamp: string; readonly headers: readonly string[] } }
  }
}

test('a bad row tells why an event breaks its schema, and holds all of it', options, async () => {
  const tracker = trackerFor('post', false)
  const sent = tracker.track(buildSelfDescribingEvent({ event: brokenClick }), [webPage], created)
  await tracker.flush()
  const { kind, data } = await pipeline.outputs.next()
  assert.equal(kind, 'bad')
  const row = JSON.parse(data.toString()) as BadRow
  const { timestamp: collected, headers } = row.data.payload.raw
  assert.ok(headers.includes('Content-Type: application/json; charset=UTF-8'))
  assertMatches(row, {
    schema: 'iglu:com.snowplowanalytics.snowplow.badrows/schema_violations/jsonschema/2-0-1',
    data: {
      processor: { artifact: 'millrace', version },
      failure: { timestamp: isoTime, messages: [linkClickViolation] },
      payload: { enriched: partlyEnriched(sent, collected), raw: rawEvent(sent, headers) },
    },
  })
  await assertFollowsItsSchema(row)
})

const brokenClick = selfDescribing('link_click', '1-0-1', { elementId: 'buy', elementClasses: 'big' })
const linkClickViolation = {
  schemaKey: 'iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1',
  error: {
    error: 'ValidationError',
    dataReports: [
      {
        message: '$.elementClasses: string found, array expected',
        path: '$.elementClasses',
        keyword: 'type',
        targets: ['string', 'array'],
      },
      {
        message: '$.targetUrl: is missing but it is required',
        path: '$',
        keyword: 'required',
        targets: ['targetUrl'],
      },
    ],
  },
}

/** What a tracker and a collector say; nothing that comes after the validation, and JSON as it was sent. */
function partlyEnriched(sent: Sent, collected: string): Expected {
  const nothing = Object.fromEntries(columns.map(([name]) => [name, null]))
  return {
    ...nothing,
    ...pipelineColumns,
    user_ipaddress: '127.0.0.1',
    collector_tstamp: collected.replace('T', ' ').replace('Z', ''),
    app_id: 'shop',
    platform: 'srv',
    event: 'unstruct',
    name_tracker: 'till',
    v_tracker: `node-${trackerVersion}`,
    event_id: sent?.['eid'],
    dvce_created_tstamp: createdColumn,
    dvce_sent_tstamp: timestamp,
    network_userid: uuid,
    useragent: 'node',
    unstruct_event: sent?.['ue_pr'],
    contexts: sent?.['co'],
  }
}

function rawEvent(sent: Sent, headers: readonly string[]) {
  const parameters = Object.entries({ ...sent, stm: /^\d{13}$/ })
  return {
    vendor: 'com.snowplowanalytics.snowplow',
    version: 'tp2',
    parameters: parameters.map(([name, value]) => ({ name, value })),
    contentType: 'application/json; charset=utf-8',
    loaderName: pipelineColumns.v_collector,
    encoding: 'UTF-8',
    hostname: '127.0.0.1',
    timestamp: isoTime,
    ipAddress: '127.0.0.1',
    useragent: 'node',
    refererUri: null,
    headers,
    userId: uuid,
  }
}

const igluCentral = join(sharedFolder, 'iglu-central')

/** Snowplow's own where a copy of Iglu Central is at hand, or else ours. */
async function assertFollowsItsSchema(row: BadRow): Promise<void> {
  const central = new FolderRegistry({ name: 'Iglu Central' }, igluCentral)
  const registries = [existsSync(igluCentral) ? central : newEmbeddedRegistry()]
  const parsed = parseSelfDescribing(row)
  assert.ok(typeof parsed !== 'string')
  const lookup = await new SchemaResolver({ registries, clock: systemClock }).lookup(parsed.schema)
  assert.ok(lookup.kind === 'found')
  assert.deepEqual(lookup.schema.validate(row.data), [])
}

test('another application that reads the same raw records writes the same bytes', options, async () => {
  const before = pipeline.outputs.all.length
  const tracker = trackerFor()
  for (let index = 0; index < 20; index++)
    tracker.track(buildPageView({ pageUrl: `https://example.com/${index}` }), [webPage])
  tracker.track(buildSelfDescribingEvent({ event: brokenClick }))
  await tracker.flush()
  // Its id is made on the way, for it has none.
  const endpoint = `http://127.0.0.1:${pipeline.port}/i`
  await (await fetch(`${endpoint}?e=pv&p=web&tv=none&url=https://example.com/no-id`)).arrayBuffer()
  const once = byKind(await pipeline.outputs.reached(before + 22))
  assert.ok(once.good.length > 20 && once.bad.length > 0)
  for (const output of once.good) assert.match(String(readEvent(output).event_id), uuid)
  const again = await pipeline.replay()
  assert.deepEqual(byKind(await again.reached(pipeline.outputs.all.length)), once)
})

/** Each in the order of its stream. */
function byKind(outputs: readonly Output[]) {
  const of = (kind: Output['kind']) => outputs.filter(output => output.kind === kind)
  return { good: of('good'), bad: of('bad') }
}
