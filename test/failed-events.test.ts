import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openEmbedded } from '../src/backends/embedded/index.ts'
import { configSchema } from '../src/config/index.ts'
import { encodeCollectorPayload, readTsv } from '../src/core/index.ts'
import { transactionalDelivery } from '../src/delivery/index.ts'
import { coreOptions } from '../src/service/worker.ts'
import { buildCore } from '../src/worker/core-setup.ts'
import { InlineEnricher } from '../src/worker/enricher.ts'
import { createStreams, makeWorker, readAll } from './harness.ts'

function payload(querystring: string): Buffer {
  const request = { path: '/i', timestamp: Date.UTC(2026, 0, 1), encoding: 'UTF-8', collector: 'c' }
  return Buffer.from(encodeCollectorPayload({ ...request, ipAddress: '1.2.3.4', querystring }))
}

test('through a worker, a bad event is in the bad stream and what is left of it in the failed one', async context => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-failed-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const backend = openEmbedded({ directory, idleMs: 20 })
  await createStreams(backend, 1)
  await backend.createStream('failed', { shards: 1, role: 'output' })
  const config = configSchema.parse({ streams: { failed: {} } })
  const { core } = await buildCore({ core: coreOptions(config), igluConfig: null, enrichments: [] })
  const streams = { good: 'good', bad: 'bad', failed: 'failed' }
  const sink = backend.sink({ application: 'app', inputStream: 'raw', streams })
  assert.ok(sink.capability === 'transactional')
  const delivery = transactionalDelivery(sink)
  const { worker, seen } = makeWorker(backend, 'a', new InlineEnricher(core), { delivery })
  const committed = seen(
    event => event.type === 'batch-committed' && event.good === 1 && event.bad === 1 && event.failed === 1,
  )
  await backend.producer('raw').put([
    { partitionKey: 'a', data: payload('e=pv&p=web&aid=good') },
    { partitionKey: 'b', data: payload('e=pv&p=web&aid=bad&vid=many') },
  ])
  await worker.start()
  await committed
  const [good, bad, failed] = await Promise.all(
    (['good', 'bad', 'failed'] as const).map(stream => readAll(backend, stream, 1)),
  )
  assert.equal(good?.length, 1)
  assert.match(bad?.join() ?? '', /badrows\/enrichment_failures/)
  assert.equal(failed?.length, 1)
  const event = readTsv(failed?.[0] ?? '')
  assert.deepEqual([event?.app_id, event?.domain_sessionidx], ['bad', null])
  assert.match(event?.derived_contexts ?? '', /snowplow\/failure\/jsonschema\/1-0-0","data":\{"failureType":/)
  await worker.stop('test')
  await backend.close()
})
