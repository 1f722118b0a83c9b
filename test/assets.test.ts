import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { openAssets, type AssetStore } from '../src/assets/index.ts'
import { serveFile, type TestFileServer } from '../src/assets/test-file-server.ts'
import { startAwsLocal } from '../src/aws-local/index.ts'
import { columnIndex, coreDefaults, encodeCollectorPayload } from '../src/core/index.ts'
import { testDatabase } from '../src/core/mmdb/test-database.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import { ThreadPool } from '../src/worker/pool.ts'
import { buildCore } from '../src/worker/index.ts'

// Files of enrichments through real threads and real HTTP.

const city = (name: string) => testDatabase({ city: { names: { en: name } } })

/** Of an ip_lookups enrichment whose database the server has. */
function setupFor({ url }: TestFileServer) {
  const database = 'GeoLite2-City.mmdb'
  const parameters = { geo: { uri: url, database } }
  const data = { name: 'ip_lookups', vendor: 'com.snowplowanalytics.snowplow', enabled: true, parameters }
  const schema = 'iglu:com.snowplowanalytics.snowplow/ip_lookups/jsonschema/2-0-0'
  const setup = { core: coreDefaults, igluConfig: null, enrichments: [{ schema, data }] }
  return { uri: `${url}/${database}`, setup }
}

interface Started {
  readonly assets: AssetStore
  readonly pool: ThreadPool
  readonly events: MillraceEvent[]
}

async function start(context: TestContext, server: TestFileServer, updatePeriodMs: number): Promise<Started> {
  const events: MillraceEvent[] = []
  const observe = (event: MillraceEvent) => void events.push(event)
  const assets = openAssets({ updatePeriodMs, observe, environment: {} })
  const { setup } = setupFor(server)
  await buildCore(setup, observe, assets)
  const pool = new ThreadPool({ threads: 2, setup, batchTimeoutMs: 30_000, observe, assets })
  context.after(() => Promise.all([pool.close(), assets.close()]))
  await pool.warmUp()
  return { assets, pool, events }
}

/** The cities of a batch of events, each from another address. */
async function cities(pool: ThreadPool, first = 0): Promise<string[]> {
  const records = Array.from({ length: 20 }, (_, index) => ({
    sequence: String(index),
    subSequence: 0,
    partitionKey: 'k',
    arrivedAt: 0,
    data: encodeCollectorPayload({
      timestamp: 1_760_000_000_000,
      encoding: 'UTF-8',
      collector: 'test',
      path: '/i',
      querystring: 'e=pp',
      ipAddress: `10.${first >> 8}.${first & 255}.${index}`,
      headers: [],
      networkUserId: '50a4c469-25d6-45db-8a94-0b1a3a91fdc4',
    }),
  }))
  const enriched = await pool.enrich({ stream: 'raw', shardId: 's', records })
  const { outputs } = enriched
  assert.equal(outputs.length, records.length)
  const found = outputs.map(({ kind, data }) => {
    assert.equal(kind, 'good', Buffer.from(data).toString())
    return Buffer.from(data).toString().split('\t')[columnIndex.geo_city] ?? ''
  })
  enriched.free()
  return found
}

/** Until something is so, with events going through all the while. */
async function trafficUntil(
  pool: ThreadPool,
  so: (cities: ReadonlySet<string>) => boolean,
): Promise<Set<string>> {
  const seen = new Set<string>()
  for (let round = 0; ; round++) {
    const batches = await Promise.all([0, 1, 2, 3].map(part => cities(pool, round * 4 + part)))
    const now = new Set(batches.flat())
    for (const one of now) seen.add(one)
    if (so(now)) return seen
    // The files of the main thread are looked for between two batches.
    await new Promise(resolve => setImmediate(resolve))
  }
}

const only = (name: string) => (now: ReadonlySet<string>) => now.size === 1 && now.has(name)

test('under traffic a newer file is swapped in, and a bad one or an outage changes nothing', async context => {
  const server = await serveFile(context, { bytes: city('Old Town'), etag: '"1"' })
  const { assets, pool, events } = await start(context, server, 20)
  const told = (reason: string) =>
    events.some(event => event.type === 'asset-failed' && event.reason === reason)
  assets.watch()
  await trafficUntil(pool, () => server.statuses.includes(304))
  server.file = { bytes: city('Bad Town').subarray(40), etag: '"2"' }
  assert.deepEqual([...(await trafficUntil(pool, () => told('refused')))], ['Old Town'])
  server.file = 503
  assert.deepEqual([...(await trafficUntil(pool, () => told('unreachable')))], ['Old Town'])
  server.file = { bytes: city('New Town'), etag: '"3"' }
  const seen = await trafficUntil(pool, only('New Town'))
  assert.deepEqual(
    [...seen].toSorted(),
    ['New Town', 'Old Town'].filter(name => seen.has(name)),
  )
  // Each file once, however many threads there are.
  assert.deepEqual(
    server.statuses.filter(status => status === 200),
    [200, 200, 200],
  )
  assert.deepEqual(
    events.filter(({ type }) => type === 'thread-restarted'),
    [],
  )
})

test('a server that goes away and comes back leaves the traffic alone', async context => {
  const server = await serveFile(context, { bytes: city('Old Town'), etag: '"1"' })
  const port = Number(new URL(server.url).port)
  const { assets, pool, events } = await start(context, server, 20)
  assets.watch()
  await server.close()
  const seen = await trafficUntil(pool, () => events.some(({ type }) => type === 'asset-failed'))
  assert.deepEqual([...seen], ['Old Town'])
  await server.listen(port)
  server.file = { bytes: city('New Town'), etag: '"2"' }
  await trafficUntil(pool, only('New Town'))
})

test('all threads use the same memory', async context => {
  const server = await serveFile(context, { bytes: city('Old Town'), etag: '"1"' })
  const { assets, pool } = await start(context, server, 0)
  const bytes = await assets.bytesOf(setupFor(server).uri)
  assert.ok(bytes.buffer instanceof SharedArrayBuffer)
  // Nobody ever writes there; but who does is seen everywhere.
  bytes.set(Buffer.from('Odd'), Buffer.from(bytes).indexOf('Old Town'))
  const batches = await Promise.all([0, 1, 2, 3].map(part => cities(pool, part)))
  assert.deepEqual([...new Set(batches.flat())], ['Odd Town'])
  assert.deepEqual(server.statuses, [200])
})

test('a thread that is replaced gets the newest file', async context => {
  const threads: Worker[] = []
  const keep = (thread: Worker) => void threads.push(thread)
  process.on('worker', keep)
  context.after(() => process.off('worker', keep))
  const server = await serveFile(context, { bytes: city('Old Town'), etag: '"1"' })
  const { assets, pool, events } = await start(context, server, 0)
  server.file = { bytes: city('New Town'), etag: '"2"' }
  await assets.refresh()
  await Promise.all(threads.map(thread => thread.terminate()))
  const batches = await Promise.all([0, 1, 2, 3].map(part => cities(pool, part)))
  assert.deepEqual([...new Set(batches.flat())], ['New Town'])
  assert.equal(events.filter(({ type }) => type === 'thread-restarted').length, 2)
  assert.deepEqual(server.statuses, [200, 200])
})

test('what is wrong with a file at the start is told with its name', async context => {
  const server = await serveFile(context, { bytes: '<html>', etag: '"1"' })
  const { setup, uri } = setupFor(server)
  const assets = openAssets({ environment: {} })
  await assert.rejects(
    buildCore(setup, () => {}, assets),
    {
      message: new RegExp(`ip_lookups.*${uri}: is refused: it is no MaxMind DB file`),
    },
  )
})

const Bucket = 'lists'
const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }

/** The environment's credentials, for the length of a test. */
function withCredentials(context: TestContext): void {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey
  context.after(() => {
    restore('AWS_ACCESS_KEY_ID', id)
    restore('AWS_SECRET_ACCESS_KEY', secret)
  })
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

test('an object of S3 is fetched, and again when it has changed', async context => {
  withCredentials(context)
  const aws = await startAwsLocal()
  const region = 'us-east-1'
  const client = new S3Client({ endpoint: aws.endpoint, region, forcePathStyle: true, credentials })
  context.after(() => {
    client.destroy()
    return aws.close()
  })
  await client.send(new CreateBucketCommand({ Bucket }))
  const put = (Body: string) => client.send(new PutObjectCommand({ Bucket, Key: 'a b/ü.txt', Body }))
  await put('one')
  const events: MillraceEvent[] = []
  const environment = { AWS_ENDPOINT_URL_S3: aws.endpoint }
  const assets = openAssets({ environment, observe: event => events.push(event) })
  const asset = await assets.open('s3://lists/a b/ü.txt', bytes => Buffer.from(bytes).toString())
  assert.equal(asset.current, 'one')
  await assets.refresh()
  assert.deepEqual(events, [])
  await put('two')
  await assets.refresh()
  assert.equal(asset.current, 'two')
  await assert.rejects(
    assets.open('s3://lists/none', () => 0),
    /s3:\/\/lists\/none: the server answers HTTP 404/,
  )
  await assets.close()
})

const hex = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')
const sign = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

test('a request to S3 is signed as AWS wants it', async context => {
  withCredentials(context)
  const server = await serveFile(context, { bytes: 'one', etag: '"1"' })
  const environment = { AWS_ENDPOINT_URL_S3: server.url, AWS_REGION: 'eu-central-1' }
  const assets = openAssets({ environment })
  await assets.open("s3://lists/a b/it's.txt", bytes => bytes.byteLength)
  const [{ headers, path } = assert.fail()] = server.requests
  assert.equal(path, '/lists/a%20b/it%27s.txt')
  const [, scope = '', names = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=key\/([^,]+), SignedHeaders=([^,]+), Signature=([\da-f]+)$/.exec(
      headers.authorization ?? '',
    ) ?? []
  const day = String(headers['x-amz-date']).slice(0, 8)
  assert.equal(scope, `${day}/eu-central-1/s3/aws4_request`)
  const signed = names.split(';').map(name => `${name}:${String(headers[name])}\n`)
  const content = String(headers['x-amz-content-sha256'])
  const canonical = ['GET', path, '', signed.join(''), names, content].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hex(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>(sign, 'AWS4secret')
  assert.equal(sign(key, text).toString('hex'), signature)
  await assets.close()
})
