import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testCommitter } from '../../delivery/committer.contract.ts'
import { testReadBackSink } from '../../delivery/read-back-sink.contract.ts'
import { testLeaseStore } from '../../leases/store.contract.ts'
import { systemClock } from '../../lib/index.ts'
import { testProducer } from '../../streams/producer.contract.ts'
import { testSource, type StreamBackend } from '../../streams/source.contract.ts'
import { openEmbedded, type EmbeddedBackend, type EmbeddedOptions } from './index.ts'

async function open(options: Partial<EmbeddedOptions> = {}): Promise<{
  backend: EmbeddedBackend
  close: () => Promise<void>
}> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-'))
  const backend = openEmbedded({ directory, idleMs: 10, ...options })
  const close = async () => {
    await backend.close()
    await rm(directory, { recursive: true })
  }
  return { backend, close }
}

async function streams(): Promise<StreamBackend> {
  let passed = 0
  const clock = { ...systemClock, now: () => systemClock.now() + passed }
  const { backend, close } = await open({ clock })
  return {
    control: backend,
    producer: stream => backend.producer(stream),
    source: stream => backend.source(stream),
    pass: async ms => {
      passed += ms
    },
    trim: stream => backend.trim(stream),
    close,
  }
}

testSource('embedded', streams)
testProducer('embedded', streams)

testLeaseStore('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-'))
  // Two connections to the same files, as two processes have them.
  const backends = [openEmbedded({ directory }), openEmbedded({ directory })]
  let opened = 0
  return {
    open: () => {
      const backend = backends[opened++ % 2] ?? openEmbedded({ directory })
      return backend.leaseStore({ application: 'app', stream: 'raw' })
    },
    close: async () => {
      await Promise.all(backends.map(backend => backend.close()))
      await rm(directory, { recursive: true })
    },
  }
})

testCommitter('embedded', async () => {
  const { backend, close } = await open()
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
    close,
  }
})

testReadBackSink('embedded', async () => {
  const { backend, close } = await open()
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
    close,
  }
})
