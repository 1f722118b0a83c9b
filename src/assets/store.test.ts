import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { MillraceError } from '../lib/index.ts'
import type { MillraceEvent } from '../observe/index.ts'
import { openAssets, type AssetSettings } from './open.ts'
import { serveFile } from './test-file-server.ts'

/** The text of a file; one that begins with `bad` is refused. */
function load(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  if (text.startsWith('bad')) throw new RangeError('it is bad')
  return text
}

function open(context: TestContext, settings: AssetSettings = {}) {
  const events: MillraceEvent[] = []
  const store = openAssets({ environment: {}, ...settings, observe: event => events.push(event) })
  context.after(() => store.close())
  const told = () => events.map(event => ('reason' in event ? `${event.type} ${event.reason}` : event.type))
  return { store, events, told }
}

function temporary(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-assets-'))
  context.after(() => rmSync(directory, { recursive: true }))
  return directory
}

test('a file is fetched once, and not again while it is the same', async context => {
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  const { store, told } = open(context)
  const [a, b] = await Promise.all([store.open(server.url, load), store.open(server.url, load)])
  assert.deepEqual([a.current, b.current], ['one', 'one'])
  await store.refresh()
  assert.deepEqual(server.statuses, [200, 304])
  assert.deepEqual(told(), [])
})

test('without an ETag the date tells a newer file', async context => {
  const server = await serveFile(context, { bytes: 'one', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' })
  const { store } = open(context)
  const asset = await store.open(server.url, load)
  await store.refresh()
  server.file = { bytes: 'two', lastModified: 'Fri, 02 Jan 2026 00:00:00 GMT' }
  await store.refresh()
  assert.deepEqual(server.statuses, [200, 304, 200])
  assert.equal(asset.current, 'two')
})

test('a newer file is used by all who use it, and told', async context => {
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  const { store, events } = open(context)
  const asset = await store.open(server.url, load)
  const heard: unknown[] = []
  const unsubscribe = store.subscribe((uri, bytes) => heard.push([uri, load(bytes)]))
  server.file = { bytes: 'two', etag: '"2"' }
  await store.refresh()
  assert.equal(asset.current, 'two')
  assert.deepEqual(heard, [[server.url, 'two']])
  assert.deepEqual(events, [{ type: 'asset-updated', uri: server.url, bytes: 3 }])
  unsubscribe()
  server.file = { bytes: 'three', etag: '"3"' }
  await store.refresh()
  assert.equal(heard.length, 1)
})

test('a bad file leaves the old one in use, is told at every look, and is not fetched again', async context => {
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  const { store, events, told } = open(context)
  const asset = await store.open(server.url, load)
  server.file = { bytes: 'bad', etag: '"2"' }
  await store.refresh()
  await store.refresh()
  assert.equal(asset.current, 'one')
  assert.deepEqual(server.statuses, [200, 200, 304])
  assert.deepEqual(events[0], {
    type: 'asset-failed',
    uri: server.url,
    reason: 'refused',
    error: 'it is bad',
  })
  server.file = { bytes: 'three', etag: '"3"' }
  await store.refresh()
  assert.equal(asset.current, 'three')
  assert.deepEqual(told(), ['asset-failed refused', 'asset-failed refused', 'asset-updated'])
})

test('an empty file in place of one that was not is refused', async context => {
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  const { store, told } = open(context)
  const asset = await store.open(server.url, load)
  server.file = { bytes: '', etag: '"2"' }
  await store.refresh()
  assert.equal(asset.current, 'one')
  assert.deepEqual(told(), ['asset-failed refused'])
})

test('what is no file any more leaves the old one in use, and nothing waits for it', async context => {
  const directory = temporary(context)
  const [path, other] = [join(directory, 'a'), join(directory, 'b')]
  for (const file of [path, other]) writeFileSync(file, 'one')
  const { store, told } = open(context)
  const [asset, second] = [await store.open(path, load), await store.open(other, load)]
  rmSync(path)
  execFileSync('mkfifo', [path])
  writeFileSync(other, 'two')
  await store.refresh()
  assert.equal(asset.current, 'one')
  assert.equal(second.current, 'two')
  assert.deepEqual(told(), ['asset-failed unreachable', 'asset-updated'])
})

test('a file that is changed while it is read is not used', async context => {
  const path = join(temporary(context), 'a')
  writeFileSync(path, 'one')
  const { store, events } = open(context)
  const asset = await store.open(path, load)
  const large = 'a'.repeat(8 * 1024 * 1024)
  const caught = () => events.some(event => 'error' in event && /changed while/.test(event.error ?? ''))
  // When a write falls into a read is left to chance, which has many tries.
  for (let round = 0; round < 1000 && !caught(); round++) {
    const writing = writeFile(path, large)
    await store.refresh()
    await writing
  }
  assert.ok(caught())
  await writeFile(path, 'two')
  await store.refresh()
  assert.equal(asset.current, 'two')
})

test('one of several who use a file may refuse it for all', async context => {
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  const { store } = open(context)
  const all = await store.open(server.url, bytes => load(bytes))
  await store.open(server.url, bytes => {
    if (load(bytes) !== 'one') throw new RangeError('not mine')
  })
  server.file = { bytes: 'two', etag: '"2"' }
  await store.refresh()
  assert.equal(all.current, 'one')
})

test('a server that is down leaves the file in use, and is told until it is back', async context => {
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  const { store, told } = open(context)
  const asset = await store.open(server.url, load)
  server.file = 503
  await store.refresh()
  server.file = { bytes: 'one', etag: '"1"' }
  await store.refresh()
  await store.refresh()
  assert.equal(asset.current, 'one')
  assert.deepEqual(told(), ['asset-failed unreachable', 'asset-recovered'])
})

test('a look is taken in every period, until the store is closed', async context => {
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  const { store } = open(context, { updatePeriodMs: 10 })
  await store.open(server.url, load)
  store.watch()
  while (server.requests.length < 3) await new Promise(resolve => setTimeout(resolve, 5))
  await store.close()
  const { length } = server.requests
  await new Promise(resolve => setTimeout(resolve, 60))
  assert.equal(server.requests.length, length)
})

test('what cannot be had at the start is an error that says why', async context => {
  const server = await serveFile(context, 404)
  const { store } = open(context)
  const refused = (uri: string) => store.open(uri, load)
  await assert.rejects(refused(`${server.url}/a?secret=1`), (error: unknown) => {
    assert.ok(error instanceof MillraceError)
    assert.equal(error.message, `${server.url}/a: the server answers HTTP 404`)
    return !error.retryable && error.code === 'asset'
  })
  assert.equal(server.requests.length, 1)
  await assert.rejects(refused('ftp://a/b'), /expected a path or a URI of file, http, https, s3 or gs/)
  await assert.rejects(refused('/no/such/file'), /\/no\/such\/file: cannot be opened/)
  await assert.rejects(refused(tmpdir()), /is no file/)
  server.file = { bytes: 'bad' }
  await assert.rejects(refused(server.url), /is refused: it is bad/)
})

test('a start is tried again after a hiccup', async context => {
  const server = await serveFile(context, 503)
  const { store } = open(context)
  const opening = store.open(server.url, load)
  while (server.requests.length < 1) await new Promise(resolve => setTimeout(resolve, 5))
  server.file = { bytes: 'one' }
  assert.equal((await opening).current, 'one')
})

test('a file that is too large, or never ends, is given up', async context => {
  const endless = createServer((_, response) => {
    const more = () => void (response.destroyed || response.write(Buffer.alloc(16_384)))
    response.on('drain', more)
    const timer = setInterval(more, 1)
    response.on('close', () => clearInterval(timer))
  })
  await new Promise<void>(resolve => endless.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    endless.closeAllConnections()
    endless.close()
  })
  const address = endless.address()
  assert.ok(typeof address === 'object' && address !== null)
  const uri = `http://127.0.0.1:${address.port}/`
  const small = open(context, { maxBytes: 100_000 })
  await assert.rejects(small.store.open(uri, load), /has more than 100000 bytes/)
  const hasty = open(context, { timeoutMs: 100 })
  await assert.rejects(hasty.store.open(uri, load), /cannot be fetched: .*timeout/)
})

test('a file of this machine is read again when it has changed', async context => {
  const path = join(temporary(context), 'list.txt')
  writeFileSync(path, 'one')
  const { store, told } = open(context)
  const byPath = await store.open(path, load)
  const byUri = await store.open(pathToFileURL(path).href, load)
  await store.refresh()
  assert.deepEqual(told(), [])
  writeFileSync(path, 'second')
  await store.refresh()
  assert.deepEqual([byPath.current, byUri.current], ['second', 'second'])
})

test('a start during an outage takes the last good version, and asks for no file that it has', async context => {
  const directory = temporary(context)
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  await open(context, { directory }).store.open(server.url, load)
  const again = open(context, { directory })
  assert.equal((await again.store.open(server.url, load)).current, 'one')
  assert.deepEqual(server.statuses, [200, 304])
  server.file = 503
  const during = open(context, { directory })
  const asset = await during.store.open(server.url, load)
  assert.equal(asset.current, 'one')
  assert.deepEqual(during.told(), ['asset-failed unreachable'])
  server.file = { bytes: 'two', etag: '"2"' }
  await during.store.refresh()
  assert.equal(asset.current, 'two')
})

test('a start that finds a bad file takes the last good version', async context => {
  const directory = temporary(context)
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  await open(context, { directory }).store.open(server.url, load)
  server.file = { bytes: 'bad', etag: '"2"' }
  const { store, told } = open(context, { directory })
  assert.equal((await store.open(server.url, load)).current, 'one')
  assert.deepEqual(told(), ['asset-failed refused'])
  assert.equal(load(await store.bytesOf(server.url)), 'one')
  const third = open(context, { directory })
  assert.equal((await third.store.open(server.url, load)).current, 'one')
})

test('a kept file that is damaged is as good as none', async context => {
  const directory = temporary(context)
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  await open(context, { directory }).store.open(server.url, load)
  const [name = ''] = readdirSync(directory)
  writeFileSync(join(directory, name), 'x')
  assert.equal((await open(context, { directory }).store.open(server.url, load)).current, 'one')
  assert.deepEqual(server.statuses, [200, 200])
})

test('an object of Google is fetched with a token', async context => {
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  const environment = { STORAGE_EMULATOR_HOST: server.url, GOOGLE_OAUTH_ACCESS_TOKEN: 't' }
  const { store } = open(context, { environment })
  assert.equal((await store.open('gs://bucket/a folder/list.txt', load)).current, 'one')
  const [request] = server.requests
  assert.equal(request?.path, '/bucket/a%20folder/list.txt')
  assert.equal(request?.headers.authorization, 'Bearer t')
})

test('a password in a URI is sent, and never told', async context => {
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  const { store, events } = open(context)
  await store.open(server.url.replace('//', '//me:se%20cret@'), load)
  assert.equal(
    server.requests[0]?.headers.authorization,
    `Basic ${Buffer.from('me:se cret').toString('base64')}`,
  )
  server.file = 503
  await store.refresh()
  assert.equal(events.length, 1)
  assert.ok(!JSON.stringify(events).includes('cret'))
})

test('a bucket that is in another region is asked there', async context => {
  const server = await serveFile(context, { bytes: 'one' })
  server.redirectRegion = 'eu-west-3'
  // Otherwise they would be looked for in the network.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' })
  const { store } = open(context, { environment: { AWS_ENDPOINT_URL: server.url } })
  assert.equal((await store.open('s3://bucket/key', load)).current, 'one')
  assert.deepEqual(server.statuses, [301, 200])
  assert.match(server.requests[1]?.headers.authorization ?? '', /\/eu-west-3\/s3\/aws4_request/)
})

test('an object that may not be read, or is not there, says which permission it takes', async context => {
  const server = await serveFile(context, 403)
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' })
  const { store } = open(context, { environment: { AWS_ENDPOINT_URL: server.url } })
  const words = /s3:\/\/bucket\/key: the server answers HTTP 403; allow s3:GetObject on it/
  await assert.rejects(store.open('s3://bucket/key', load), words)
  server.redirectRegion = 'eu-west-3'
  await assert.rejects(store.open('s3://bucket/key', load), words)
  assert.deepEqual(server.statuses, [403, 301, 403])
})

test('all bytes are memory that threads can share', async context => {
  const server = await serveFile(context, { bytes: 'one' })
  const { store } = open(context)
  await store.open(server.url, bytes => assert.ok(bytes.buffer instanceof SharedArrayBuffer))
  assert.equal(await store.bytesOf(server.url), await store.bytesOf(server.url))
})
