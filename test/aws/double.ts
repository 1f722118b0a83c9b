import { KinesisClient } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { startAwsLocal, type AwsLocalOptions } from '../../src/aws-local/index.ts'
import { openAws, type AwsBackend, type AwsOptions } from '../../src/backends/aws/index.ts'
import { systemClock } from '../../src/lib/index.ts'

export const shardId = 'shardId-000000000000'

/** What opens anything that stands in for Kinesis. */
export const place = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  leaseStore: () => {
    throw new Error('no leases here')
  },
}

export interface DoubleOptions extends Partial<AwsOptions> {
  readonly double?: AwsLocalOptions
}

/** Our own double, a backend and the SDK's client on it, and a clock on which days pass in no time. */
export async function openDouble({ double: changed, ...options }: DoubleOptions = {}) {
  let passed = 0
  const clock = { ...systemClock, now: () => systemClock.now() + passed }
  const double = await startAwsLocal({ clock, limits: 'none', ...changed })
  const { endpoint } = double
  const backend = openAws({ endpoint, ...place, idleMs: 20, behindMs: 1, pollMs: 5, clock, ...options })
  const { leaseStore: _, ...where } = place
  const requestHandler = new NodeHttpHandler({ httpAgent: { keepAlive: false } })
  const client = new KinesisClient({ endpoint, ...where, requestHandler })
  return {
    backend,
    client,
    clock,
    pass: (ms: number) => void (passed += ms),
    close: async () => {
      client.destroy()
      await backend.close()
      await double.close()
    },
  }
}

/** What the contract of sinks asks for: a stream for each kind of output, and a reader of each. */
export async function openSink(backend: AwsBackend, close: () => Promise<void>) {
  const streams = { good: 'good', bad: 'bad', failed: 'failed', pii: 'pii' }
  for (const stream of Object.values(streams))
    await backend.createStream(stream, { shards: 1, role: 'output' })
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
}
