import { testReadBackSink } from '../../src/delivery/read-back-sink.contract.ts'
import { testProducer } from '../../src/streams/producer.contract.ts'
import { testSource, type StreamBackend } from '../../src/streams/source.contract.ts'
import { openDouble, openSink, type DoubleOptions } from './double.ts'

// The contracts once more, against our own double, where time can be hurried and retention be seen.

const dayMs = 24 * 60 * 60 * 1000

async function streams(options: DoubleOptions = {}): Promise<StreamBackend> {
  const { backend, close, pass } = await openDouble(options)
  return {
    control: backend,
    producer: stream => backend.producer(stream),
    source: stream => backend.source(stream, { application: 'reader' }),
    // The retention of one second that the suite asks for is a day here: Kinesis has no shorter one.
    pass: async ms => pass(ms < 1000 ? ms : (ms / 1000) * dayMs),
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
  const { backend, close } = await openDouble()
  return openSink(backend, close)
})
