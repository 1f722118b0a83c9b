import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkConfig } from '../src/config/index.ts'
import { encodeCollectorPayload } from '../src/core/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { createMetrics, unobserved } from '../src/observe/index.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import { createStreams, openBackend, startWorkerProcess } from '../src/service/index.ts'

type Ended = Extract<MillraceEvent, { type: 'process-ended' }>

const title =
  'a replaced worker says why it does not start, is tried again, and given up where that cannot help'

test(title, { timeout: 60_000 }, async t => {
  const directory = join(mkdtempSync(join(tmpdir(), 'millrace-replaced-')), 'data')
  t.after(() => rmSync(join(directory, '..'), { recursive: true, force: true }))
  const document = {
    value: { embedded: { directory }, worker: { threads: 0 } },
    placeOf: () => ({ file: 'test', line: 1 }),
  }
  const config = checkConfig(document)
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  await createStreams(backend, config)
  await backend.close()

  const ends: Ended[] = []
  const waits: number[] = []
  const given = Promise.withResolvers<void>()
  const clock = {
    ...systemClock,
    async sleep(ms: number) {
      waits.push(ms)
      // First files that a restored backup would heal, then something that no wait can.
      rmSync(directory, { recursive: true })
      if (ends.length < 3) mkdirSync(directory)
      if (ends.length < 3) writeFileSync(join(directory, 'raw-raw.db'), 'no database'.repeat(1000))
      else writeFileSync(directory, '')
    },
  }
  const observe = (event: MillraceEvent): void => {
    if (event.type !== 'process-ended') return
    ends.push(event)
    if (event.restartInMs === undefined) given.resolve()
  }
  const documents = { igluConfig: null, enrichments: [] }
  const worker = await startWorkerProcess('worker-1', { config, documents }, { clock, observe })
  t.after(() => worker.stop('test'))
  assert.ok(worker.pid !== undefined)
  process.kill(worker.pid, 'SIGKILL')
  await given.promise

  const [killed, ...refused] = ends
  assert.deepEqual([killed?.signal, killed?.error], ['SIGKILL', undefined])
  const last = refused.pop()
  assert.ok(refused.length >= 2)
  for (const { error } of refused) assert.match(error ?? '', /^worker-1: .*the file is damaged/)
  assert.match(
    last?.error ?? '',
    /^worker-1: cannot make the directory .*it is not started again: correct this/,
  )
  assert.ok((waits[1] ?? 0) > (waits[0] ?? 0) * 0.9 && (waits.at(-1) ?? 0) > 1500, String(waits))
})

test('a worker that is killed while it starts for the first time is followed by another', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-killed-at-start-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const config = checkConfig({
    value: { embedded: { directory }, worker: { threads: 0 } },
    placeOf: () => ({ file: 'test', line: 1 }),
  })
  const ends: Ended[] = []
  const ready = Promise.withResolvers<void>()
  const observe = (event: MillraceEvent): void => {
    if (event.type === 'process-ended') ends.push(event)
    if (event.type === 'worker-ready') ready.resolve()
  }
  const documents = { igluConfig: null, enrichments: [] }
  const { NODE_OPTIONS: before } = process.env
  // Kills the process that begins with it. The next one begins without.
  process.env['NODE_OPTIONS'] = "--import=data:text/javascript,process.kill(process.pid,'SIGKILL')"
  const starting = startWorkerProcess('worker-1', { config, documents }, { clock: systemClock, observe })
  if (before === undefined) delete process.env['NODE_OPTIONS']
  else process.env['NODE_OPTIONS'] = before
  const worker = await starting
  t.after(() => worker.stop('test'))
  await ready.promise
  assert.equal(ends.length, 1)
  assert.equal(ends[0]?.error, 'worker-1 ended at start (SIGKILL)')
  assert.ok((ends[0].restartInMs ?? 0) > 0)
})

test('a worker that is killed takes its open circuits along', { timeout: 60_000 }, async t => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-killed-circuits-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const config = checkConfig({
    value: { embedded: { directory }, worker: { threads: 1 }, streams: { raw: { shards: 1 } } },
    placeOf: () => ({ file: 'test', line: 1 }),
  })
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  await createStreams(backend, config)
  const payload = {
    ipAddress: '1.2.3.4',
    timestamp: 1_700_000_000_000,
    encoding: 'UTF-8',
    collector: 'test',
    path: '/i',
  }
  const records = Array.from({ length: 20 }, (_, n) => ({
    partitionKey: 'k',
    data: encodeCollectorPayload({ ...payload, querystring: `e=pv&p=web&uid=user-${n}` }),
  }))
  await backend.producer(config.streams.raw.name).put(records)
  await backend.close()
  const metrics = createMetrics({ version: '1' })
  const open = async () =>
    (await metrics.series('millrace_circuits_open')).reduce((sum, { value }) => sum + value, 0)
  const opened = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<Ended>()
  const observe = (event: MillraceEvent): void => {
    metrics.observe(event)
    if (event.type === 'circuit-changed') opened.resolve()
    if (event.type === 'process-ended') ended.resolve(event)
  }
  const documents = { igluConfig: null, enrichments: [await apiThatIsDown()] }
  const worker = await startWorkerProcess('worker-1', { config, documents }, { clock: systemClock, observe })
  t.after(() => worker.stop('test'))
  await opened.promise
  assert.equal(await open(), 1)
  assert.ok(worker.pid !== undefined)
  process.kill(worker.pid, 'SIGKILL')
  assert.deepEqual((await ended.promise).openCircuits, ['api-request'])
  assert.equal(await open(), 0)
})

/** An enrichment that asks where nobody listens. */
async function apiThatIsDown(): Promise<object> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  server.close()
  await once(server, 'close')
  const vendor = 'com.snowplowanalytics.snowplow.enrichments'
  const name = 'api_request_enrichment_config'
  const http = { method: 'GET', uri: `http://127.0.0.1:${port}/{{user}}`, timeout: 1000, authentication: {} }
  const parameters = {
    inputs: [{ key: 'user', pojo: { field: 'user_id' } }],
    api: { http },
    outputs: [{ schema: 'iglu:com.acme/user/jsonschema/1-0-0', json: { jsonPath: '$' } }],
    cache: { size: 100, ttl: 60 },
  }
  const schema = `iglu:${vendor}/${name}/jsonschema/1-0-0`
  return { schema, data: { vendor, name, enabled: true, parameters } }
}
