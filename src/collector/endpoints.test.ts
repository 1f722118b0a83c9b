import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchange, open, payloadData, post, tp2 } from './test-collector.ts'

test('a GET is answered with a pixel that nobody may keep, and recorded', async t => {
  const { url, raw } = await open(t)
  const response = await fetch(`${url}/i?e=pv&p=web`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'image/gif')
  assert.equal(response.headers.get('cache-control'), 'no-cache, no-store, must-revalidate')
  assert.equal(Buffer.from(await response.arrayBuffer()).toString('latin1', 0, 6), 'GIF89a')
  assert.equal(raw.request.path, '/i')
  assert.equal(raw.request.querystring, 'e=pv&p=web')
  assert.equal(raw.request.body, null)
})

test('a POST is answered with ok and recorded with its body, querystring and content type', async t => {
  const { url, raw } = await open(t)
  const body = payloadData([{ e: 'pv', p: 'web', tv: 'js' }])
  const response = await post(`${url}${tp2}?nuid=x`, body)
  assert.equal(response.status, 200)
  assert.equal(await response.text(), 'ok')
  assert.equal(raw.request.path, tp2)
  assert.equal(raw.request.querystring, 'nuid=x')
  assert.equal(raw.request.body, body)
  assert.equal(raw.request.contentType, 'application/json; charset=utf-8')
  assert.equal(raw.request.encoding, 'UTF-8')
  assert.equal(raw.request.collector, 'millrace-collector-0.1.0')
  assert.equal(raw.request.hostname, '127.0.0.1')
})

test('a HEAD is recorded like a GET and answered without a body', async t => {
  const { url, raw } = await open(t)
  const response = await fetch(`${url}/i?e=pv`, { method: 'HEAD' })
  assert.equal(response.status, 200)
  assert.equal((await response.arrayBuffer()).byteLength, 0)
  assert.equal(raw.request.querystring, 'e=pv')
})

test('every path of two segments is recorded, with or without a slash at its end', async t => {
  const { url, raw } = await open(t)
  for (const path of ['/ice.png', '/com.acme/v1', '/com.acme/v1/', tp2])
    assert.equal((await fetch(`${url}${path}`)).status, 200)
  assert.deepEqual(
    raw.requests.map(request => request.path),
    ['/ice.png', '/com.acme/v1', '/com.acme/v1', tp2],
  )
})

test('a path of our own is recorded as the one it stands for', async t => {
  const { url, raw } = await open(t, { config: { paths: { '/com.acme/track': tp2 } } })
  assert.equal((await post(`${url}/com.acme/track/`, payloadData([{ e: 'pv' }]))).status, 200)
  assert.equal(raw.request.path, tp2)
})

test('what is no endpoint is refused and counted', async t => {
  const { url, raw, events } = await open(t)
  for (const path of ['/', '/one', '/one/two/three', '//', '/i/', '/health/'])
    assert.equal((await fetch(`${url}${path}`)).status, 404)
  for (const [method, path] of [
    ['PUT', tp2],
    ['DELETE', tp2],
    ['POST', '/i'],
    ['POST', '/health'],
    ['POST', '/r/tp2'],
  ] as const)
    assert.equal((await fetch(`${url}${path}`, { method })).status, 405)
  assert.equal(raw.records.length, 0)
  assert.equal(events.filter(event => event.type === 'request-refused').length, 11)
})

test('health, sink health and robots answer without recording anything', async t => {
  const { url, raw } = await open(t)
  assert.equal(await (await fetch(`${url}/health`)).text(), 'OK')
  assert.equal((await fetch(`${url}/sink-health`)).status, 200)
  assert.equal(await (await fetch(`${url}/robots.txt`)).text(), 'User-agent: *\nDisallow: /\n')
  assert.equal(raw.calls.length, 0)
})

test('a preflight allows what trackers send, from the page that asks', async t => {
  const { url, raw } = await open(t)
  const response = await fetch(`${url}${tp2}`, {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://shop.acme.com',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type,sp-anonymous',
    },
  })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('access-control-allow-origin'), 'https://shop.acme.com')
  assert.equal(response.headers.get('access-control-allow-credentials'), 'true')
  assert.equal(response.headers.get('access-control-allow-headers'), 'Content-Type, SP-Anonymous')
  assert.equal(response.headers.get('access-control-max-age'), '3600')
  assert.equal(response.headers.get('set-cookie'), null)
  assert.equal(raw.calls.length, 0)
})

test('a page may read the answer to what it posted, also when it was refused', async t => {
  const { url } = await open(t)
  const headers = { Origin: 'https://shop.acme.com' }
  for (const path of [tp2, '/nowhere']) {
    const response = await post(`${url}${path}`, '{}', headers)
    assert.equal(response.headers.get('access-control-allow-origin'), 'https://shop.acme.com')
    assert.equal(response.headers.get('access-control-allow-credentials'), 'true')
    assert.equal(response.headers.get('vary'), 'Origin')
  }
})

test('a request without Origin is answered for every origin, without credentials', async t => {
  const { url } = await open(t)
  const response = await fetch(`${url}/i`)
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
  assert.equal(response.headers.get('access-control-allow-credentials'), null)
})

test('a request in absolute form, as proxies send it, is recorded with its path alone', async t => {
  const { port, raw } = await open(t)
  await exchange(
    port,
    'GET http://c.acme.com/i?e=pv HTTP/1.1\r\nHost: c.acme.com\r\nConnection: close\r\n\r\n',
  )
  assert.equal(raw.request.path, '/i')
  assert.equal(raw.request.querystring, 'e=pv')
})

test('a P3P header is sent where one is configured', async t => {
  const { url } = await open(t, { config: { p3p: 'CP="NOI"' } })
  assert.equal((await fetch(`${url}/i`)).headers.get('p3p'), 'CP="NOI"')
})
