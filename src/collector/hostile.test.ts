import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { exchange, open, payloadData, post, tp2 } from './test-collector.ts'

const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n')

const malformed: readonly (readonly [name: string, bytes: string])[] = [
  ['no HTTP', 'hello\r\n\r\n'],
  ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001'],
  ['no Host', 'GET /i HTTP/1.1\r\n\r\n'],
  ['a space in the path', 'GET /i j HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['raw UTF-8 in the path', 'GET /i?page=\u00c3\u00a9 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a length that is no number', head(`POST ${tp2}`, 'Content-Length: many')],
  ['two lengths', head(`POST ${tp2}`, 'Content-Length: 1', 'Content-Length: 2')],
  ['length and chunks', `${head(`POST ${tp2}`, 'Content-Length: 3', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
  ['a bad chunk', `${head(`POST ${tp2}`, 'Transfer-Encoding: chunked')}zz\r\nabc\r\n`],
  ['a folded header', 'GET /i HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n'],
  ['a header without a name', 'GET /i HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n'],
]

for (const [name, bytes] of malformed) {
  test(`what is no HTTP is answered 400, counted once and not recorded: ${name}`, async t => {
    const { port, raw, url, events } = await open(t)
    const received = await exchange(port, Buffer.from(bytes, 'latin1'))
    assert.match(received, /^HTTP\/1\.1 400 /)
    assert.equal(raw.calls.length, 0)
    assert.equal((await fetch(`${url}/health`)).status, 200)
    const refusals = events.filter(event => event.type === 'request-refused')
    // A request without Host is answered by Node before anybody can count it.
    assert.equal(refusals.length, name === 'no Host' ? 0 : 1)
  })
}

test('headers beyond the limit are answered 431 and counted', async t => {
  const { port, observed } = await open(t, { config: { maxHeaderBytes: 8_192 } })
  const received = await exchange(port, head('GET /i', `X-Long: ${'x'.repeat(10_000)}`))
  assert.match(received, /^HTTP\/1\.1 431 /)
  assert.equal((await observed('request-refused')).reason, 'headers-too-large')
})

test('a querystring as long as trackers make them is recorded', async t => {
  const { url, raw } = await open(t)
  const querystring = `page=${'x'.repeat(32_000)}`
  assert.equal((await fetch(`${url}/i?${querystring}`)).status, 200)
  assert.equal(raw.request.querystring, querystring)
})

test('a body that says it is too large is refused before it is sent', async t => {
  const { port, observed, raw } = await open(t, { config: { maxBodyBytes: 1_000 } })
  const received = await exchange(port, head(`POST ${tp2}`, 'Content-Length: 1001', 'Expect: 100-continue'))
  assert.match(received, /^HTTP\/1\.1 413 [\s\S]*Connection: close/)
  assert.doesNotMatch(received, /100 Continue/)
  assert.equal((await observed('request-refused')).reason, 'body-too-large')
  assert.equal(raw.calls.length, 0)
})

test('a client that waits to be asked for its body is asked', async t => {
  const { port, raw } = await open(t)
  const socket = connect(port, '127.0.0.1')
  socket.write(head(`POST ${tp2}`, 'Content-Length: 2', 'Expect: 100-continue', 'Connection: close'))
  const [asked] = (await once(socket, 'data')) as [Buffer]
  assert.match(asked.toString(), /^HTTP\/1\.1 100 Continue/)
  socket.write('{}')
  await once(socket, 'close')
  assert.equal(raw.request.body, '{}')
})

test('a body that turns out too large is cut off while it arrives, and its sender can read why', async t => {
  const { port, raw, events, url } = await open(t, { config: { maxBodyBytes: 100_000 } })
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  const declared = [head(`POST ${tp2}`, 'Content-Length: 5000000'), 'x'.repeat(5_000_000)]
  const chunked = [
    head(`POST ${tp2}`, 'Transfer-Encoding: chunked'),
    ...Array.from({ length: 50 }, () => chunk),
  ]
  for (const request of [declared, chunked])
    assert.match(await exchange(port, ...request), /^HTTP\/1\.1 413 [\s\S]*Connection: close/)
  assert.equal(raw.calls.length, 0)
  assert.equal(events.filter(event => event.type === 'request-refused').length, 2)
  assert.equal((await post(`${url}${tp2}`, payloadData([{ e: 'pv' }]))).status, 200)
})

test('a refused body is read to its end, so that the refusal is not lost with the connection', async t => {
  const { port } = await open(t, { config: { maxBodyBytes: 100_000 } })
  const socket = connect(port, '127.0.0.1')
  const errors: Error[] = []
  socket.on('error', error => errors.push(error))
  socket.write(head(`POST ${tp2}`, 'Content-Length: 20000000'))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 413 /)
  socket.write('x'.repeat(20_000_000))
  await once(socket, 'close')
  assert.deepEqual(errors, [])
})

test('a client that drips its headers, or its body, is hung up on', async t => {
  const config = { headersTimeoutMs: 100, requestTimeoutMs: 200 }
  const { port, events, raw } = await open(t, { config })
  const [headers, body] = await Promise.all([
    exchange(port, 'GET /i HTTP/1.1\r\nHost: a\r\n'),
    exchange(port, head(`POST ${tp2}`, 'Content-Length: 10'), '12345'),
  ])
  assert.match(headers, /^HTTP\/1\.1 408 /)
  assert.match(body, /^HTTP\/1\.1 408 /)
  assert.equal(raw.calls.length, 0)
  const reasons = events.flatMap(event => (event.type === 'request-refused' ? [event.reason] : []))
  assert.deepEqual(reasons, ['timeout', 'timeout'])
})

test('a client that goes away in the middle of its body is counted, not recorded', async t => {
  const { port, raw, observed, url } = await open(t)
  const socket = connect(port, '127.0.0.1')
  socket.write(`${head(`POST ${tp2}`, 'Content-Length: 10')}12345`)
  await fetch(`${url}/health`)
  socket.destroy()
  const { reason, status } = await observed('request-refused')
  assert.equal(reason, 'aborted')
  assert.equal(status, 0)
  assert.equal(raw.calls.length, 0)
})

test('a client that goes away before its answer has its events recorded all the same', async t => {
  const { port, raw, observed } = await open(t)
  const release = raw.hold()
  const socket = connect(port, '127.0.0.1')
  socket.write(`${head(`POST ${tp2}`, 'Content-Length: 2')}{}`)
  await raw.offered()
  socket.destroy()
  release()
  await observed('request-accepted')
  assert.equal(raw.request.body, '{}')
})

test('requests one after the other on one connection are answered in order', async t => {
  const { port, raw } = await open(t)
  const request = head('GET /i?n=1') + head('GET /nowhere') + head('GET /i?n=2', 'Connection: close')
  const received = await exchange(port, request)
  assert.deepEqual(received.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
  assert.equal(raw.records.length, 2)
})

test('connections beyond the limit are dropped and counted', async t => {
  const { port, observed } = await open(t, { config: { maxConnections: 1 } })
  const held = connect(port, '127.0.0.1')
  await once(held, 'connect')
  assert.equal(await exchange(port, head('GET /health')), '')
  assert.equal((await observed('request-refused')).reason, 'connection-limit')
  held.destroy()
})

test('names that objects have by birth are no paths, headers or cookies of ours', async t => {
  const { url, raw } = await open(t)
  for (const path of ['/__proto__', '/constructor', '/toString/'])
    assert.equal((await fetch(`${url}${path}`)).status, 404)
  const headers = { Cookie: '__proto__=x; constructor=y', __proto__x: 'z' }
  assert.equal((await fetch(`${url}/__proto__/constructor`, { headers })).status, 200)
  assert.equal(raw.request.path, '/__proto__/constructor')
})
