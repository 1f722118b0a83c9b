import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoClient, openLeaseTable } from '../../src/backends/aws/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import type { MillraceEvent } from '../../src/observe/index.ts'
import { TestDynamo } from './dynamo.ts'
import { makeWorker, shardsOf } from './fleet.ts'

// A lease table that is deleted under a worker, and made anew.

const taken = ({ type }: MillraceEvent) => type === 'lease-taken'
const timers = { leaseMs: 1000, renewMs: 300, scanMs: 200, shardSyncMs: 400 }

test(
  'a worker outlives its lease table, says what is missing, and works again when there is one',
  { timeout: 60_000 },
  async t => {
    const dynamo = await TestDynamo.start()
    const network = await dynamo.network()
    const client = new DynamoClient({ endpoint: network.endpoint, timeoutMs: 5000 })
    const admin = new DynamoDBClient({ endpoint: network.endpoint })
    t.after(async () => {
      client.close()
      admin.destroy()
      await dynamo.stop()
    })
    const make = () => openLeaseTable(client, 'leases', { pollMs: 20 })
    await make()
    const events: MillraceEvent[] = []
    const waiting = new Set<() => void>()
    const observe = (event: MillraceEvent) => {
      events.push(event)
      for (const look of waiting) look()
    }
    /** Resolves when so many events of which this is true have come since now. */
    const seen = (wanted: (event: MillraceEvent) => boolean, count = 1) => {
      const from = events.length
      return new Promise<void>(resolve => {
        const look = () => {
          if (events.slice(from).filter(wanted).length < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
      })
    }
    const shards = shardsOf(3)
    const { coordinator } = makeWorker({
      name: 'w',
      network,
      clock: systemClock,
      observe,
      shards,
      timeoutMs: 2000,
      timers,
    })
    const firstTakes = seen(taken, 3)
    await coordinator.start()
    await firstTakes
    const told = seen(
      event => event.type === 'outside-failed' && /there is no table leases/.test(event.error),
    )
    const refused = seen(event => event.type === 'lease-written' && event.result === 'failed', 3)
    await admin.send(new DeleteTableCommand({ TableName: 'leases' }))
    await Promise.all([told, refused])
    assert.deepEqual([events.filter(({ type }) => type === 'lease-lost'), coordinator.held.length], [[], 3])
    const newTakes = seen(taken, 3)
    await make()
    await newTakes
    await coordinator.stop()
    assert.deepEqual(
      events.filter(({ type }) => type === 'bug'),
      [],
    )
  },
)
