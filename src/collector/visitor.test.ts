import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectorDefaults, open, post, tp2, type OpenCollector } from './test-collector.ts'

const first = '11111111-1111-4111-8111-111111111111'
const second = '22222222-2222-4222-8222-222222222222'
const nobody = '00000000-0000-0000-0000-000000000000'

function cookieOf(response: Response): string[] {
  return response.headers.get('set-cookie')?.split('; ') ?? []
}

test('a new visitor gets a new id, in the record and in a cookie for a year', async t => {
  const { url, raw } = await open(t)
  const [pair, expires, ...attributes] = cookieOf(await fetch(`${url}/i`))
  assert.equal(pair, `sp=${raw.request.networkUserId}`)
  const days = (Date.parse(expires?.slice('Expires='.length) ?? '') - Date.now()) / 86_400_000
  assert.ok(days > 364.9 && days <= 365)
  assert.deepEqual(attributes, ['Path=/', 'Secure', 'HttpOnly', 'SameSite=None'])
})

test('the id comes from nuid, else from the cookie', async t => {
  const { url, raw } = await open(t)
  const headers = { Cookie: `other=1; sp=${second}` }
  const asked = await fetch(`${url}/i?e=pv&nuid=${first}`, { headers })
  assert.equal(cookieOf(asked)[0], `sp=${first}`)
  await post(`${url}${tp2}`, '{}', headers)
  assert.deepEqual(
    raw.requests.map(({ networkUserId }) => networkUserId),
    [first, second],
  )
})

test('an id that is no UUID is not believed: it would make every event bad, or write cookies of its own', async t => {
  const { url, raw } = await open(t)
  for (const id of ['x', `${first}; Domain=evil.com`, `${first}\r\nX: y`, ''])
    await fetch(`${url}/i?nuid=${encodeURIComponent(id)}`, { headers: { Cookie: `sp=${second}` } })
  await fetch(`${url}/i`, { headers: { Cookie: 'sp=undefined' } })
  const ids = raw.requests.map(({ networkUserId }) => networkUserId)
  assert.deepEqual(ids.slice(0, 4), [second, second, second, second])
  assert.match(ids[4] ?? '', /^[\da-f-]{36}$/)
})

test('the cookie can be another one, or none', async t => {
  const cookie = { ...collectorDefaults.cookie, name: 'nid', secure: false, httpOnly: false }
  const own = await open(t, { config: { cookie: { ...cookie, sameSite: 'Lax' } } })
  const [pair, , ...attributes] = cookieOf(await fetch(`${own.url}/i`))
  assert.match(pair ?? '', /^nid=/)
  assert.deepEqual(attributes, ['Path=/', 'SameSite=Lax'])
  const none = await open(t, { config: { cookie: { ...cookie, enabled: false } } })
  assert.deepEqual(cookieOf(await fetch(`${none.url}/i`)), [])
  assert.match(none.raw.request.networkUserId ?? '', /^[\da-f-]{36}$/)
})

test("the cookie's Domain is the first that the Origin is within, else the fallback", async t => {
  const cookie = { ...collectorDefaults.cookie, domains: ['client.acme.com', 'acme.com', 'acme.net'] }
  const { url } = await open(t, { config: { cookie: { ...cookie, fallbackDomain: 'fallback.org' } } })
  const domainFor = async (origin: string) =>
    cookieOf(await fetch(`${url}/i`, { headers: { Origin: origin } })).find(part => part.startsWith('Domain'))
  assert.equal(await domainFor('https://acme.com'), 'Domain=acme.com')
  assert.equal(await domainFor('https://www.acme.net:8443'), 'Domain=acme.net')
  assert.equal(await domainFor('https://secure.client.acme.com'), 'Domain=client.acme.com')
  assert.equal(await domainFor('https://other.org https://acme.net'), 'Domain=acme.net')
  assert.equal(await domainFor('https://notacme.com'), 'Domain=fallback.org')
  assert.equal(await domainFor('null'), 'Domain=fallback.org')
})

test('an anonymous visitor leaves no address, no id, no cookie and no telling header', async t => {
  const { url, raw } = await open(t, { config: { partitionKey: 'ipAddress' } })
  const response = await post(`${url}${tp2}?nuid=${first}`, '{}', {
    'SP-Anonymous': '*',
    Cookie: `sp=${second}`,
    'X-Forwarded-For': '203.0.113.7',
    Forwarded: 'for=203.0.113.7',
    'X-Real-IP': '203.0.113.7',
    Authorization: 'Bearer secret',
    'X-Harmless': 'yes',
  })
  assert.equal(response.headers.get('set-cookie'), null)
  const { ipAddress, networkUserId, headers } = raw.request
  assert.equal(ipAddress, 'unknown')
  assert.equal(networkUserId, nobody)
  const kept = (headers ?? []).join('\n')
  assert.match(kept, /^x-harmless: yes$/im)
  assert.doesNotMatch(kept, /203\.0\.113\.7|secret|cookie|22222222/i)
  assert.match(raw.records[0]?.partitionKey ?? '', /^[\da-f-]{36}$/)
})

test('a visitor with the do-not-track cookie is answered, not recorded, and gets no cookie', async t => {
  const doNotTrackCookie = { name: 'dnt', value: 'yes|1' }
  const { url, raw, events } = await open(t, { config: { doNotTrackCookie } })
  const response = await fetch(`${url}/i`, { headers: { Cookie: 'dnt=yes' } })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('set-cookie'), null)
  assert.equal(raw.calls.length, 0)
  assert.ok(events.some(event => event.type === 'request-ignored'))
  await fetch(`${url}/i`, { headers: { Cookie: 'dnt=yesterday' } })
  assert.equal(raw.records.length, 1)
})

test('a do-not-track expression that is none is refused at the start', async t => {
  const doNotTrackCookie = { name: 'dnt', value: '(' }
  await assert.rejects(
    open(t, { config: { doNotTrackCookie } }),
    /doNotTrackCookie\.value is no regular expr/,
  )
})

async function addressFor({ url, raw }: OpenCollector, forwardedFor: string): Promise<string | null> {
  await fetch(`${url}/i`, { headers: { 'X-Forwarded-For': forwardedFor } })
  return raw.requests.at(-1)?.ipAddress ?? null
}

test('the address is the first of X-Forwarded-For, else that of the connection', async t => {
  const collector = await open(t)
  assert.equal(await addressFor(collector, '203.0.113.7, 10.0.0.1'), '203.0.113.7')
  assert.equal(await addressFor(collector, '203.0.113.7:4711'), '203.0.113.7')
  assert.equal(await addressFor(collector, '[2001:db8::1]:4711'), '2001:db8::1')
  assert.equal(await addressFor(collector, '::ffff:203.0.113.7'), '203.0.113.7')
  assert.equal(await addressFor(collector, 'localhost'), '127.0.0.1')
  assert.match(collector.raw.requests[0]?.headers?.join('\n') ?? '', /x-forwarded-for: 203/i)
})

test('with trusted proxies the address is what the outermost of them saw, and a forged header goes no further', async t => {
  const one = await open(t, { config: { trustedProxies: 1 } })
  assert.equal(await addressFor(one, '6.6.6.6, 203.0.113.7'), '203.0.113.7')
  const two = await open(t, { config: { trustedProxies: 2 } })
  assert.equal(await addressFor(two, '6.6.6.6, 203.0.113.7, 10.0.0.1'), '203.0.113.7')
  assert.equal(await addressFor(two, '203.0.113.7'), '203.0.113.7')
  const none = await open(t, { config: { trustedProxies: 0 } })
  assert.equal(await addressFor(none, '6.6.6.6'), '127.0.0.1')
  for (const { raw } of [one, two, none])
    assert.doesNotMatch(raw.requests.flatMap(({ headers }) => headers).join('\n'), /forwarded/i)
})

test('the partition key is random, the address or the id, as configured', async t => {
  const keyOf = async (partitionKey: 'random' | 'ipAddress' | 'networkUserId') => {
    const { url, raw } = await open(t, { config: { partitionKey } })
    await fetch(`${url}/i?nuid=${first}`)
    return raw.records[0]?.partitionKey ?? ''
  }
  assert.equal(await keyOf('ipAddress'), '127.0.0.1')
  assert.equal(await keyOf('networkUserId'), first)
  assert.match(await keyOf('random'), /^(?!11111111)[\da-f-]{36}$/)
})

const bouncing = { cookieBounce: { ...collectorDefaults.cookieBounce, enabled: true } }

test('a browser without an id is sent to the same address once, and recorded when it is back', async t => {
  const { url, raw, events } = await open(t, { config: bouncing })
  const bounced = await fetch(`${url}/i?e=pv&p=web`, { redirect: 'manual' })
  assert.equal(bounced.status, 302)
  assert.equal(bounced.headers.get('location'), '?e=pv&p=web&n3pc=true')
  const [pair = ''] = cookieOf(bounced)
  assert.match(pair, /^sp=[\da-f-]{36}$/)
  assert.deepEqual(
    [raw.records.length, events.filter(({ type }) => type === 'request-bounced').length],
    [0, 1],
  )
  const back = await fetch(new URL('?e=pv&p=web&n3pc=true', `${url}/i`), { headers: { Cookie: pair } })
  assert.equal(back.headers.get('content-type'), 'image/gif')
  assert.equal(`sp=${raw.request.networkUserId}`, pair)
  assert.equal(raw.request.querystring, 'e=pv&p=web&n3pc=true')
})

test('who comes back without the cookie gets the id of all who keep none, and is not sent again', async t => {
  const { url, raw } = await open(t, { config: bouncing })
  const response = await fetch(`${url}/i`)
  assert.equal(response.status, 200)
  assert.equal(new URL(response.url).search, '?n3pc=true')
  assert.equal(raw.request.networkUserId, '00000000-0000-4000-a000-000000000000')
})

test('nobody is bounced who posts, follows a redirect, is anonymous or has an id', async t => {
  const config = { ...bouncing, redirectDomains: ['acme.com'] }
  const { url, raw } = await open(t, { config })
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, { headers, redirect: 'manual' })
  assert.equal((await post(`${url}${tp2}`, '{}')).status, 200)
  assert.equal((await get('/i', { 'SP-Anonymous': '*' })).status, 200)
  assert.equal((await get('/i', { Cookie: `sp=${first}` })).status, 200)
  assert.equal((await get(`/i?nuid=${second}`)).status, 200)
  const link = await get('/r/tp2?u=https%3A%2F%2Facme.com%2F')
  assert.equal(link.headers.get('location'), 'https://acme.com/')
  assert.equal(raw.records.length, 5)
})
