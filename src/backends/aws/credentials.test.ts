import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { SeenDates, systemClock } from '../../lib/index.ts'
import { Connection } from './connection.ts'
import { DynamoClient } from './dynamo-client.ts'
import { LeaseItems } from './lease-items.ts'
import { QueryClient } from './query-client.ts'

/** Until the test is over, credentials come from a file alone. */
async function credentialsFile(context: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'credentials-'))
  const file = join(directory, 'credentials')
  const wanted: Readonly<Record<string, string | undefined>> = {
    AWS_SHARED_CREDENTIALS_FILE: file,
    AWS_CONFIG_FILE: join(directory, 'config'),
    AWS_PROFILE: 'default',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
  }
  const before = Object.keys(wanted).map(name => [name, process.env[name]] as const)
  setEnvironment(Object.entries(wanted))
  context.after(async () => {
    setEnvironment(before)
    await rm(directory, { recursive: true })
  })
  return (key: string) =>
    writeFile(
      file,
      `[default]\naws_access_key_id = ${key}\naws_secret_access_key = s\naws_session_token = t\n`,
    )
}

function setEnvironment(values: Iterable<readonly [string, string | undefined]>): void {
  for (const [name, value] of values)
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
}

/** AWS, for which the key OLD has expired. */
async function serviceOf(context: TestContext) {
  const keys: string[] = []
  const server = createServer((request, response) => {
    request.resume()
    const [, key = ''] = /Credential=(\w+)\//.exec(request.headers.authorization ?? '') ?? []
    keys.push(key)
    const expired = key === 'OLD'
    const type = { 'content-type': 'application/x-amz-json-1.0' }
    response.writeHead(expired ? 400 : 200, type).end(JSON.stringify(expired ? refusal : {}))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { keys, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const refusal = {
  __type: 'ExpiredTokenException',
  message: 'The security token included in the request is expired',
}

const patient = { timeout: 20_000 }

test(
  'credentials in a file that is rewritten are found once the old ones are refused',
  patient,
  async context => {
    const write = await credentialsFile(context)
    const { endpoint, keys } = await serviceOf(context)
    const connection = new Connection({
      endpoint,
      region: 'eu-west-1',
      clock: systemClock,
      serverDate: new SeenDates(),
    })
    context.after(() => connection.close())
    await write('OLD')
    const call = () => connection.call('PutRecords', Buffer.from('{}'), { answerMs: 2000 })
    await call()
    await write('NEW')
    await connection.renewCredentials()
    await call()
    assert.deepEqual(keys, ['OLD', 'NEW'])
  },
)

test(
  'the lease table is reached again by new credentials soon after the old ones are refused',
  patient,
  async context => {
    const write = await credentialsFile(context)
    const { endpoint, keys } = await serviceOf(context)
    const client = new DynamoClient({ endpoint, region: 'eu-west-1', timeoutMs: 5000 })
    context.after(() => client.close())
    const items = new LeaseItems(client, 'leases')
    await write('OLD')
    await assert.rejects(items.scan(false), { code: 'leases', retryable: true })
    await write('NEW')
    // The next one may be signed before the file is read again.
    for (let i = 0; i < 100 && keys.at(-1) !== 'NEW'; i++) await items.scan(false).catch(() => {})
    assert.equal(keys.at(-1), 'NEW')
  },
)

test(
  'whoever waits for credentials waits no longer than for an answer, and nothing is sent later',
  patient,
  async context => {
    await credentialsFile(context)
    const { endpoint, keys } = await serviceOf(context)
    const found = JSON.stringify({ Version: 1, AccessKeyId: 'LATE', SecretAccessKey: 's' })
    const script = `setTimeout(() => console.log(JSON.stringify(${found})), 4000)`
    const lines = ['[default]', `credential_process = ${process.execPath} -e '${script}'`]
    await writeFile(process.env['AWS_CONFIG_FILE'] ?? '', lines.join('\n'))
    const client = new DynamoClient({ endpoint, region: 'eu-west-1', timeoutMs: 200 })
    context.after(() => client.close())
    const items = new LeaseItems(client, 'leases')
    const began = performance.now()
    await assert.rejects(items.scan(false), { retryable: true, message: /no answer within 200 ms/ })
    assert.ok(performance.now() - began < 3000)
    assert.deepEqual(keys, [])
    while (keys.length === 0) await items.scan(false).catch(() => {})
    assert.deepEqual(keys, ['LATE'])
  },
)

test('a call that finds no credentials may be tried again, and then finds them', patient, async context => {
  const write = await credentialsFile(context)
  const { endpoint, keys } = await serviceOf(context)
  const service = { name: 'autoscaling', version: '2011-01-01', region: 'eu-west-1', endpoint }
  const client = new QueryClient(service, { clock: systemClock, timeoutMs: 2000 })
  context.after(() => client.close())
  const call = () => client.call('CompleteLifecycleAction')
  await assert.rejects(call(), { retryable: true, message: /give credentials/ })
  await write('NEW')
  await call()
  assert.deepEqual(keys, ['NEW'])
})
