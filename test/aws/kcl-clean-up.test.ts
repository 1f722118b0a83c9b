import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AwsLeaseStore, DynamoClient, LeaseItems, openLeaseTable } from '../../src/backends/aws/index.ts'
import type { WorkOnShard } from '../../src/leases/index.ts'
import { evenRanges } from '../../src/streams/index.ts'
import { Events } from '../harness.ts'
import { TestDynamo } from './dynamo.ts'
import { fasterClock, makeWorker } from './fleet.ts'

// KCL removes the row of an ended shard once its children are worked on; the stream knows the shard for a day and more.
test(
  'a shard whose row KCL has removed is not begun with again; its children go on',
  { timeout: 30_000 },
  async t => {
    const dynamo = await TestDynamo.start()
    t.after(() => dynamo.stop())
    const network = await dynamo.network()
    const client = new DynamoClient({ endpoint: network.endpoint })
    t.after(() => client.close())
    await openLeaseTable(client, 'leases', { pollMs: 20 })
    const items = new LeaseItems(client, 'leases')
    for (const shardId of ['left', 'right']) {
      await items.create({
        leaseKey: { S: shardId },
        leaseCounter: { N: '40' },
        checkpoint: { S: '4711' },
        checkpointSubSequenceNumber: { N: '0' },
        ownerSwitchesSinceCheckpoint: { N: '0' },
        parentShardId: { SS: ['parent'] },
      })
    }
    const [whole, ...halves] = [...evenRanges(1), ...evenRanges(2)]
    assert.ok(whole)
    const parent = { shardId: 'parent', parents: [], ...whole, startingSequence: '0', endingSequence: '4000' }
    const children = halves.map((range, i) => ({
      shardId: i === 0 ? 'left' : 'right',
      parents: ['parent'],
      ...range,
      startingSequence: '4001',
    }))
    const begun: string[] = []
    const events = new Events()
    const work: WorkOnShard = async ({ shardId, lost, draining }) => {
      begun.push(shardId)
      const stop = AbortSignal.any([lost, draining])
      if (!stop.aborted) await new Promise(resolve => stop.addEventListener('abort', resolve))
      return 'drained'
    }
    const { coordinator } = makeWorker({
      name: 'w',
      network,
      shards: [parent, ...children],
      clock: fasterClock(8),
      observe: events.observe,
      timeoutMs: 1000,
      work,
    })
    const both = events.seen(event => event.type === 'leases-scanned' && event.held === 2)
    await coordinator.start()
    await both
    await coordinator.stop()
    assert.deepEqual(begun.toSorted(), ['left', 'right'])
    const rows = await new AwsLeaseStore(client, 'leases').list()
    assert.deepEqual(rows.map(({ shardId }) => shardId).toSorted(), ['left', 'right'])
  },
)
