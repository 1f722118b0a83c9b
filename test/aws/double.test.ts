import { startAwsLocal } from '../../src/aws-local/index.ts'
import { openAws, type AwsBackend, type AwsOptions } from '../../src/backends/aws/index.ts'
import { testReadBackSink } from '../../src/delivery/read-back-sink.contract.ts'
import { systemClock } from '../../src/lib/index.ts'
import { testProducer } from '../../src/streams/producer.contract.ts'
import { testSource, type StreamBackend } from '../../src/streams/source.contract.ts'

// The contracts once more, against our own double, where time can be hurried and retention be seen.

interface Opened {
  readonly backend: AwsBackend
  readonly pass: (ms: number) => Promise<void>
  readonly close: () => Promise<void>
}

async function open(options: Partial<AwsOptions> = {}): Promise<Opened> {
  let passed = 0
  const clock = { ...systemClock, now: () => systemClock.now() + passed }
  const double = await startAwsLocal({ clock, limits: 'none' })
  const backend = openAws({
    endpoint: double.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    leaseStore: () => {
      throw new Error('no leases here')
    },
    idleMs: 20,
    behindMs: 1,
    pollMs: 5,
    clock,
    ...options,
  })
  return {
    backend,
    async pass(ms) {
      passed += ms
    },
    async close() {
      await backend.close()
      await double.close()
    },
  }
}

const dayMs = 24 * 60 * 60 * 1000

async function streams(options: Partial<AwsOptions> = {}): Promise<StreamBackend> {
  const { backend, close, pass } = await open(options)
  return {
    control: backend,
    producer: stream => backend.producer(stream),
    source: stream => backend.source(stream, { application: 'reader' }),
    // The retention of one second that the suite asks for is a day here: Kinesis has no shorter one.
    pass: ms => pass(ms < 1000 ? ms : (ms / 1000) * dayMs),
    trim: async stream => {
      await backend.listShards(stream)
    },
    unsureOfGaps: true,
    close,
  }
}

testSource('aws-local', () => streams())
testSource('aws-local, enhanced fan-out', () => streams({ retrieval: 'fanOut' }))
testProducer('aws-local', () => streams())

testReadBackSink('aws-local', async () => {
  const { backend, close } = await open()
  const streams = { good: 'good', bad: 'bad', failed: 'failed', pii: 'pii' }
  for (const stream of Object.values(streams)) {
    await backend.createStream(stream, { shards: 1, role: 'output' })
  }
  return {
    sink: backend.sink({ application: 'app', streams }),
    outputs: {
      good: backend.source('good'),
      bad: backend.source('bad'),
      failed: backend.source('failed'),
      pii: backend.source('pii'),
    },
    close,
  }
})
