import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openBackend, startWorker } from '../src/service/index.ts'
import { configSchema } from '../src/config/index.ts'
import { encodeCollectorPayload, readTsv } from '../src/core/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { unobserved, type MillraceEvent } from '../src/observe/index.ts'
import { tail, type Source } from '../src/streams/index.ts'

/* A worker with scripts that mean harm and pseudonyms, on streams on disk: what comes out, and that nothing stalls. */

const vendor = 'com.snowplowanalytics.snowplow'

const source = `
function process(event) {
  switch (event.app_id) {
    case 'loop': for (;;);
    case 'regex': return [/^(a+)+$/.test('a'.repeat(40) + 'b')]
    case 'memory': { const all = []; for (;;) all.push(new Array(100000).fill('x')) }
    case 'huge': return ['x'.repeat(5000000)]
    case 'drop': return event.drop()
    case 'escape': return [this.constructor.constructor('return process.exit(1)')()]
    case 'proto': Object.prototype.toJSON = () => { for (;;); }; return [{}]
  }
  delete Object.prototype.toJSON
}`

const enrichments = [
  {
    schema: `iglu:${vendor}/javascript_script_config/jsonschema/1-0-0`,
    data: {
      vendor,
      name: 'javascript_script_config',
      enabled: true,
      parameters: { script: Buffer.from(source).toString('base64') },
    },
  },
  {
    schema: `iglu:${vendor}.enrichments/pii_enrichment_config/jsonschema/2-0-0`,
    data: {
      vendor: `${vendor}.enrichments`,
      name: 'pii_enrichment_config',
      enabled: true,
      emitEvent: true,
      parameters: {
        pii: [{ pojo: { field: 'user_id' } }],
        strategy: { pseudonymize: { hashFunction: 'MD2', salt: 'pepper' } },
      },
    },
  },
]

function record(appId: string) {
  const data = encodeCollectorPayload({
    timestamp: Date.UTC(2026, 0, 1),
    encoding: 'UTF-8',
    collector: 'test',
    path: '/i',
    querystring: `e=pp&p=web&tv=t&uid=alex&aid=${appId}`,
    headers: [],
    ipAddress: '203.0.113.7',
  })
  return { partitionKey: appId, data }
}

async function first(from: Source, count: number): Promise<string[]> {
  const stop = new AbortController()
  const lines: string[] = []
  const limits = { signal: stop.signal, maxBatchBytes: 1024 * 1024, maxBatchRecords: 1000 }
  for await (const { records } of tail(from, { ...limits, from: { at: 'trimHorizon' } })) {
    for (const { data } of records) lines.push(Buffer.from(data).toString())
    if (lines.length >= count) break
  }
  stop.abort()
  return lines
}

const harmful = ['loop', 'regex', 'memory', 'huge', 'escape', 'proto']

test(
  'events that make scripts harmful are bad rows, and all others come out with their PII events',
  { timeout: 120_000 },
  async t => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-scripts-'))
    t.after(() => rm(directory, { recursive: true }))
    const config = configSchema.parse({
      embedded: { directory },
      streams: { raw: { shards: 1 }, pii: {} },
      // Scripts run in a thread all the same.
      worker: { threads: 0 },
      enrich: { scripts: { timeoutMs: 100, memoryBytes: 32 * 1024 * 1024 } },
    })
    const told: MillraceEvent[] = []
    const parts = { clock: systemClock, observe: (event: MillraceEvent) => void told.push(event) }
    const worker = await startWorker(config, { igluConfig: null, enrichments }, parts)
    t.after(() => worker.stop('test'))
    const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
    t.after(() => backend.close())
    const sent = harmful.flatMap(appId => ['kind', appId, 'drop'])
    await backend.producer(config.streams.raw.name).put([...sent, 'last'].map(record))
    const good = await first(backend.source('enriched'), harmful.length + 1)
    const bad = await first(backend.source('bad'), harmful.length)
    const pii = await first(backend.source('pii'), harmful.length + 1)
    assert.deepEqual(
      good.map(line => readTsv(line)?.app_id),
      [...harmful.map(() => 'kind'), 'last'],
    )
    assert.deepEqual(
      bad.map(line => JSON.parse(line).data.payload.enriched.app_id),
      harmful,
    )
    for (const line of bad)
      assert.match(line, /enrichment_failures.*Error during execution of JavaScript function/)
    assert.equal(pii.length, harmful.length + 1)
    for (const line of pii) assert.match(line, /"originalValue":"alex"/)
    const committed = told.filter(event => event.type === 'batch-committed')
    assert.equal(
      committed.reduce((sum, { dropped }) => sum + dropped, 0),
      harmful.length,
    )
    assert.equal(
      committed.reduce((sum, event) => sum + event.pii, 0),
      harmful.length + 1,
    )
    assert.deepEqual(
      told.filter(({ type }) => type === 'thread-restarted' || type === 'lease-lost'),
      [],
    )
  },
)
