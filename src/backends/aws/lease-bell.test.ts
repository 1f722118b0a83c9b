import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/index.ts'
import { DynamoClient } from './dynamo-client.ts'
import { LeaseBell } from './lease-bell.ts'
import { LeaseItems } from './lease-items.ts'
import { no, startService, type Answer } from './test-service.ts'

test('a bell that cannot be looked at is looked at less often, until it can be again', async context => {
  const answers: Answer[] = [no('ProvisionedThroughputExceededException'), no('InternalServerError', 500)]
  const service = await startService(() => answers.shift() ?? { json: {} })
  context.after(() => service.close())
  process.env['AWS_ACCESS_KEY_ID'] ??= 'local'
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local'
  const client = new DynamoClient({ endpoint: service.endpoint, region: 'eu-west-1', timeoutMs: 5000 })
  context.after(() => client.close())
  const waits: number[] = []
  const enough = Promise.withResolvers<void>()
  const clock = {
    ...systemClock,
    async sleep(ms: number) {
      waits.push(ms)
      if (waits.length === 3) enough.resolve()
    },
  }
  const bell = new LeaseBell(new LeaseItems(client, 'leases'), { clock, everyMs: 400 })
  bell.saw(['shardId-000000000000'])
  const stop = bell.listen(() => {})
  await enough.promise
  stop()
  assert.deepEqual(waits.slice(0, 3), [4000, 4000, 400])
})
