import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test, type TestContext } from 'node:test'
import {
  AwsLeaseStore,
  DynamoClient,
  LeaseItems,
  leaseRowOf,
  openLeaseTable,
  type LeaseItem,
} from '../../src/backends/aws/index.ts'
import { kclItems, otherItems } from '../../src/backends/aws/test-kcl-items.ts'
import { systemClock } from '../../src/lib/index.ts'
import { TestDynamo } from './dynamo.ts'

const program = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
const { working, ended, oldest, atTimestamp, handedOver } = kclItems

interface Result {
  readonly code: unknown
  readonly out: string
  readonly err: string
}

async function read(table: LeaseItems): Promise<Map<string, LeaseItem>> {
  return new Map((await table.scan(true)).map(item => [item.leaseKey?.S ?? '', item]))
}

// Most of the time of each is the start of a process, and the watching of the table.
describe('millrace leases on DynamoDB', { concurrency: 4 }, () => {
  let dynamo: TestDynamo
  let client: DynamoClient
  let endpoint: string
  let tables = 0
  before(async () => {
    dynamo = await TestDynamo.start()
    endpoint = (await dynamo.network()).endpoint
    client = new DynamoClient({ endpoint, timeoutMs: 10_000 })
  })
  after(async () => {
    client.close()
    await dynamo.stop()
  })

  async function leases(...args: readonly string[]): Promise<Result> {
    const [command = '', ...rest] = args
    const child = spawn(process.execPath, [program, 'leases', command, '--endpoint', endpoint, ...rest])
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { code, out, err }
  }

  /** A table that holds these items. */
  async function tableOf(...items: readonly LeaseItem[]): Promise<LeaseItems> {
    const name = `app-${++tables}`
    await openLeaseTable(client, name, { pollMs: 20 })
    const table = new LeaseItems(client, name)
    for (const item of items) await table.create(item)
    return table
  }

  /** Somebody who renews this lease until the test is over. */
  async function renew(t: TestContext, table: LeaseItems, owner: string): Promise<void> {
    const store = new AwsLeaseStore(client, table.table)
    const shardId = 'shardId-000000000042'
    await store.create({ shardId, parents: [], checkpoint: { at: 'trimHorizon' } })
    const row = await store.get(shardId)
    let lease = row === undefined ? 'lost' : await store.take(row, owner, 1000)
    assert.notEqual(lease, 'lost')
    const over = new AbortController()
    const renewals = (async () => {
      while (lease !== 'lost' && !over.signal.aborted) {
        lease = await store.keep(lease)
        await systemClock.sleep(20, over.signal)
      }
    })()
    t.after(() => {
      over.abort()
      return renewals
    })
  }

  test('list shows leases of either program', async () => {
    const { table } = await tableOf(working, ended, ...otherItems)
    const [plain, json] = await Promise.all([
      leases('list', '--table', table),
      leases('list', '--table', table, '--json'),
    ])
    assert.equal(plain.code, 0)
    assert.match(plain.out, /shardId-000000000007 +ip-10-0-0-7.ec2.internal +working, by another program/)
    assert.match(plain.out, /shardId-000000000001 +– +done/)
    assert.doesNotMatch(plain.out, /Leader/)
    const rows = json.out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { shardId: string })
    assert.deepEqual(rows.map(({ shardId }) => shardId).toSorted(), [
      'shardId-000000000001',
      'shardId-000000000007',
    ])
  })

  test('a table that is not there is told', async () => {
    const listed = await leases('list', '--table', 'nowhere')
    assert.equal(listed.code, 69)
    assert.match(listed.err, /there is no table nowhere in this region and account/)
    const imported = await leases('import', '--from-table', 'nowhere', '--failover', '10ms')
    assert.match(imported.err, /there is no DynamoDB table nowhere/)
  })

  test('import takes a stopped fleet over in place; a dry run shows the same and writes nothing', async () => {
    const table = await tableOf(working, ended, handedOver, ...otherItems)
    const before = await read(table)
    const args = ['import', '--from-table', table.table, '--failover', '100ms']
    const dry = await leases(...args, '--dry-run')
    assert.equal(dry.code, 0)
    assert.match(dry.out, /shardId-000000000007 +after 4959\d+\/12 +was held by ip-10-0-0-7/)
    assert.match(dry.out, /3 leases would be written: this was a dry run/)
    assert.deepEqual(await read(table), before)

    const done = await leases(...args)
    assert.equal(done.code, 0)
    assert.match(done.out, /3 leases written/)
    assert.match(done.out, /comes once more/)
    const after = await read(table)
    const rows = [...after.values()].map(leaseRowOf).filter(row => row !== undefined)
    assert.deepEqual(
      rows.map(({ owner, foreign, dirtySince }) => [owner, foreign, dirtySince]),
      Array.from({ length: 3 }, () => [undefined, undefined, undefined]),
    )
    const moved = after.get('shardId-000000000007')
    assert.deepEqual(
      [moved?.checkpoint, moved?.checkpointSubSequenceNumber, moved?.leaseCounter, moved?.startingHashKey],
      [working.checkpoint, { N: '12' }, { N: '4712' }, working.startingHashKey],
    )
    assert.deepEqual(after.get('Leader'), before.get('Leader'))

    const again = await leases(...args)
    assert.match(again.out, /3 left as they are/)
    assert.match(again.out, /0 leases written/)
  })

  test('import into another table makes it, and leaves the old one alone', async () => {
    const table = await tableOf(working, ended)
    const before = await read(table)
    const to = `${table.table}-new`
    const { code } = await leases(
      'import',
      '--from-table',
      table.table,
      '--to-table',
      to,
      '--failover',
      '100ms',
    )
    assert.equal(code, 0)
    assert.deepEqual(await read(table), before)
    const rows = await new AwsLeaseStore(client, to).list()
    assert.deepEqual(rows.map(({ shardId }) => shardId).toSorted(), [
      'shardId-000000000001',
      'shardId-000000000007',
    ])
    assert.ok(rows.every(({ owner, foreign }) => owner === undefined && foreign === undefined))
  })

  test('import and export write nothing while somebody works on the table', async t => {
    const table = await tableOf(working)
    await renew(t, table, 'alive')
    const imported = await leases('import', '--from-table', table.table, '--failover', '200ms')
    assert.equal(imported.code, 69)
    assert.match(
      imported.err,
      /somebody still works on app-\d+: shardId-000000000042 \(alive\) changed just now/,
    )
    const exported = await leases('export', '--table', table.table, '--failover', '200ms')
    assert.equal(exported.code, 69)
    assert.deepEqual((await read(table)).get('shardId-000000000007'), await tableCopy(working))
  })

  test('import wants to be told what AT_TIMESTAMP meant', async () => {
    const table = await tableOf(atTimestamp)
    const args = ['import', '--from-table', table.table, '--failover', '50ms']
    const refused = await leases(...args)
    assert.equal(refused.code, 65)
    assert.match(refused.err, /shardId-000000000009 begins AT_TIMESTAMP.* --timestamp/)
    const told = await leases(...args, '--timestamp', '2026-01-31T12:00:00Z')
    assert.equal(told.code, 0)
    const row = await new AwsLeaseStore(client, table.table).get('shardId-000000000009')
    assert.deepEqual(row?.checkpoint, { at: 'timestamp', ms: Date.parse('2026-01-31T12:00:00Z') })
  })

  test('import refuses a table of many streams', async () => {
    const key = { S: '123456789012:raw:1700000000:shardId-000000000000' }
    const table = await tableOf({ ...oldest, leaseKey: key, streamName: { S: 'raw' } })
    const { code, err } = await leases('import', '--from-table', table.table, '--failover', '50ms')
    assert.equal(code, 65)
    assert.match(err, /one of many streams in one table/)
  })

  test('what was imported and worked on goes back to KCL as it would have written it', async () => {
    const table = await tableOf(working, ended)
    await leases('import', '--from-table', table.table, '--failover', '50ms')
    const store = new AwsLeaseStore(client, table.table)
    const row = await store.get('shardId-000000000007')
    assert.ok(row)
    const lease = await store.take(row, 'a', 1000)
    assert.ok(lease !== 'lost')
    const sequence = `${working.checkpoint.S.slice(0, -1)}9`
    await store.keep(lease, { checkpoint: { at: 'after', sequence, subSequence: 4 }, dirtySince: 2000 })
    const { code, out } = await leases('export', '--table', table.table, '--failover', '50ms')
    assert.equal(code, 0)
    assert.match(out, /shardId-000000000007 .*output beyond the checkpoint may exist/)
    const {
      pendingCheckpoint: _,
      pendingCheckpointSubSequenceNumber: __,
      pendingCheckpointState: ___,
      ...kcl
    } = working
    const { leaseOwner: ____, ...free } = kcl
    const left = await read(table)
    assert.deepEqual(left.get('shardId-000000000007'), {
      ...(await tableCopy(free)),
      leaseCounter: { N: '4715' },
      checkpoint: { S: sequence },
      checkpointSubSequenceNumber: { N: '4' },
      ownerSwitchesSinceCheckpoint: { N: '0' },
    })
    assert.deepEqual(left.get('shardId-000000000001'), { ...ended, leaseCounter: { N: '92' } })
  })

  test('release frees whom nobody renews, and leaves the rest alone unless it is forced', async t => {
    const table = await tableOf({
      ...working,
      millraceMark: working.leaseCounter,
      millraceDirtySince: { N: '7' },
    })
    await renew(t, table, 'alive')
    const gentle = await leases('release', '--table', table.table, '--failover', '300ms')
    assert.equal(gentle.code, 69)
    assert.match(gentle.out, /1 of 2 leases are free now: shardId-000000000007/)
    assert.match(gentle.err, /shardId-000000000042 \(alive\) is being renewed/)
    const freed = leaseRowOf((await read(table)).get('shardId-000000000007') ?? {})
    assert.deepEqual([freed?.owner, freed?.dirtySince, freed?.foreign], [undefined, 7, undefined])

    const wholesale = await leases('release', '--force', '--table', table.table)
    assert.equal(wholesale.code, 64)
    const none = await leases('release', 'shardId-000000000007', '--table', table.table)
    assert.equal(none.code, 65)
    assert.match(none.err, /nobody holds the lease of shardId-000000000007/)
  })

  test('release by force is refused to the owner from then on', async () => {
    const table = await tableOf(oldest)
    const store = new AwsLeaseStore(client, table.table)
    const [row] = await store.list()
    const lease = row === undefined ? 'lost' : await store.take(row, 'alive', 1000)
    assert.ok(lease !== 'lost')
    const { code, out } = await leases('release', lease.shardId, '--force', '--table', table.table)
    assert.deepEqual([code, /at least once/.test(out)], [0, true])
    assert.equal(await store.keep(lease), 'lost')
  })

  /** An item as it comes back: sets in their own order, bytes as bytes. */
  async function tableCopy(item: LeaseItem): Promise<LeaseItem | undefined> {
    return (await read(await tableOf(item))).get(item.leaseKey?.S ?? '')
  }
})
