import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { OutsideFailure } from './circuit.ts'
import { callHttp } from './http.ts'
import { sendJson, startOutside, type TestOutside } from './test-outside.ts'

const started: TestOutside[] = []
after(async () => {
  await Promise.all(started.map(outside => outside.stop()))
})

async function outside(...answer: Parameters<typeof startOutside>): Promise<TestOutside> {
  const server = await startOutside(...answer)
  started.push(server)
  return server
}

const signal = () => AbortSignal.timeout(10_000)
const get = (url: string) => callHttp({ method: 'GET', url }, signal(), { maxBytes: 1000 })

async function failure(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.catch((thrown: unknown) => thrown)
  assert.ok(error instanceof OutsideFailure, String(error))
  return error.message
}

test('what the server says comes as it is', async () => {
  const server = await outside((_, response) => sendJson(response, { a: 1 }, 404))
  assert.deepEqual(await get(`${server.url}/x?y=1`), { status: 404, body: '{"a":1}' })
  assert.deepEqual(server.requests, ['GET /x?y=1'])
})

test('a body is sent with its headers', async () => {
  const server = await outside((_, response) => sendJson(response, {}))
  const headers = { 'content-type': 'application/json', authorization: 'Basic eDp5' }
  await callHttp({ method: 'POST', url: `${server.url}/p`, headers, body: '{}' }, signal())
  assert.deepEqual(server.requests, ['POST /p {}'])
  assert.equal(server.headers[0]?.['authorization'], 'Basic eDp5')
})

test('a name and a password in the address go into a header, and into no message', async () => {
  const server = await outside((_, response) => sendJson(response, {}))
  await get(server.url.replace('//', '//me:p%40ss@'))
  assert.equal(server.headers[0]?.['authorization'], `Basic ${Buffer.from('me:p@ss').toString('base64')}`)
  const message = await failure(get('http://me:secret@127.0.0.1:1/path?key=secret'))
  assert.doesNotMatch(message, /secret/)
})

test('a server that is overloaded or cannot be reached is a failure of the outside', async () => {
  const server = await outside((_, response) => sendJson(response, {}, 503))
  assert.equal(await failure(get(server.url)), 'Request failed with status 503')
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  assert.equal(
    await failure(get(`http://127.0.0.1:${port}/?key=secret`)),
    `127.0.0.1:${port} cannot be reached: ECONNREFUSED`,
  )
})

test('a connection that drops is a failure of the outside, before and within the answer', async () => {
  const server = await outside((request, response) => {
    if (request.url === '/within') response.writeHead(200, { 'content-length': '100' }).write('{"a":')
    setTimeout(() => request.socket.destroy(), 20)
  })
  assert.match(await failure(get(`${server.url}/before`)), /cannot be reached/)
  assert.match(await failure(get(`${server.url}/within`)), /cannot be reached/)
})

test('a kept connection that was closed meanwhile costs a GET nothing', async () => {
  let asked = 0
  const server = await outside((request, response) => {
    // The first answer keeps the connection, the second question finds it closed.
    if (++asked === 2) request.socket.destroy()
    else sendJson(response, asked)
  })
  assert.deepEqual(await get(server.url), { status: 200, body: '1' })
  assert.deepEqual(await get(server.url), { status: 200, body: '3' })
  const post = () => callHttp({ method: 'POST', url: server.url, body: '{}' }, signal())
  asked = 1
  await failure(post())
  assert.equal(asked, 2)
})

test('an answer may be so long and no longer, also one without end', async () => {
  const server = await outside((_, response) => {
    response.writeHead(200)
    const more = () => {
      if (!response.destroyed) response.write('x'.repeat(500), () => setImmediate(more))
    }
    more()
  })
  assert.deepEqual(await get(server.url), { error: 'the response has more than 1000 bytes' })
})

test('a few redirects of a GET on one host are followed', async () => {
  const server = await outside((request, response) => {
    const hop = Number(request.url?.slice(1))
    if (hop === 0) sendJson(response, 'there')
    else response.writeHead(302, { location: `/${hop - 1}` }).end()
  })
  assert.deepEqual(await get(`${server.url}/3`), { status: 200, body: '"there"' })
  assert.deepEqual(await get(`${server.url}/4`), { error: 'the response redirects more than 3 times' })
})

test('a redirect to another host is not followed, and nobody posts twice', async () => {
  const elsewhere = await outside((_, response) => sendJson(response, {}))
  const server = await outside((_, response) => {
    response.writeHead(307, { location: elsewhere.url.replace('127.0.0.1', 'localhost') }).end()
  })
  assert.deepEqual(await get(server.url), { error: 'the response is a redirect to elsewhere' })
  const posted = await callHttp({ method: 'POST', url: server.url, body: '{}' }, signal())
  assert.ok('status' in posted)
  assert.equal(posted.status, 307)
  assert.deepEqual(elsewhere.requests, [])
})

test('an address that is none is an error of its question', async () => {
  assert.deepEqual(await get('http://exa mple/'), { error: 'the URL is invalid' })
  assert.deepEqual(await get('file:///etc/passwd'), { error: 'the URL is not one of HTTP' })
})
