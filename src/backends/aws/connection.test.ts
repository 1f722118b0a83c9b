import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { SeenDates, systemClock } from '../../lib/index.ts'
import { Connection, type ConnectionOptions } from './connection.ts'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

async function open(context: TestContext, options: Partial<ConnectionOptions> = {}, aheadMs = 0) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', part => (body += String(part)))
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      response.writeHead(200, { date: new Date(Date.now() + aheadMs).toUTCString() })
      response.end('{}')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const serverDate = new SeenDates()
  const connection = new Connection({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-3',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' },
    clock: systemClock,
    serverDate,
    ...options,
  })
  context.after(async () => {
    await connection.close()
    server.close()
  })
  return { connection, received, serverDate }
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Signature version 4, once more, from its description. */
function signatureOf({ headers, body }: Received, secret: string): string {
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/(\S+), SignedHeaders=(\S+),/.exec(headers.authorization ?? '') ?? []
  const lines = names.split(';').map(name => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = ['POST', '/', '', lines.join(''), names, hex(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hex(canonical)].join('\n')
  const key = scope
    .split('/')
    .reduce<string | Buffer>((key, part) => createHmac('sha256', key).update(part).digest(), `AWS4${secret}`)
  return createHmac('sha256', key).update(text).digest('hex')
}

test('a call is signed as AWS wants it, for its region, with everything that matters in it', async context => {
  const { connection, received } = await open(context)
  const body = Buffer.from('{"StreamName":"clé"}')
  await connection.call('PutRecords', body, { answerMs: 1000 })
  const [call = assert.fail()] = received
  const { authorization = '' } = call.headers
  assert.match(authorization, /Credential=AKID\/\d{8}\/eu-west-3\/kinesis\/aws4_request/)
  for (const name of ['host', 'x-amz-date', 'x-amz-target', 'x-amz-security-token', 'content-type']) {
    assert.ok(/SignedHeaders=(\S+),/.exec(authorization)?.[1]?.split(';').includes(name), name)
  }
  assert.equal(/Signature=([0-9a-f]+)/.exec(authorization)?.[1], signatureOf(call, 'secret'))
  assert.equal(call.headers['x-amz-target'], 'Kinesis_20131202.PutRecords')
  assert.equal(call.headers['content-type'], 'application/x-amz-json-1.1')
})

test('signatures are dated by the clock of the server, once it has told its time', async context => {
  const aheadMs = 10 * 60_000
  const { connection, received, serverDate } = await open(context, {}, aheadMs)
  for (let i = 0; i < 2; i++) await connection.call('PutRecords', Buffer.from('{}'), { answerMs: 1000 })
  const [first, second] = received.map(({ headers }) => {
    const digits = String(headers['x-amz-date']).replace(/^(\d{4})(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')
    return Date.parse(digits) - Date.now()
  })
  assert.ok(Math.abs(first ?? Infinity) < 3000)
  assert.ok(Math.abs((second ?? 0) - aheadMs) < 3000)
  assert.ok((serverDate.newest ?? 0) > Date.now() + aheadMs - 3000)
})

test('the address of a region is known without asking', async context => {
  const urls: string[] = []
  const connection = new Connection({
    region: 'eu-west-3',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
    clock: systemClock,
    serverDate: new SeenDates(),
    post: async ({ url }) => {
      urls.push(url.href)
      return { sent: false }
    },
  })
  context.after(() => connection.close())
  await connection.call('GetRecords', Buffer.from('{}'), { answerMs: 1000 })
  assert.deepEqual(urls, ['https://kinesis.eu-west-3.amazonaws.com/'])
})
