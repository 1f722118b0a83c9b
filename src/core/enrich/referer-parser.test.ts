import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ColumnName } from '../columns.ts'
import { refererParser, RefererParser } from './referer-parser.ts'
import { searchTerm } from './referers.ts'
import { parseReferers } from './referers-file.ts'
import { create, created, enrich, valuesOf } from './test-enrich.ts'
import { servicesWith } from './test-services.ts'
import { parseUri } from './uri.ts'

const columns: readonly ColumnName[] = ['refr_medium', 'refr_source', 'refr_term']

const snowplow = {
  search: {
    Google: { domains: ['google.com', 'www.google.com', 'google.com/search'], parameters: ['q', 'query'] },
    Bing: { domains: ['bing.com'], parameters: ['q'] },
  },
  unknown: { Google: { domains: ['google.com/maps', 'mail.google.com'] } },
  social: { Facebook: { domains: ['facebook.com'] } },
  email: { Gmail: { domains: ['android-app-host'] } },
}

async function parser(files: Record<string, string>, parameters: Record<string, unknown>) {
  return await created(
    { kind: refererParser, version: '2-0-1', services: servicesWith(files) },
    { uri: 's3://lists', internalDomains: [' own.example '], ...parameters },
  )
}

const withSnowplow = (more: Record<string, unknown> = {}) =>
  parser({ 's3://lists/referers.json': JSON.stringify(snowplow) }, { database: 'referers.json', ...more })

type Parser = Awaited<ReturnType<typeof parser>>

async function details(enrichment: Parser, page_referrer: string): Promise<unknown[]> {
  const { event } = await enrich(enrichment, { page_referrer, page_urlhost: 'shop.example' })
  return valuesOf(event, columns)
}

test('a search engine is told with what was searched for', async () => {
  const enrichment = await withSnowplow()
  assert.deepEqual(await details(enrichment, 'https://www.google.com/search?hl=en&q=a+b%09c%E2%82%AC'), [
    'search',
    'Google',
    'a b    c€',
  ])
  assert.deepEqual(await details(enrichment, 'https://www.google.com/'), ['search', 'Google', null])
})

test('a path counts before the host alone, and a host before those above it', async () => {
  const enrichment = await withSnowplow()
  assert.deepEqual(await details(enrichment, 'https://x.google.com/maps/place?q=1'), [
    'unknown',
    'Google',
    null,
  ])
  assert.deepEqual(await details(enrichment, 'https://mail.google.com/x'), ['unknown', 'Google', null])
  assert.deepEqual(await details(enrichment, 'https://x.y.facebook.com/l.php'), ['social', 'Facebook', null])
})

test("one's own pages are internal, pages of nobody known unknown, and other addresses nothing", async () => {
  const enrichment = await withSnowplow()
  assert.deepEqual(await details(enrichment, 'http://shop.example/a'), ['internal', null, null])
  assert.deepEqual(await details(enrichment, 'http://own.example'), ['internal', null, null])
  assert.deepEqual(await details(enrichment, 'http://else.example'), ['unknown', null, null])
  assert.deepEqual(await details(enrichment, 'ftp://google.com/'), [null, null, null])
  assert.deepEqual(await details(enrichment, 'mailto:a@google.com'), [null, null, null])
})

test('entries of the configuration count before those of the file', async () => {
  const referrers = { paid: { 'My shop': { domains: ['facebook.com'] } } }
  assert.deepEqual(await details(await withSnowplow({ referrers }), 'http://facebook.com/'), [
    'paid',
    'My shop',
    null,
  ])
})

const chatbots = {
  search: { Bing: { domains: ['bing.com'], utm_sources: ['shared'] } },
  chatbot: { ChatGPT: { domains: ['chatgpt.com'], utm_sources: ['chatgpt.com', 'openai'] } },
}

async function utmReferrer(enrichment: Parser, page_urlquery: string): Promise<unknown> {
  const { event, contexts } = await enrich(enrichment, {
    page_urlquery,
    page_referrer: 'https://bing.com/?q=x',
  })
  // What the referrer says does not change with it.
  assert.deepEqual(valuesOf(event, columns), ['search', 'Bing', null])
  assert.ok(contexts.every(({ schema }) => schema.endsWith('/utm_referrer/jsonschema/1-0-0')))
  return contexts.map(({ data }) => data)
}

test('a known utm_source is attached beside what the referrer says', async () => {
  const files = { 's3://lists/referers.json': JSON.stringify(chatbots) }
  const enrichment = await parser(files, { database: 'referers.json' })
  const chatgpt = [{ source: 'ChatGPT', medium: 'chatbot' }]
  assert.deepEqual(await utmReferrer(enrichment, 'a=b&utm_source=chatgpt.com'), chatgpt)
  assert.deepEqual(await utmReferrer(enrichment, 'utm_source=x&utm_source=openai'), chatgpt)
  for (const other of [
    '',
    'utm_source',
    'utm_source=ChatGPT.com',
    'utm_source=chatgpt.com%20',
    'UTM_SOURCE=openai',
  ])
    assert.deepEqual(await utmReferrer(enrichment, other), [], other)
  for (const name of ['__proto__', 'constructor', 'toString'])
    assert.deepEqual(await utmReferrer(enrichment, `utm_source=${name}`), [])
  const { contexts } = await enrich(enrichment, { page_urlquery: 'utm_source=openai' })
  assert.equal(contexts.length, 1)
})

test("a utm_source of the configuration counts before the file's", async () => {
  const files = { 's3://lists/referers.json': JSON.stringify(chatbots) }
  const referrers = { paid: { Ours: { domains: ['own.example'], utm_sources: ['openai', 'ours'] } } }
  const enrichment = await parser(files, { database: 'referers.json', referrers })
  const ours = [{ source: 'Ours', medium: 'paid' }]
  assert.deepEqual(await utmReferrer(enrichment, 'utm_source=openai'), ours)
  assert.deepEqual(await utmReferrer(enrichment, 'utm_source=ours'), ours)
  assert.deepEqual(await utmReferrer(enrichment, 'utm_source=shared'), [{ source: 'Bing', medium: 'search' }])
})

test('a name that the context of utm_source has no room for is refused', async () => {
  const long = { chatbot: { ['x'.repeat(129)]: { domains: ['a.example'], utm_sources: ['a'] } } }
  await assert.rejects(refused('a.json', JSON.stringify(long)), /longer than the context utm_referrer/)
})

const searchEngines = `
Google:
  - urls: [google.com, 'google.{}', '{}.search.example.com']
    params: [q, query]
    backlink: 'search?q={k}'
Other:
  - urls: [other.org]
    params: q
`
const socials = `
Facebook:
  - facebook.com
  - fb.me
`

test("Matomo's lists are read, countries included", async () => {
  const files = { 's3://lists/SearchEngines.yml': searchEngines, 's3://lists/Socials.yml': socials }
  const enrichment = await parser(files, { database: 'SearchEngines.yml, Socials.yml' })
  for (const host of ['google.com', 'www.google.co.uk', 'google.de', 'de.search.example.com'])
    assert.deepEqual(
      await details(enrichment, `https://${host}/search?query=x`),
      ['search', 'Google', 'x'],
      host,
    )
  assert.deepEqual(await details(enrichment, 'https://m.fb.me/x'), ['social', 'Facebook', null])
  assert.deepEqual(await details(enrichment, 'https://google.example.org/'), ['unknown', null, null])
})

async function refused(name: string, text: string): Promise<unknown> {
  const services = servicesWith({ [`http://a/${name}`]: text })
  const parameters = { uri: 'http://a', database: name, internalDomains: [] }
  return await create({ kind: refererParser, version: '2-0-0', services }, parameters)
}

test('a file that is no such list is refused', async () => {
  await assert.rejects(refused('a.json', '<html>'), SyntaxError)
  await assert.rejects(refused('a.json', '{"search": "x"}'), /neither Snowplow's list/)
  await assert.rejects(refused('a.yml', 'a: [x]\nb: *a'), Error)
  const bomb = ['a: &a [x, x]', ...Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*a, *a]`)].join('\n')
  await assert.rejects(refused('a.yml', bomb), Error)
})

test('a newer file counts at once', () => {
  const file = { current: parseReferers(snowplow, '') }
  const one = new RefererParser([file], { internalDomains: [], referrers: undefined })
  const uri = parseUri('http://bing.com/')
  if ('error' in uri) assert.fail(uri.error)
  assert.equal(one.parse(uri, null)?.source, 'Bing')
  file.current = parseReferers({ search: { Bong: { domains: ['bing.com'] } } }, '')
  assert.equal(one.parse(uri, null)?.source, 'Bong')
})

test('what is no escape in a querystring stays', () => {
  assert.equal(searchTerm('%71=100%&q=2', ['q']), '100%')
  assert.equal(searchTerm('a=1', ['q']), null)
})
