import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import {
  AwsLeaseStore,
  DynamoClient,
  LeaseItems,
  openLeaseTable,
  type LeaseItem,
} from '../../src/backends/aws/index.ts'
import { kclItems, otherItems } from '../../src/backends/aws/test-kcl-items.ts'
import { Holding, type HeldLease, type Inheritance, type LeaseRow } from '../../src/leases/index.ts'
import { testLeaseStore } from '../../src/leases/store.contract.ts'
import { MillraceError, systemClock } from '../../src/lib/index.ts'
import { unobserved, type MillraceEvent } from '../../src/observe/index.ts'
import { TestDynamo, type Fate, type TestNetwork } from './dynamo.ts'
import { makeWorker, shardsOf } from './fleet.ts'

testLeaseStore('aws', async () => {
  const dynamo = await TestDynamo.start()
  const { endpoint } = await dynamo.network()
  const client = new DynamoClient({ endpoint, timeoutMs: 10_000 })
  await openLeaseTable(client, 'leases', { pollMs: 20 })
  return {
    open: () => new AwsLeaseStore(client, 'leases'),
    close: async () => {
      client.close()
      await dynamo.stop()
    },
  }
})

describe('leases in DynamoDB', () => {
  let dynamo: TestDynamo
  let network: TestNetwork
  let client: DynamoClient
  let store: AwsLeaseStore
  let kcl: DynamoDBClient
  let shards = 0
  before(async () => {
    dynamo = await TestDynamo.start()
    network = await dynamo.network()
    client = new DynamoClient({ endpoint: network.endpoint, timeoutMs: 2000 })
    await openLeaseTable(client, 'leases', { pollMs: 20 })
    store = new AwsLeaseStore(client, 'leases')
    kcl = new DynamoDBClient({ endpoint: network.endpoint })
  })
  after(async () => {
    client.close()
    kcl.destroy()
    await dynamo.stop()
  })

  async function see(shardId: string): Promise<LeaseRow> {
    return (await store.get(shardId)) ?? assert.fail(`no row ${shardId}`)
  }

  async function create(): Promise<LeaseRow> {
    const shardId = `shard-${++shards}`
    await store.create({ shardId, parents: [], checkpoint: { at: 'trimHorizon' } })
    return see(shardId)
  }

  async function take(owner = 'a', dirtySince?: number): Promise<HeldLease> {
    return held(await store.take(await create(), owner, dirtySince))
  }

  /** The next request of this kind meets this fate; those after it pass. */
  function next(operation: string, fate: Fate): void {
    let met = false
    network.fate = name => {
      if (met || name !== operation) return 'pass'
      met = true
      return fate
    }
  }

  const put = (item: PutItemCommand['input']['Item']) =>
    kcl.send(new PutItemCommand({ TableName: 'leases', Item: item }))

  async function item(shardId: string) {
    const { Item } = await kcl.send(
      new GetItemCommand({ TableName: 'leases', Key: { leaseKey: { S: shardId } }, ConsistentRead: true }),
    )
    return Item ?? assert.fail(`no item ${shardId}`)
  }

  /** A renewal or a take as KCL 2.x writes it: on the counter alone, in the parameters of old. */
  const kclWrites = (shardId: string, counter: number, owner?: string) =>
    kcl.send(
      new UpdateItemCommand({
        TableName: 'leases',
        Key: { leaseKey: { S: shardId } },
        Expected: { leaseCounter: { Value: { N: String(counter) } } },
        AttributeUpdates: {
          leaseCounter: { Value: { N: String(counter + 1) }, Action: 'PUT' },
          ...(owner !== undefined && { leaseOwner: { Value: { S: owner }, Action: 'PUT' } }),
        },
      }),
    )

  test('the list leaves out what is no lease, and goes on page after page', async () => {
    // DynamoDB answers with at most 1 MB.
    const padding = { S: 'x'.repeat(300_000) }
    const pages = Array.from({ length: 8 }, (_, i) => ({
      ...kclItems.oldest,
      leaseKey: { S: `wide-${i}` },
      padding,
    }))
    for (const given of [...pages, ...otherItems]) await put({ ...given })
    const before = network.count('Scan')
    const listed = (await store.list()).map(({ shardId }) => shardId)
    assert.deepEqual(
      listed.filter(shardId => shardId.startsWith('wide-')).toSorted(),
      pages.map((_, i) => `wide-${i}`),
    )
    assert.equal(listed.includes('Leader'), false)
    assert.equal(await store.get('Leader'), undefined)
    assert.ok(network.count('Scan') - before >= 3)
  })

  test('one look is strongly consistent, the list is not, and a call is one request', async () => {
    const { shardId } = await create()
    const since = network.requests.length
    await store.get(shardId)
    await store.create({ shardId, parents: [], checkpoint: { at: 'latest' } })
    const [look, write, ...more] = network.requests.slice(since)
    assert.deepEqual([look?.operation, look?.body['ConsistentRead']], ['GetItem', true])
    assert.deepEqual([write?.operation, more], ['PutItem', []])
  })

  test('every reply tells its date, a refusal too', async () => {
    const lease = await take()
    const { newest } = client.dates
    assert.ok(newest !== undefined && Math.abs(newest - Date.now()) < 60_000)
    assert.equal(lease.repliedAt, newest)
    const dated = new DynamoClient({ endpoint: network.endpoint })
    const refused = await new AwsLeaseStore(dated, 'leases').keep({ ...lease, counter: 99 })
    assert.deepEqual([refused, dated.dates.newest !== undefined], ['lost', true])
    dated.close()
  })

  test('of twenty processes that take at once, one wins', async () => {
    const row = await create()
    const clients = Array.from(
      { length: 20 },
      () => new DynamoClient({ endpoint: network.endpoint, timeoutMs: 10_000 }),
    )
    const replies = await Promise.all(
      clients.map((client, i) => new AwsLeaseStore(client, 'leases').take(row, `worker-${i}`, 5)),
    )
    for (const client of clients) client.close()
    const winners = replies.filter(reply => reply !== 'lost')
    assert.equal(winners.length, 1)
    assert.equal((await see(row.shardId)).owner, winners[0]?.owner)
  })

  test('a worker of KCL 2.x takes a lease of ours by its own writes, and the row is foreign from then on', async () => {
    const lease = await take('a', 1000)
    await kclWrites(lease.shardId, lease.counter, 'kcl')
    assert.equal(await store.keep(lease), 'lost')
    const row = await see(lease.shardId)
    assert.deepEqual([row.owner, row.counter, row.foreign], ['kcl', lease.counter + 1, true])
    const back = held(await store.take(row, 'a', 9000))
    assert.deepEqual([back.foreign, back.dirtySince], [undefined, 9000])
    await assert.rejects(
      kclWrites(lease.shardId, row.counter),
      /ConditionalCheckFailed|conditional request failed/i,
    )
  })

  test('a take from KCL 3 ends its hand-over and leaves what else it wrote', async () => {
    const shardId = `shard-${++shards}`
    await put({ ...kclItems.handedOver, leaseKey: { S: shardId } })
    held(await store.take(await see(shardId), 'a', 5))
    const { checkpointOwner, throughputKBps, entityType, leaseOwner } = await item(shardId)
    assert.deepEqual(
      [checkpointOwner, throughputKBps, entityType, leaseOwner],
      [undefined, { N: '117.25' }, { S: 'LEASE' }, { S: 'a' }],
    )
  })

  test("what a row of KCL said of an aggregated record is where we start, and our checkpoint is KCL's", async () => {
    const shardId = `shard-${++shards}`
    await put({ ...kclItems.working, leaseKey: { S: shardId } })
    const lease = held(await store.take(await see(shardId), 'a', 5))
    const { checkpoint } = kclItems.working
    assert.deepEqual(lease.checkpoint, { at: 'after', sequence: checkpoint.S, subSequence: 12 })
    const further = { at: 'after', sequence: `${checkpoint.S.slice(0, -1)}9`, subSequence: 2 } as const
    await store.release(lease, { checkpoint: further })
    const left = await item(shardId)
    assert.deepEqual(
      [
        left['checkpoint'],
        left['checkpointSubSequenceNumber'],
        left['pendingCheckpoint'],
        left['leaseOwner'],
      ],
      [{ S: further.sequence }, { N: '2' }, undefined, undefined],
    )
    assert.deepEqual(left['parentShardId'], kclItems.working.parentShardId)
  })

  test('no answer within the time-out is an error that tells the table and the lease, once and for all', async () => {
    const lease = await take()
    const hasty = new DynamoClient({ endpoint: network.endpoint, timeoutMs: 300 })
    const before = network.count('UpdateItem')
    next('UpdateItem', 'never-answered')
    await assert.rejects(new AwsLeaseStore(hasty, 'leases').keep(lease), (error: unknown) => {
      assert.ok(error instanceof MillraceError)
      assert.match(
        error.message,
        /renew the lease of shard-\d+ in the DynamoDB table leases: no answer within 300 ms/,
      )
      return error.retryable && error.code === 'leases'
    })
    assert.equal(network.count('UpdateItem') - before, 1)
    hasty.close()
  })

  test('a renewal whose reply is lost was applied: the holder finds its own write and goes on', async () => {
    const lease = await take()
    const holding = new Holding(
      { lease, inherited: { state: 'clean' }, sentAt: { monotonic: 0, wall: 0 } },
      { store, clock: systemClock, observe: unobserved },
    )
    next('UpdateItem', 'reply-lost')
    await holding.keep()
    assert.deepEqual([holding.lease.counter, holding.renewed.monotonic], [1, 0])
    assert.equal((await see(lease.shardId)).counter, 2)
    await holding.keep()
    assert.deepEqual([holding.lease.counter, holding.lost.aborted], [3, false])
    assert.ok(holding.renewed.monotonic > 0)
    next('UpdateItem', 'reply-lost')
    assert.equal(await holding.release(), 'released')
    assert.equal((await see(lease.shardId)).owner, undefined)
  })

  /** Starts a worker on a table with this one row, and tells what it found when it took the lease. */
  async function inheritance(row: LeaseItem, fate?: Fate): Promise<Inheritance['state']> {
    const table = `inherited-${++shards}`
    await openLeaseTable(client, table, { pollMs: 20 })
    await new LeaseItems(client, table).create(row)
    const taken = Promise.withResolvers<Inheritance>()
    const { coordinator: worker } = makeWorker({
      name: 'w',
      network,
      table,
      timeoutMs: 2000,
      clock: systemClock,
      observe: unobserved,
      shards: shardsOf(8).filter(({ shardId }) => shardId === row.leaseKey?.S),
      work: async ({ inherited }) => {
        taken.resolve(inherited)
        return 'drained'
      },
    })
    if (fate !== undefined) next('UpdateItem', fate)
    await worker.start()
    const { state } = await taken.promise
    await worker.stop()
    return state
  }

  test('who takes a row of KCL knows nothing of what is there; a take whose reply was lost does not trust it', async () => {
    const { leaseOwner: _, ...free } = kclItems.working
    const ours = { ...free, millraceMark: free.leaseCounter }
    assert.equal(await inheritance(free), 'unknown')
    assert.equal(await inheritance(free, 'reply-lost'), 'unknown')
    assert.equal(await inheritance(ours), 'clean')
    assert.equal(await inheritance(ours, 'reply-lost'), 'unclean')
    assert.equal(await inheritance({ ...ours, millraceDirtySince: { N: '1790000000000' } }), 'unclean')
  })

  test('a row that cannot be read is told once and left alone; all others are worked on, and it too when it is repaired', async () => {
    const table = `unreadable-${++shards}`
    await openLeaseTable(client, table, { pollMs: 20 })
    const [left, broken, right] = shardsOf(3).map(({ shardId }) => shardId)
    const write = (row: LeaseItem & { readonly leaseKey: { readonly S: string } }) =>
      kcl.send(new PutItemCommand({ TableName: table, Item: row }))
    const row = { leaseCounter: { N: '7' }, millraceMark: { N: '7' }, checkpoint: { S: '123' } }
    await write({ ...row, leaseKey: { S: left ?? '' }, leaseOwner: { S: 'dead:1' } })
    await write({ leaseKey: { S: broken ?? '' }, leaseCounter: { N: '0' } })
    const events: MillraceEvent[] = []
    const heard = new Map<string, PromiseWithResolvers<void>>()
    const until = (key: string) => {
      const waiting = heard.get(key) ?? Promise.withResolvers<void>()
      heard.set(key, waiting)
      return waiting.promise
    }
    let scans = 0
    const { coordinator: worker } = makeWorker({
      name: 'w',
      network,
      table,
      timeoutMs: 2000,
      clock: systemClock,
      timers: { leaseMs: 1500, renewMs: 300, scanMs: 150, shardSyncMs: 500 },
      shards: shardsOf(3),
      observe: event => {
        events.push(event)
        const key = 'shardId' in event ? `${event.type} ${event.shardId}` : event.type
        void until(key)
        heard.get(key)?.resolve()
        if (event.type === 'leases-scanned' && ++scans === 20) heard.get('twenty scans')?.resolve()
      },
    })
    const twenty = until('twenty scans')
    await worker.start()
    await Promise.all([until(`lease-taken ${left}`), until(`lease-taken ${right}`), twenty])
    assert.deepEqual(
      events.flatMap(event => (event.type === 'lease-unreadable' ? [event.shardId] : [])),
      [broken],
    )
    const untouched = await kcl.send(
      new GetItemCommand({ TableName: table, Key: { leaseKey: { S: broken ?? '' } }, ConsistentRead: true }),
    )
    const { millraceBell: _, ...item } = untouched.Item ?? assert.fail('the row is gone')
    assert.deepEqual(item, { leaseKey: { S: broken }, leaseCounter: { N: '0' } })
    await write({ ...row, leaseKey: { S: broken ?? '' } })
    await Promise.all([until(`lease-readable ${broken}`), until(`lease-taken ${broken}`)])
    await worker.stop()
    assert.deepEqual(
      events.filter(({ type }) => type === 'outside-failed' || type === 'bug'),
      [],
    )
  })

  const passing: readonly Fate[] = [
    'reset',
    { status: 400, type: 'ProvisionedThroughputExceededException' },
    { status: 400, type: 'ThrottlingException' },
    { status: 500, type: 'InternalServerError' },
    { status: 503, type: 'ServiceUnavailable' },
  ]
  for (const fate of passing) {
    const name = typeof fate === 'object' ? fate.type : fate
    test(`${name} may be tried again, and is not behind our back`, async () => {
      const lease = await take()
      const before = network.count('UpdateItem')
      next('UpdateItem', fate)
      await assert.rejects(store.keep(lease), { name: 'MillraceError', code: 'leases', retryable: true })
      assert.equal(network.count('UpdateItem') - before, 1)
      assert.notEqual(await store.keep(lease), 'lost')
    })
  }

  test('what no other try can cure is told with the next step', async () => {
    const lease = await take()
    next('UpdateItem', { status: 400, type: 'AccessDeniedException' })
    await assert.rejects(store.keep(lease), {
      retryable: false,
      message: /allow dynamodb:UpdateItem on the table leases/,
    })
    next('UpdateItem', { status: 400, type: 'ValidationException' })
    await assert.rejects(store.keep(lease), { retryable: false, message: /partition key leaseKey \(S\)/ })
    const elsewhere = new AwsLeaseStore(client, 'nowhere')
    await assert.rejects(elsewhere.list(), {
      retryable: false,
      message: /there is no table nowhere in this region/,
    })
  })
})

function held(reply: HeldLease | 'lost'): HeldLease {
  return reply === 'lost' ? assert.fail('the lease was lost') : reply
}
