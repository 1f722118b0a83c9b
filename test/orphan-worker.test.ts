import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { checkConfig } from '../src/config/index.ts'
import { encodeCollectorPayload } from '../src/core/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { unobserved } from '../src/observe/index.ts'
import { createStreams, openBackend } from '../src/service/index.ts'
import type { Orders } from './worker-parent.ts'

const title =
  'a worker whose parent is killed ends within seconds, whatever its drain may take, and lets go of what is not done'

test(title, { timeout: 90_000 }, async t => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-orphan-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const config = checkConfig({
    value: {
      embedded: { directory },
      // Longer than the minute for which the service is waited for.
      worker: { threads: 1, drainMs: '600 s', batchTimeoutMs: '600 s' },
      streams: { raw: { shards: 1 } },
    },
    placeOf: () => ({ file: 'test', line: 1 }),
  })
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  t.after(() => backend.close())
  await createStreams(backend, config)
  const payload = { timestamp: 1_700_000_000_000, encoding: 'UTF-8', collector: 'test', path: '/i' }
  const data = encodeCollectorPayload({
    ...payload,
    ipAddress: '1.2.3.4',
    querystring: 'e=pv&p=web&uid=somebody',
  })
  await backend.producer(config.streams.raw.name).put([{ partitionKey: 'k', data }])
  const silent = await startSilent(t)

  const parent = fork(join(import.meta.dirname, 'worker-parent.ts'), {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let worker: number | undefined
  let ended = false
  const named = new Promise<void>(resolve =>
    parent.on('message', (message: { readonly pid?: number }) => {
      if (message.pid === undefined) return
      worker = message.pid
      resolve()
    }),
  )
  t.after(() => {
    parent.kill('SIGKILL')
    if (!ended && worker !== undefined) process.kill(worker, 'SIGKILL')
  })
  // The worker has the same standard output, and "close" comes when nobody has it any more.
  const closed = once(parent, 'close').then(() => (ended = true))
  parent.stdout?.resume()
  const documents = { igluConfig: null, enrichments: [asking(silent.port)] }
  parent.send({ config, documents } satisfies Orders)
  await Promise.all([named, silent.asked])
  const killedAt = performance.now()
  parent.kill('SIGKILL')
  await closed
  assert.ok(performance.now() - killedAt < 40_000)

  const { application, streams } = config
  const store = backend.leaseStore({ application, stream: streams.raw.name })
  const [row] = await store.list()
  assert.deepEqual([row?.owner, row?.checkpoint], [undefined, { at: 'trimHorizon' }])
})

/** A service that takes a question and never answers. */
async function startSilent(
  t: TestContext,
): Promise<{ readonly port: number; readonly asked: Promise<void> }> {
  const asked = Promise.withResolvers<void>()
  const server = createServer(() => asked.resolve()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, asked: asked.promise }
}

function asking(port: number): object {
  const vendor = 'com.snowplowanalytics.snowplow.enrichments'
  const name = 'api_request_enrichment_config'
  const uri = `http://127.0.0.1:${port}/{{user}}`
  const parameters = {
    inputs: [{ key: 'user', pojo: { field: 'user_id' } }],
    api: { http: { method: 'GET', uri, timeout: 60_000, authentication: {} } },
    outputs: [{ schema: 'iglu:com.acme/user/jsonschema/1-0-0', json: { jsonPath: '$' } }],
    cache: { size: 100, ttl: 60 },
  }
  const schema = `iglu:${vendor}/${name}/jsonschema/1-0-0`
  return { schema, data: { vendor, name, enabled: true, parameters } }
}
