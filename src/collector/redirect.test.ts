import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open } from './test-collector.ts'

const config = { redirectDomains: ['Acme.com', '*.acme.org'] }

function click(url: string, target: string): Promise<Response> {
  return fetch(`${url}/r/tp2?u=${encodeURIComponent(target)}&e=pv`, { redirect: 'manual' })
}

test('a redirect to an allowed host is recorded and followed', async t => {
  const { url, raw } = await open(t, { config })
  const response = await click(url, 'https://acme.com/a?b=c#d')
  assert.equal(response.status, 302)
  assert.equal(response.headers.get('location'), 'https://acme.com/a?b=c#d')
  assert.match(response.headers.get('set-cookie') ?? '', /^sp=/)
  assert.equal(raw.request.path, '/r/tp2')
  assert.match(raw.request.querystring ?? '', /^u=https/)
})

test('a pattern allows the hosts below a domain, not the domain and nothing beside it', async t => {
  const { url } = await open(t, { config })
  assert.equal((await click(url, 'http://www.acme.org/')).status, 302)
  assert.equal((await click(url, 'http://a.b.acme.org:8080/')).status, 302)
  assert.equal((await click(url, 'http://acme.org/')).status, 400)
  assert.equal((await click(url, 'http://evilacme.org/')).status, 400)
})

const refused = [
  'https://evil.com/',
  '//evil.com/',
  '///evil.com/',
  '/\\evil.com',
  'https:evil.com',
  'https:/evil.com',
  'https:///acme.com',
  'https://acme.com@evil.com/',
  'https://user@acme.com/',
  'https://:secret@acme.com/',
  'https://evil.com\\@acme.com/',
  'https://evil.com\\.acme.com/',
  'https://acme.com\\@evil.com/',
  'https://evil.com/acme.com',
  'https://evil.com#@acme.com',
  'https://evil.com?acme.com',
  'https://acme.com.evil.com/',
  'https://acme.com。evil.com/',
  'https://аcme.com/',
  'https://acme.com\u0000.evil.com/',
  'https://ac\u00adme.com.evil.com/',
  ' https://acme.com/',
  '\thttps://evil.com/',
  'ht\ntps://evil.com/',
  'javascript:alert(1)',
  'javascript://acme.com/%0aalert(1)',
  'data:text/html,x',
  'ftp://acme.com/',
  'acme.com',
  '/relative',
  '',
]

test('every address that a browser could read as another is refused, counted and not recorded', async t => {
  const { url, raw, events } = await open(t, { config })
  for (const target of refused) {
    const response = await click(url, target)
    assert.equal(response.status, 400, JSON.stringify(target))
    assert.equal(response.headers.get('location'), null)
  }
  assert.equal((await fetch(`${url}/r/tp2?e=pv`)).status, 400)
  assert.equal(raw.calls.length, 0)
  assert.equal(events.filter(event => event.type === 'request-refused').length, refused.length + 1)
})

test('the Location is the address that was checked, in the words of a browser', async t => {
  const { url } = await open(t, { config })
  const locationOf = async (target: string) => (await click(url, target)).headers.get('location')
  assert.equal(await locationOf('HTTPS://ACME.com/ä b'), 'https://acme.com/%C3%A4%20b')
  assert.equal(
    await locationOf('https://acme.com/a\r\nSet-Cookie: x=y'),
    'https://acme.com/aSet-Cookie:%20x=y',
  )
  assert.equal(await locationOf('https://acme。com/'), 'https://acme.com/')
})

test('without allowed hosts there are no redirects', async t => {
  const { url, observed } = await open(t)
  assert.equal((await click(url, 'https://acme.com/')).status, 404)
  assert.equal((await observed('request-refused')).reason, 'redirects-off')
})

test('a path of our own can stand for a redirect, and is checked like one', async t => {
  const { url } = await open(t, { config: { ...config, paths: { '/com.acme/go': '/r/tp2' } } })
  const go = (target: string) => fetch(`${url}/com.acme/go?u=${target}`, { redirect: 'manual' })
  assert.equal((await go('https://acme.com/')).status, 302)
  assert.equal((await go('https://evil.com/')).status, 400)
})

test('a person at a link is sent on though the stream is down, and the lost event is told', async t => {
  const { url, raw, observed } = await open(t, { config })
  raw.break()
  assert.equal((await click(url, 'https://acme.com/')).status, 302)
  assert.equal((await observed('redirect-unrecorded')).error, 'put to raw failed')
})

test("the macro in a redirect's address becomes the visitor's id, wherever it stands", async t => {
  const redirectMacro = { enabled: true, placeholder: '[TOKEN]' }
  const { url, raw } = await open(t, { config: { ...config, redirectMacro } })
  const response = await click(url, 'https://acme.com/[TOKEN]?id=[TOKEN]&t=$&#[TOKEN]')
  const id = raw.request.networkUserId
  assert.equal(response.headers.get('location'), `https://acme.com/${id}?id=${id}&t=$&#${id}`)
  assert.ok(response.headers.get('set-cookie')?.startsWith(`sp=${id};`))
  assert.equal((await click(url, 'https://[TOKEN].acme.org/')).status, 302)
  assert.equal((await click(url, 'https://[TOKEN].evil.com/')).status, 400)
})

test('an anonymous visitor, or one whose event is lost, stays unknown to the macro', async t => {
  const redirectMacro = { enabled: true, placeholder: '${SP_NUID}' }
  const { url, raw } = await open(t, { config: { ...config, redirectMacro } })
  const target = `${url}/r/tp2?u=${encodeURIComponent('https://acme.com/?id=${SP_NUID}')}`
  const follow = (headers = {}) => fetch(target, { redirect: 'manual', headers })
  const unknown = 'https://acme.com/?id=00000000-0000-0000-0000-000000000000'
  assert.equal((await follow({ 'SP-Anonymous': '*' })).headers.get('location'), unknown)
  raw.break()
  assert.equal((await follow()).headers.get('location'), unknown)
})

test('without the macro an address stays as it is', async t => {
  const { url } = await open(t, { config })
  const location = (await click(url, 'https://acme.com/?id=${SP_NUID}')).headers.get('location')
  assert.equal(location, 'https://acme.com/?id=${SP_NUID}')
})
