import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../lib/index.ts'
import { QueryClient } from './query-client.ts'

const hourMs = 3_600_000

interface Refusing {
  readonly code?: string
  readonly tellsDate?: boolean
  readonly refusesAll?: boolean
}

/** A service by whose clock no signature is older or younger than five minutes. */
async function serve(context: TestContext, refusing: Refusing = {}) {
  const { code = 'SignatureDoesNotMatch', tellsDate = true, refusesAll = false } = refusing
  const dates: number[] = []
  const server = createServer((request, response) => {
    request.resume()
    const date = dateOf(String(request.headers['x-amz-date']))
    dates.push(date)
    response.sendDate = tellsDate
    const good = !refusesAll && Math.abs(date - Date.now()) < 300_000
    if (good) response.end('<yes/>')
    else
      response.writeHead(403).end(`<Error><Code>${code}</Code><Message>Signature expired</Message></Error>`)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { dates, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** `20260131T120000Z` in ms since the epoch. */
function dateOf(basic: string): number {
  return Date.parse(basic.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function clientAt(context: TestContext, endpoint: string, skewMs: number): QueryClient {
  const names = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' }
  for (const [name, value] of Object.entries(names)) {
    const before = process.env[name]
    process.env[name] = value
    context.after(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
  const clock = { ...systemClock, now: () => Date.now() + skewMs }
  const service = { name: 'autoscaling', version: '2011-01-01', region: 'eu-west-1', endpoint }
  const client = new QueryClient(service, { clock, timeoutMs: 5000 })
  context.after(() => client.close())
  return client
}

for (const skewMs of [-2 * hourMs, 2 * hourMs])
  for (const code of ['SignatureDoesNotMatch', 'RequestExpired'])
    test(`a clock that is ${skewMs / hourMs} hours wrong costs one ${code}, and none later`, async context => {
      const { dates, endpoint } = await serve(context, { code })
      const client = clientAt(context, endpoint, skewMs)
      assert.equal(await client.call('CompleteLifecycleAction'), '<yes/>')
      assert.equal(await client.call('CompleteLifecycleAction'), '<yes/>')
      assert.equal(dates.length, 3)
    })

for (const [server, options, skewMs] of [
  ['tells no time', { tellsDate: false }, 2 * hourMs],
  ['has the same time', { refusesAll: true }, 0],
] as const)
  test(`a signature that is refused by a server that ${server} is not sent again`, async context => {
    const { dates, endpoint } = await serve(context, options)
    const call = clientAt(context, endpoint, skewMs).call('CompleteLifecycleAction')
    await assert.rejects(call, { code: 'config', retryable: false, message: /this machine's clock/ })
    assert.equal(dates.length, 1)
  })
