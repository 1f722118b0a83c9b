import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test, type TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { open, type OpenCollector, type OpenOptions } from '../src/collector/test-collector.ts'
import { decodePayload, type CollectorPayload } from '../src/core/index.ts'
import { launchChromium, skip, trackerScript } from './chromium.ts'

/* A real browser with Snowplow's own tracker, on a page that is not the collector's: what only a browser does, it does
 * here. Preflights, credentials, cookies with all their attributes, and what is sent while a page goes away. */

/** The page of a shop. What the tests want to happen is put into its address, as JSON. */
const html = `<!doctype html><title>Schöne Schuhe</title><meta charset="utf-8"><body style="height:5000px">
<script src="/tracker.js"></script>
<script>
  const snowplow = snowplowBrowserTracking
  const { collector, options } = JSON.parse(decodeURIComponent(location.hash.slice(1)))
  snowplow.newTracker('sp', collector, { appId: 'shop', encodeBase64: false, ...options })
</script>`

const pages = createServer((request, response) => {
  const script = request.url === '/tracker.js'
  response.writeHead(200, { 'Content-Type': script ? 'text/javascript' : 'text/html; charset=utf-8' })
  response.end(script ? trackerScript : html)
})

let browser: Browser

before(async () => {
  if (skip !== false) return
  pages.listen(0, 'localhost')
  await once(pages, 'listening')
  browser = await launchChromium()
})

after(async () => {
  if (skip !== false) return
  await browser.close()
  pages.close()
})

interface Visit {
  readonly collector: OpenCollector
  readonly page: Page
  readonly origin: string
}

/** A new visitor opens the page of a shop that tracks to a new collector. */
async function visit(
  t: TestContext,
  options: object = {},
  collectorOptions: OpenOptions = {},
): Promise<Visit> {
  const collector = await open(t, {
    ...collectorOptions,
    config: { host: 'localhost', ...collectorOptions.config },
  })
  const context = await browser.newContext()
  t.after(() => context.close())
  const page = await context.newPage()
  const origin = `http://localhost:${(pages.address() as AddressInfo).port}`
  const settings = { collector: `http://localhost:${collector.port}`, options }
  await page.goto(`${origin}/#${encodeURIComponent(JSON.stringify(settings))}`)
  return { collector, page, origin }
}

/** Calls a function of the tracker on the page. */
async function track(page: Page, name: string, ...args: unknown[]): Promise<void> {
  const calls = args.map(arg => JSON.stringify(arg)).join(',')
  await page.evaluate(`snowplow.${name}(${calls})`)
}

/** Everything in the raw stream, as the pipeline will read it. */
function payloads({ raw }: OpenCollector): CollectorPayload[] {
  return raw.records.map(({ data }) => {
    const decoded = decodePayload(data, { tryBase64Decoding: false })
    assert.ok('payload' in decoded)
    return decoded.payload
  })
}

type Parameters = Readonly<Record<string, string>>

function events(collector: OpenCollector): Parameters[] {
  return payloads(collector).flatMap(({ body, querystring }) =>
    body === null
      ? [Object.fromEntries(querystring) as Parameters]
      : (JSON.parse(body) as { data: Parameters[] }).data,
  )
}

/** Resolves when the stream holds so many events. */
async function arrived(collector: OpenCollector, count: number): Promise<Parameters[]> {
  while (events(collector).length < count) await collector.raw.stored(collector.raw.records.length + 1)
  return events(collector)
}

test('a page view is posted across origins and arrives', { skip }, async t => {
  const { collector, page, origin } = await visit(t)
  await track(page, 'trackPageView')
  const [event] = await arrived(collector, 1)
  assert.equal(event?.['e'], 'pv')
  assert.equal(event?.['aid'], 'shop')
  assert.equal(event?.['page'], 'Schöne Schuhe')
  const [payload] = payloads(collector)
  assert.equal(payload?.vendor, 'com.snowplowanalytics.snowplow')
  assert.equal(payload?.version, 'tp2')
  assert.equal(payload?.contentType, 'application/json; charset=utf-8')
  assert.match(payload?.useragent ?? '', /HeadlessChrome/)
  assert.ok(payload?.headers.includes(`Origin: ${origin}`))
  assert.equal(payload?.hostname, 'localhost')
})

test('a page that is read sends pings', { skip }, async t => {
  const { collector, page } = await visit(t)
  await track(page, 'enableActivityTracking', { minimumVisitLength: 1, heartbeatDelay: 1 })
  await track(page, 'trackPageView')
  await page.mouse.wheel(0, 500)
  const [view, ping] = await arrived(collector, 2)
  assert.equal(view?.['e'], 'pv')
  assert.equal(ping?.['e'], 'pp')
})

test('the cookie comes back with the next request and keeps the network user id', { skip }, async t => {
  const { collector, page } = await visit(t)
  await track(page, 'trackPageView')
  await arrived(collector, 1)
  await track(page, 'trackStructEvent', { category: 'shop', action: 'buy' })
  const [, bought] = await arrived(collector, 2)
  assert.equal(bought?.['se_ac'], 'buy')
  const [first, second] = payloads(collector)
  assert.equal(second?.networkUserId, first?.networkUserId)
  assert.ok(
    second?.headers.some(line => line.startsWith('Cookie: ') && line.includes(`sp=${first?.networkUserId}`)),
  )
  const cookie = (await page.context().cookies()).find(({ name }) => name === 'sp')
  assert.equal(cookie?.httpOnly, true)
  assert.equal(cookie.secure, true)
  assert.equal(cookie.sameSite, 'None')
  assert.equal(cookie.domain, 'localhost')
})

test('an anonymous visitor is let through the preflight, and stays anonymous', { skip }, async t => {
  const { collector, page } = await visit(t, { anonymousTracking: { withServerAnonymisation: true } })
  await track(page, 'trackPageView')
  await arrived(collector, 1)
  const [payload] = payloads(collector)
  assert.equal(payload?.ipAddress, 'unknown')
  assert.equal(payload?.networkUserId, '00000000-0000-0000-0000-000000000000')
  assert.deepEqual(await page.context().cookies(), [])
})

test('a browser does not send what the preflight does not allow', { skip }, async t => {
  const cors = { maxAgeSeconds: -1, allowedHeaders: ['Content-Type'] }
  const { collector, page } = await visit(
    t,
    { anonymousTracking: { withServerAnonymisation: true } },
    { config: { cors } },
  )
  const failed = page.waitForEvent('requestfailed')
  await track(page, 'trackPageView')
  assert.match((await failed).url(), /tp2$/)
  assert.equal(collector.raw.calls.length, 0)
})

test('a tracker that gets instead of posting arrives as well', { skip }, async t => {
  const { collector, page } = await visit(t, { eventMethod: 'get' })
  await track(page, 'trackPageView')
  const [event] = await arrived(collector, 1)
  assert.equal(event?.['e'], 'pv')
  assert.equal(event['page'], 'Schöne Schuhe')
  assert.equal(payloads(collector)[0]?.version, 'tp1')
})

test('events of an outage are kept in the browser and arrive after it', { skip }, async t => {
  const { collector, page } = await visit(t)
  collector.raw.break()
  const refused = page.waitForResponse(response => response.request().method() === 'POST')
  await track(page, 'trackPageView')
  assert.equal((await refused).status(), 503)
  collector.raw.mend()
  await track(page, 'trackStructEvent', { category: 'shop', action: 'buy' })
  // The tracker may still be busy with the refusal, and sends nothing then until it is told again.
  const telling = setInterval(() => void track(page, 'flushBuffer').catch(() => {}), 250)
  const kinds = (await arrived(collector, 2).finally(() => clearInterval(telling))).map(event => event['e'])
  assert.deepEqual(kinds, ['pv', 'se'])
})

test('a link through the collector is counted and leads where it says', { skip }, async t => {
  const { collector, page, origin } = await visit(t, {}, { config: { redirectDomains: ['localhost'] } })
  const target = `${origin}/tracker.js`
  await page.goto(`http://localhost:${collector.port}/r/tp2?e=se&u=${encodeURIComponent(target)}`)
  assert.equal(page.url(), target)
  assert.equal(payloads(collector)[0]?.vendor, 'r')
  assert.equal(events(collector)[0]?.['u'], target)
})
