import { setTimeout as sleep } from 'node:timers/promises'
import { openAws, type AwsBackend } from '../../src/backends/aws/index.ts'
import { testReadBackSink } from '../../src/delivery/read-back-sink.contract.ts'
import { testProducer } from '../../src/streams/producer.contract.ts'
import { testSource, type StreamBackend } from '../../src/streams/source.contract.ts'
import { openSink, place } from './double.ts'
import { startKinesisLocal } from './kinesis-local.ts'

// The contracts, against an emulator by other hands.

interface Opened {
  readonly backend: AwsBackend
  readonly close: () => Promise<void>
}

async function open(): Promise<Opened> {
  const emulator = await startKinesisLocal()
  const backend = openAws({
    endpoint: emulator.endpoint,
    ...place,
    idleMs: 50,
    behindMs: 10,
    pollMs: 20,
    // The emulator is slow.
    putTimeoutMs: 20_000,
    producerTimeoutMs: 20_000,
  })
  return {
    backend,
    async close() {
      await backend.close()
      await emulator.close()
    },
  }
}

async function streams(): Promise<StreamBackend> {
  const { backend, close } = await open()
  return {
    control: backend,
    producer: stream => backend.producer(stream),
    source: stream => backend.source(stream),
    pass: ms => sleep(ms),
    close,
  }
}

testSource('kinesis-local', streams)
testProducer('kinesis-local', streams)

testReadBackSink('kinesis-local', async () => {
  const { backend, close } = await open()
  return openSink(backend, close)
})
