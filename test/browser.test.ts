import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test, type TestContext } from 'node:test'
import type { Browser, BrowserContextOptions, Page, Request } from 'playwright-core'
import trackerPackage from '@snowplow/browser-tracker/package.json' with { type: 'json' }
import { launchChromium, skip, trackerScript } from './chromium.ts'
import {
  assertEvent,
  columnTime,
  contexts,
  derivedTimestamp,
  eventSchema,
  fingerprintOf,
  pipelineColumns,
  readEvent,
  selfDescribing,
  timestamp,
  unstructEvent,
  uuid,
  type Expected,
  type Found,
} from './expected.ts'
import { startPipeline, type Pipeline } from './pipeline.ts'

/* Snowplow's tracker for pages in a real browser, a collector, streams on disk, a worker in a process of its own: what
 * the visitor did stands in the 131 columns that come out, and nothing else. */

const options = { skip, timeout: 60_000 }

const html = `<!doctype html><meta charset="utf-8"><title>Schöne Schuhe</title>
<body style="margin: 0; width: 3000px; height: 5000px"><a href="/next">Weiter</a><script src="/tracker.js"></script>`

const pages = createServer((request, response) => {
  const script = request.url === '/tracker.js'
  response.writeHead(200, { 'Content-Type': script ? 'text/javascript' : 'text/html' })
  response.end(script ? trackerScript : html)
})

let pipeline: Pipeline
let browser: Browser

before(async () => {
  if (skip !== false) return
  pages.listen(0, '127.0.0.1')
  await once(pages, 'listening')
  pipeline = await startPipeline()
  browser = await launchChromium()
}, options)

after(async () => {
  if (skip !== false) return
  await browser.close()
  pages.close()
  await pipeline.stop()
})

const device: BrowserContextOptions = {
  userAgent: 'Mozilla/5.0 (Test) Schuhe/1.0',
  locale: 'de-AT',
  timezoneId: 'Europe/Vienna',
  viewport: { width: 1280, height: 720 },
  screen: { width: 1920, height: 1080 },
}

const deviceColumns = {
  useragent: 'Mozilla/5.0 (Test) Schuhe/1.0',
  br_lang: 'de-AT',
  br_cookies: '1',
  br_colordepth: '24',
  br_viewwidth: '1280',
  br_viewheight: '720',
  os_timezone: 'Europe/Vienna',
  dvce_screenwidth: '1920',
  dvce_screenheight: '1080',
  doc_charset: 'UTF-8',
  doc_width: '3000',
  doc_height: '5000',
} satisfies Expected

type Parameters = Readonly<Record<string, string>>

interface Visit {
  readonly page: Page
  /** The parameters of an event, as the tracker sent them; the browser may tell of a request after its answer. */
  sent(eventId: unknown): Promise<Parameters>
}

/** A new visitor, who has not opened a page yet. */
async function newVisitor(t: TestContext): Promise<Visit> {
  const context = await browser.newContext(device)
  t.after(() => context.close())
  const page = await context.newPage()
  const events: Parameters[] = []
  page.on('request', request => {
    if (request.method() === 'OPTIONS') return
    if (new URL(request.url()).port === String(pipeline.port)) events.push(...parametersOf(request))
  })
  return {
    page,
    async sent(eventId) {
      for (;;) {
        const found = events.find(event => event['eid'] === eventId)
        if (found !== undefined) return found
        await page.waitForEvent('request')
      }
    },
  }
}

function parametersOf(request: Request): Parameters[] {
  if (request.method() === 'GET') return [Object.fromEntries(new URL(request.url()).searchParams)]
  return (request.postDataJSON() as { data: Parameters[] }).data
}

/** The same pages under two names, which are two sites to a browser. */
function urlOf(path: string, host: 'localhost' | '127.0.0.1' = 'localhost'): string {
  return `http://${host}:${(pages.address() as AddressInfo).port}${path}`
}

/** What the address of the page comes to. */
function urlColumns(path: string, query: string | null = null) {
  return {
    page_url: urlOf(query === null ? path : `${path}?${query}`),
    page_urlscheme: 'http',
    page_urlhost: 'localhost',
    page_urlport: String((pages.address() as AddressInfo).port),
    page_urlpath: path,
    page_urlquery: query,
  } satisfies Expected
}

/** Starts the tracker on the page that is open. `code` is more of its configuration, in the page's own language. */
async function startTracker(page: Page, code = ''): Promise<void> {
  const collector = JSON.stringify(`http://localhost:${pipeline.port}`)
  await page.evaluate(`snowplow = snowplowBrowserTracking
    snowplow.newTracker('sp', ${collector}, { appId: 'shop', ${code} })`)
}

async function track(page: Page, name: string, event: unknown = {}): Promise<Found> {
  await page.evaluate(`snowplow.track${name}(${JSON.stringify(event)})`)
  return arrived()
}

async function arrived(): Promise<Found> {
  return readEvent(await pipeline.outputs.next())
}

/** The columns of every event that this tracker sends for a visitor who is new. */
async function sentColumns(visit: Visit, found: Found) {
  const sent = await visit.sent(found.event_id)
  return {
    ...pipelineColumns,
    ...deviceColumns,
    app_id: 'shop',
    platform: 'web',
    name_tracker: 'sp',
    v_tracker: `js-${trackerPackage.version}`,
    event_id: sent['eid'],
    event_fingerprint: fingerprintOf(sent),
    dvce_created_tstamp: timestamp,
    dvce_sent_tstamp: timestamp,
    derived_tstamp: derivedTimestamp(found),
    domain_userid: uuid,
    domain_sessionid: uuid,
    domain_sessionidx: '1',
    network_userid: uuid,
    contexts: contexts(webPage),
  } satisfies Expected
}

// Of all events, the tracker gives a title only to views and pings.
const pageView = { ...eventSchema('page_view'), event: 'page_view', page_title: 'Schöne Schuhe' }
const pagePing = { ...pageView, ...eventSchema('page_ping'), event: 'page_ping' }
const webPage = selfDescribing('web_page', '1-0-0', { id: uuid })

test('a page view brings the device and the page', options, async t => {
  const visit = await newVisitor(t)
  await visit.page.goto(urlOf('/schuhe?gr%C3%B6%C3%9Fe=42#oben'))
  await startTracker(visit.page)
  const found = await track(visit.page, 'PageView')
  assertEvent(found, {
    ...(await sentColumns(visit, found)),
    ...urlColumns('/schuhe', 'gr%C3%B6%C3%9Fe=42'),
    ...pageView,
    page_url: urlOf('/schuhe?gr%C3%B6%C3%9Fe=42#oben'),
    page_urlfragment: 'oben',
  })
})

test('the cookie makes the next event one of the same visitor and the same session', options, async t => {
  const visit = await newVisitor(t)
  await visit.page.goto(urlOf('/'))
  await startTracker(visit.page)
  const view = await track(visit.page, 'PageView')
  const bought = { category: 'shop', action: 'buy', label: '42', property: 'rot', value: 89.5 }
  const struct = await track(visit.page, 'StructEvent', bought)
  const { domain_userid, domain_sessionid, network_userid, contexts } = view
  assertEvent(struct, {
    ...(await sentColumns(visit, struct)),
    ...urlColumns('/'),
    ...eventSchema('event', { vendor: 'com.google.analytics' }),
    event: 'struct',
    se_category: 'shop',
    se_action: 'buy',
    se_label: '42',
    se_property: 'rot',
    se_value: '89.5',
    domain_userid,
    domain_sessionid,
    network_userid,
    contexts,
  })
  const cookies = await visit.page.context().cookies(`http://localhost:${pipeline.port}`)
  assert.equal(cookies.find(({ name }) => name === 'sp')?.value, network_userid)
})

test('a ping of a page that is read brings how far was scrolled', options, async t => {
  const visit = await newVisitor(t)
  await visit.page.goto(urlOf('/'))
  await startTracker(visit.page)
  await visit.page.evaluate('snowplow.enableActivityTracking({ minimumVisitLength: 1, heartbeatDelay: 1 })')
  await visit.page.evaluate('scrollTo(100, 200)')
  const view = await track(visit.page, 'PageView')
  await visit.page.evaluate('scrollTo(300, 1234)')
  const ping = await arrived()
  assertEvent(ping, {
    ...(await sentColumns(visit, ping)),
    ...urlColumns('/'),
    ...pagePing,
    contexts: view.contexts,
    pp_xoffset_min: '100',
    pp_xoffset_max: '300',
    pp_yoffset_min: '200',
    pp_yoffset_max: '1234',
  })
})

for (const encodeBase64 of [true, false]) {
  const how = encodeBase64 ? 'base64' : 'plain JSON'
  test(`a link click with a context, sent as ${how}, keeps both to the letter`, options, async t => {
    const visit = await newVisitor(t)
    await visit.page.goto(urlOf('/'))
    await startTracker(visit.page, `encodeBase64: ${encodeBase64}`)
    const click = { targetUrl: urlOf('/next'), elementContent: '„Weiter“ 👢\n', elementClasses: ['a\tb'] }
    const event = selfDescribing('link_click', '1-0-1', click)
    const document = selfDescribing('consent_document', '1-0-0', { id: '4', version: '1.10' })
    const found = await track(visit.page, 'SelfDescribingEvent', { event, context: [document] })
    assertEvent(found, {
      ...(await sentColumns(visit, found)),
      ...urlColumns('/'),
      ...eventSchema('link_click', { version: '1-0-1' }),
      event: 'unstruct',
      unstruct_event: unstructEvent(event),
      contexts: contexts(document, webPage),
    })
  })
}

for (const method of ['post', 'get']) {
  test(`the campaign in the page's address is found, by ${method}`, options, async t => {
    const campaign =
      'utm_medium=cpc&utm_source=g%C3%B6ogle&utm_term=rote+schuhe&utm_content=a%26b&utm_campaign='
    const query = `${campaign}herbst&gclid=Cj0KCQ`
    const visit = await newVisitor(t)
    await visit.page.goto(urlOf(`/?${query}`))
    await startTracker(visit.page, `eventMethod: '${method}'`)
    const found = await track(visit.page, 'PageView')
    assertEvent(found, {
      ...(await sentColumns(visit, found)),
      ...urlColumns('/', query),
      ...pageView,
      mkt_medium: 'cpc',
      mkt_source: 'göogle',
      mkt_term: 'rote schuhe',
      mkt_content: 'a&b',
      mkt_campaign: 'herbst',
      mkt_clickid: 'Cj0KCQ',
      mkt_network: 'Google',
    })
  })
}

test('the page that a visitor came from is the referrer', options, async t => {
  const visit = await newVisitor(t)
  await visit.page.goto(urlOf('/suche?q=schuhe'))
  await visit.page.click('a')
  await visit.page.waitForURL(urlOf('/next'))
  await startTracker(visit.page)
  const found = await track(visit.page, 'PageView')
  assertEvent(found, {
    ...(await sentColumns(visit, found)),
    ...urlColumns('/next'),
    ...pageView,
    page_referrer: urlOf('/suche?q=schuhe'),
    refr_urlscheme: 'http',
    refr_urlhost: 'localhost',
    refr_urlport: urlColumns('/').page_urlport,
    refr_urlpath: '/suche',
    refr_urlquery: 'q=schuhe',
  })
})

for (const extended of [false, true]) {
  const how = extended ? 'a cross-domain link in its long form' : 'a cross-domain link'
  test(`${how} tells who the visitor was on the other site`, options, async t => {
    const visit = await newVisitor(t)
    await visit.page.goto(urlOf('/', '127.0.0.1'))
    await startTracker(visit.page, `crossDomainLinker: () => true, useExtendedCrossDomainLinker: ${extended}`)
    const there = await track(visit.page, 'PageView')
    await visit.page.evaluate(`document.links[0].href = '${urlOf('/next')}'`)
    await visit.page.click('a')
    await visit.page.waitForURL(`${urlOf('/next')}?_sp=*`)
    await startTracker(visit.page)
    const here = await track(visit.page, 'PageView')
    const query = new URL(visit.page.url()).search.slice(1)
    const [user, clickedMs] = query.replace('_sp=', '').split('.')
    assertEvent(here, {
      ...(await sentColumns(visit, here)),
      ...urlColumns('/next', query),
      ...pageView,
      page_referrer: urlOf('/', '127.0.0.1'),
      refr_urlscheme: 'http',
      refr_urlhost: '127.0.0.1',
      refr_urlport: urlColumns('/').page_urlport,
      refr_urlpath: '/',
      refr_domain_userid: there.domain_userid,
      refr_dvce_tstamp: columnTime(Number(clickedMs)),
    })
    assert.equal(user, there.domain_userid)
    assert.notEqual(here.domain_userid, there.domain_userid)
  })
}

test('who wants to be anonymous is nobody in every column', options, async t => {
  const visit = await newVisitor(t)
  await visit.page.goto(urlOf('/'))
  await startTracker(visit.page, 'anonymousTracking: { withServerAnonymisation: true }')
  const found = await track(visit.page, 'PageView')
  assertEvent(found, {
    ...(await sentColumns(visit, found)),
    ...urlColumns('/'),
    ...pageView,
    user_ipaddress: 'unknown',
    network_userid: '00000000-0000-0000-0000-000000000000',
    domain_userid: null,
    domain_sessionid: null,
    domain_sessionidx: null,
  })
  assert.deepEqual(await visit.page.context().cookies(), [])
})
