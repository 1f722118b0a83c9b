import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAwsLocal } from '../../src/aws-local/index.ts'
import { openAws } from '../../src/backends/aws/index.ts'
import { coreDefaults } from '../../src/core/index.ts'
import { ReadBack } from '../../src/delivery/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { readStream } from '../../src/streams/read.contract.ts'
import { buildCore, InlineEnricher } from '../../src/worker/index.ts'
import { pageViewRecords } from '../../bench/payloads.ts'

const shardId = 'shardId-000000000003'

test('good events say in a derived context what made them, and are found by it', async t => {
  const double = await startAwsLocal({ limits: 'none' })
  const backend = openAws({
    endpoint: double.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    leaseStore: () => assert.fail('no leases here'),
    provenance: 'derivedContext',
    pollMs: 5,
  })
  t.after(async () => {
    await backend.close()
    await double.close()
  })
  for (const stream of ['good', 'bad']) await backend.createStream(stream, { shards: 1, role: 'output' })
  const setup = { core: coreDefaults, provenanceOf: 'app', igluConfig: null, enrichments: [] }
  const { core } = await buildCore(setup)
  const records = [...pageViewRecords(4).map(({ data }) => data), Buffer.from('no Thrift')].map(
    (data, i) => ({
      sequence: String(1000 + i),
      subSequence: i,
      partitionKey: 'k',
      arrivedAt: 1_760_000_000_000,
      data,
    }),
  )
  const { outputs } = await new InlineEnricher(core).enrich({ stream: 'raw', shardId, records })
  const sink = backend.sink({ application: 'app', streams: { good: 'good', bad: 'bad' } })
  for (const kind of ['good', 'bad'] as const) {
    const some = outputs.filter(output => output.kind === kind)
    await sink.put({ kind, records: some, epoch: 7, mayGo: () => true })
  }
  const good = outputs.filter(({ kind }) => kind === 'good')
  const read = await readStream(backend.source('good'))
  assert.ok(good.length >= 4)
  assert.deepEqual(
    read.map(({ partitionKey, provenance }) => [partitionKey, provenance]),
    good.map(({ partitionKey, provenance }) => [
      partitionKey,
      { application: 'app', ...provenance, output: 0, epoch: 0 },
    ]),
  )
  const readBack = new ReadBack({
    outputs: new Map([
      ['good', backend.source('good')],
      ['bad', backend.source('bad')],
    ] as const),
    application: 'app',
    stream: 'raw',
    serverDate: backend.serverDate,
    dateSkewMs: 500,
    maxBatchBytes: 1e6,
    maxBatchRecords: 1000,
    clock: systemClock,
  })
  t.after(() => readBack.close())
  const look = readBack.look(shardId, systemClock.now() - 60_000)
  await look.readUpTo(systemClock.monotonic())
  // A bad row has no place for provenance: it would be written again.
  assert.deepEqual(
    look.present.missing(outputs).map(({ kind }) => kind),
    ['bad'],
  )
})
