import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchange, open, post, tp2 } from './test-collector.ts'

test('headers are written as lines, in the order and with the names they came with', async t => {
  const { port, raw } = await open(t)
  await exchange(
    port,
    'GET /i HTTP/1.1\r\nHost: c.acme.com:8080\r\nX-Odd: 1\r\nx-odd: 2\r\nUser-Agent: ua/1\r\n',
    'Referer: https://acme.com/\r\nCookie: a=b\r\nConnection: close\r\n\r\n',
  )
  const { headers, hostname, userAgent, refererUri } = raw.request
  assert.deepEqual(headers, [
    'Host: c.acme.com:8080',
    'X-Odd: 1',
    'x-odd: 2',
    'User-Agent: ua/1',
    'Referer: https://acme.com/',
    'Cookie: a=b',
    'Connection: close',
  ])
  assert.equal(hostname, 'c.acme.com')
  assert.equal(userAgent, 'ua/1')
  assert.equal(refererUri, 'https://acme.com/')
})

test('a user agent in UTF-8 is kept, and one in latin1 too', async t => {
  const { port, raw } = await open(t)
  const before = 'GET /i HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: '
  await exchange(port, before, Buffer.from('微信/8.0'), '\r\n\r\n')
  await exchange(port, before, Buffer.from('café/1', 'latin1'), '\r\n\r\n')
  assert.deepEqual(
    raw.requests.map(({ userAgent }) => userAgent),
    ['微信/8.0', 'café/1'],
  )
})

test('content types are written the one way that adapters compare with', async t => {
  const { url, raw } = await open(t)
  const types = [
    'application/json',
    'application/json;charset=UTF-8',
    'Application/JSON ; charset="utf-8"',
    'application/x-www-form-urlencoded',
  ]
  for (const type of types) await post(`${url}${tp2}`, '{}', { 'Content-Type': type })
  assert.deepEqual(
    raw.requests.map(({ contentType }) => contentType),
    [
      'application/json',
      'application/json; charset=utf-8',
      'application/json; charset=utf-8',
      'application/x-www-form-urlencoded',
    ],
  )
})

test('a body in another charset becomes UTF-8', async t => {
  const { url, raw } = await open(t)
  const headers = { 'Content-Type': 'application/json; charset=ISO-8859-1' }
  await fetch(`${url}${tp2}`, { method: 'POST', headers, body: Buffer.from('{"page":"café"}', 'latin1') })
  assert.equal(raw.request.body, '{"page":"café"}')
})

test('a compressed body is refused, not recorded as rubbish', async t => {
  const { url, raw, observed } = await open(t)
  assert.equal((await post(`${url}${tp2}`, 'x', { 'Content-Encoding': 'gzip' })).status, 415)
  assert.equal((await observed('request-refused')).reason, 'unsupported-encoding')
  assert.equal(raw.calls.length, 0)
})

test('a POST without a body has none in the record', async t => {
  const { url, raw } = await open(t)
  await fetch(`${url}${tp2}?e=pv`, { method: 'POST' })
  assert.equal(raw.request.body, null)
  assert.equal(raw.request.contentType, null)
})
