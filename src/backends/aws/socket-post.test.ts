import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { Agent as HttpsAgent, createServer as createHttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { TLSSocket } from 'node:tls'
import { systemClock } from '../../lib/index.ts'
import { testCertificate, testKey } from '../../collector/test-certificate.ts'
import { post, type PostOptions } from './socket-post.ts'
import { startService, type Script } from './test-service.ts'

const ok: Script = () => ({ json: { fine: true } })

function options(context: TestContext, changed: Partial<PostOptions> = {}): PostOptions {
  const agent = new Agent({ keepAlive: true })
  context.after(() => agent.destroy())
  return { agent, clock: systemClock, connectMs: 2000, answerMs: 2000, ...changed }
}

function outgoing(endpoint: string, body = Buffer.from('{}')) {
  const headers = { 'x-amz-target': 'Kinesis_20131202.X', 'content-length': String(body.length) }
  return { url: new URL(endpoint), headers, body }
}

/** Takes connections and tells what comes in on them. */
async function rawServer(context: TestContext, onSocket: (socket: Socket) => void) {
  const server: Server = createServer(onSocket)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const open = new Set<Socket>()
  server.on('connection', socket => open.add(socket))
  context.after(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an answer comes back with the time at which the request left', async context => {
  const service = await startService(ok)
  context.after(() => service.close())
  const before = performance.now()
  const posted = await post(outgoing(service.endpoint), options(context))
  assert.ok(posted.sent && 'answer' in posted)
  assert.equal(posted.answer.status, 200)
  assert.equal(posted.answer.body.toString(), '{"fine":true}')
  assert.ok(posted.leftAt >= before && posted.leftAt <= performance.now())
})

test(
  'an answer without end is given up, long before its time is over',
  { timeout: 60_000 },
  async context => {
    const endpoint = await rawServer(context, socket => {
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n')
        const endless = new Readable({ read: () => void endless.push(Buffer.alloc(1024 * 1024)) })
        endless.pipe(socket).once('close', () => endless.destroy())
      })
    })
    const posted = await post(outgoing(endpoint), options(context, { answerMs: 50_000 }))
    assert.ok(posted.sent && 'error' in posted)
    assert.match(posted.error.message, /more than 67108864 bytes/)
  },
)

test('the question whether it may go comes once, and before any byte', async context => {
  const seen: string[] = []
  const endpoint = await rawServer(context, socket => {
    seen.push('connected')
    socket.on('data', () => {
      if (seen.at(-1) !== 'bytes') seen.push('bytes')
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  })
  const mayGo = () => {
    seen.push('asked')
    return true
  }
  const posted = await post(outgoing(endpoint), options(context, { mayGo }))
  assert.ok(posted.sent)
  assert.equal(seen.filter(what => what === 'asked').length, 1)
  assert.ok(seen.indexOf('asked') < seen.indexOf('bytes'))
})

test('when it may not go, no byte leaves, on a new connection as on a used one', async context => {
  const service = await startService(ok)
  context.after(() => service.close())
  const shared = options(context)
  assert.deepEqual(await post(outgoing(service.endpoint), { ...shared, mayGo: () => false }), { sent: false })
  assert.ok((await post(outgoing(service.endpoint), shared)).sent)
  assert.deepEqual(await post(outgoing(service.endpoint), { ...shared, mayGo: () => false }), { sent: false })
  assert.ok((await post(outgoing(service.endpoint), shared)).sent)
  assert.equal(service.asked.length, 2)
})

test('over TLS the question comes when both sides have shaken hands, on a new connection as on a used one', async context => {
  const seen: string[] = []
  const server = createHttpsServer({ cert: testCertificate, key: testKey }, (request, response) => {
    request.resume().on('end', () => response.end('{}'))
  })
  server.on('secureConnection', () => seen.push('secure'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const agent = new HttpsAgent({ keepAlive: true, rejectUnauthorized: false })
  context.after(() => {
    agent.destroy()
    server.close()
  })
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const mayGo = () => {
    seen.push(`asked, ${sessionsOf(agent)} connected`)
    return true
  }
  for (let i = 0; i < 2; i++) {
    const posted = await post(outgoing(endpoint), options(context, { agent, mayGo }))
    assert.ok(posted.sent && 'answer' in posted)
  }
  assert.deepEqual(
    seen.filter(what => what !== 'secure'),
    ['asked, 1 connected', 'asked, 1 connected'],
  )
  assert.equal(seen.filter(what => what === 'secure').length, 1)
})

/** Connections in use whose cipher is agreed on. */
function sessionsOf(agent: HttpsAgent): number {
  const sockets = Object.values(agent.sockets).flatMap(sockets => sockets ?? [])
  return sockets.filter(socket => socket instanceof TLSSocket && socket.getCipher() !== undefined).length
}

test('nothing was sent when there is no connection', async context => {
  const refused = await post(
    outgoing('http://127.0.0.1:1'),
    options(context, { mayGo: () => assert.fail('asked without a connection') }),
  )
  assert.equal(refused.sent, false)
  assert.match(String('error' in refused && refused.error), /ECONNREFUSED/)
})

test('a connection that is not made in time is given up, and nothing was sent', async context => {
  // Nobody accepts: all connections of this agent are taken by a request that waits.
  const endpoint = await rawServer(context, () => {})
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const busy = new AbortController()
  const first = post(outgoing(endpoint), options(context, { agent, signal: busy.signal }))
  const second = await post(outgoing(endpoint), options(context, { agent, connectMs: 20 }))
  assert.equal(second.sent, false)
  assert.match(String('error' in second && second.error), /no connection within 20 ms/)
  busy.abort()
  assert.ok((await first).sent)
  agent.destroy()
})

test('whoever does not answer in time, or breaks off, has perhaps got it', async context => {
  for (const answer of ['silence', 'reset'] as const) {
    const service = await startService(() => answer)
    context.after(() => service.close())
    const before = performance.now()
    const posted = await post(outgoing(service.endpoint), options(context, { answerMs: 50 }))
    assert.ok(posted.sent && 'error' in posted, answer)
    assert.ok(posted.leftAt >= before)
    assert.equal(service.asked.length, 1)
  }
})

test('a large request leaves when its last byte does, not its first', async context => {
  const wait = Promise.withResolvers<void>()
  const endpoint = await rawServer(context, socket => {
    socket.pause()
    void wait.promise.then(() => socket.resume())
    socket.on('data', () => {})
  })
  const body = Buffer.alloc(64 * 1024 * 1024)
  const asked = { at: 0 }
  const mayGo = () => {
    asked.at = performance.now()
    return true
  }
  const posting = post(outgoing(endpoint, body), options(context, { answerMs: 300, mayGo }))
  const posted = await posting
  wait.resolve()
  assert.ok(posted.sent && 'error' in posted)
  // Nobody read, so the last byte never left: then it is the moment at which the socket was given up.
  assert.ok(posted.leftAt - asked.at >= 290, `${posted.leftAt - asked.at}`)
})

test('an answer that breaks off in the middle is no answer', async context => {
  const endpoint = await rawServer(context, socket => {
    socket.on('data', () => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"half"')
    })
  })
  const posted = await post(outgoing(endpoint), options(context))
  assert.ok(posted.sent && 'error' in posted)
})

test('an aborted signal ends it at any time', async context => {
  const service = await startService(() => 'silence')
  context.after(() => service.close())
  const early = await post(outgoing(service.endpoint), options(context, { signal: AbortSignal.abort() }))
  assert.equal(early.sent, false)
  const stop = new AbortController()
  const posting = post(outgoing(service.endpoint), options(context, { signal: stop.signal }))
  while (service.asked.length === 0) await new Promise(resolve => setImmediate(resolve))
  stop.abort()
  assert.ok((await posting).sent)
})
