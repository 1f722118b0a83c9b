import { test } from 'node:test'
import { configSchema } from '../../src/config/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { startAwsStandIns } from '../../src/service/index.ts'
import { allOutputs, killUnderTraffic } from '../kill.ts'

for (const retrievalMode of ['Polling', 'FanOut'] as const) {
  test(`over Kinesis and DynamoDB, ${retrievalMode}: kill -9 of a worker under traffic, nothing is lost, nothing comes twice`, async context => {
    const standIns = await startAwsStandIns({ clock: systemClock })
    context.after(() => standIns.stop())
    await killUnderTraffic(
      configSchema.parse({
        backend: 'aws',
        aws: {
          region: 'us-east-1',
          endpoint: standIns.endpoint,
          dynamodbEndpoint: standIns.dynamodbEndpoint,
          dateMarginMs: 2000,
          retrievalMode,
        },
        collector: { port: 0 },
        streams: allOutputs,
        leases: { leaseMs: 3000 },
        worker: { threads: 1, maxBatchRecords: 50 },
      }),
    )
  })
}
