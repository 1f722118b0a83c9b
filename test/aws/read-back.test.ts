import { openAws } from '../../src/backends/aws/index.ts'
import { openMemory } from '../../src/backends/memory/index.ts'
import { testReadBack } from '../read-back.ts'
import { startKinesisLocal } from './kinesis-local.ts'

// Leases in this process, streams in an emulator of Kinesis: what is read back there is what Kinesis would tell.
testReadBack(
  'kinesis-local',
  async () => {
    const emulator = await startKinesisLocal()
    const leases = openMemory()
    const backend = openAws({
      endpoint: emulator.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      leaseStore: consumer => leases.leaseStore(consumer),
      idleMs: 50,
      behindMs: 10,
      pollMs: 20,
    })
    const close = async () => {
      await backend.close()
      await emulator.close()
    }
    return { backend, close }
  },
  { leaseMs: 3000, dateMarginMs: 2000 },
)
