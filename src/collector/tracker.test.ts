import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildPageView, buildStructEvent, newTracker } from '@snowplow/node-tracker'
import { open, type OpenCollector } from './test-collector.ts'

type Parameters = Readonly<Record<string, string>>

function trackerFor({ port }: OpenCollector, emitter: object) {
  return newTracker(
    { namespace: 'test', appId: 'shop', encodeBase64: false },
    { endpoint: '127.0.0.1', port, protocol: 'http', ...emitter },
  )
}

function posted({ raw }: OpenCollector): Parameters[] {
  return raw.requests.flatMap(({ body }) => (JSON.parse(body ?? '') as { data: Parameters[] }).data)
}

test("Snowplow's Node tracker posts batches that arrive as they were sent", async t => {
  const collector = await open(t)
  const failures: unknown[] = []
  const tracker = trackerFor(collector, {
    eventMethod: 'post',
    bufferSize: 5,
    onRequestFailure: (failure: unknown) => failures.push(failure),
  })
  for (let index = 0; index < 9; index++)
    tracker.track(buildPageView({ pageUrl: `https://acme.com/${index}` }))
  tracker.track(buildStructEvent({ category: 'shop', action: 'buy', value: 3 }))
  await tracker.flush()
  assert.deepEqual(failures, [])
  const urls = posted(collector).flatMap(({ url }) => url ?? [])
  assert.deepEqual(
    urls,
    Array.from({ length: 9 }, (_, index) => `https://acme.com/${index}`),
  )
  assert.equal(posted(collector).at(-1)?.['se_ac'], 'buy')
})

test("Snowplow's Node tracker gets events", async t => {
  const collector = await open(t)
  const tracker = trackerFor(collector, { eventMethod: 'get' })
  tracker.track(buildPageView({ pageUrl: 'https://acme.com/', pageTitle: 'ä & ö' }))
  await tracker.flush()
  const parameters = new URLSearchParams(collector.raw.request.querystring ?? '')
  assert.equal(collector.raw.request.path, '/i')
  assert.equal(parameters.get('e'), 'pv')
  assert.equal(parameters.get('page'), 'ä & ö')
})

test("Snowplow's Node tracker keeps its events while the stream is down, and sends them when it is back", async t => {
  const collector = await open(t)
  const tracker = trackerFor(collector, { eventMethod: 'post', bufferSize: 10 })
  collector.raw.break()
  tracker.track(buildPageView({ pageUrl: 'https://acme.com/kept' }))
  await tracker.flush()
  assert.equal((await collector.observed('request-refused')).status, 503)
  collector.raw.mend()
  await tracker.flush()
  assert.deepEqual(
    posted(collector).map(({ url }) => url),
    ['https://acme.com/kept'],
  )
})

test("Snowplow's Node tracker gives up an event that nobody can keep, and goes on", async t => {
  const collector = await open(t, { bad: null, config: { maxRecordBytes: 4_000 } })
  const tracker = trackerFor(collector, { eventMethod: 'post', bufferSize: 10 })
  tracker.track(buildPageView({ pageUrl: 'https://acme.com/', pageTitle: 'x'.repeat(5_000) }))
  await tracker.flush()
  tracker.track(buildPageView({ pageUrl: 'https://acme.com/next' }))
  await tracker.flush()
  assert.deepEqual(
    posted(collector).map(({ url }) => url),
    ['https://acme.com/next'],
  )
  assert.equal(collector.events.filter(({ type }) => type === 'request-refused').length, 1)
})
