import { testCommitter } from '../../delivery/committer.contract.ts'
import { testReadBackSink } from '../../delivery/read-back-sink.contract.ts'
import { testLeaseStore } from '../../leases/store.contract.ts'
import { systemClock } from '../../lib/index.ts'
import { testProducer } from '../../streams/producer.contract.ts'
import { testSource, type StreamBackend } from '../../streams/source.contract.ts'
import { openMemory } from './index.ts'

async function streams(): Promise<StreamBackend> {
  let passed = 0
  const clock = { ...systemClock, now: () => systemClock.now() + passed }
  const backend = openMemory({ clock, idleMs: 10 })
  return {
    control: backend,
    producer: stream => backend.producer(stream),
    source: stream => backend.source(stream),
    pass: async ms => {
      passed += ms
    },
    trim: async stream => {
      await backend.source(stream).listShards()
    },
    close: () => backend.close(),
  }
}

testSource('memory', streams)
testProducer('memory', streams)

testLeaseStore('memory', async () => {
  const backend = openMemory()
  return {
    open: () => backend.leaseStore({ application: 'app', stream: 'raw' }),
    close: () => backend.close(),
  }
})

testCommitter('memory', async () => {
  const backend = openMemory({ idleMs: 10 })
  for (const stream of ['good', 'bad', 'failed', 'pii']) {
    await backend.createStream(stream, { shards: 2, role: 'output' })
  }
  return {
    store: backend.leaseStore({ application: 'app', stream: 'raw' }),
    committer: backend.committer({
      application: 'app',
      inputStream: 'raw',
      streams: { good: 'good', bad: 'bad', failed: 'failed', pii: 'pii' },
    }),
    outputs: {
      good: backend.source('good'),
      bad: backend.source('bad'),
      failed: backend.source('failed'),
      pii: backend.source('pii'),
    },
    close: () => backend.close(),
  }
})

testReadBackSink('memory', async () => {
  const backend = openMemory({ idleMs: 10 })
  const streams = { good: 'good', bad: 'bad', failed: 'failed', pii: 'pii' }
  for (const stream of Object.values(streams))
    await backend.createStream(stream, { shards: 1, role: 'output' })
  return {
    sink: backend.streamSink({ application: 'app', streams }),
    outputs: {
      good: backend.source('good'),
      bad: backend.source('bad'),
      failed: backend.source('failed'),
      pii: backend.source('pii'),
    },
    close: () => backend.close(),
  }
})
