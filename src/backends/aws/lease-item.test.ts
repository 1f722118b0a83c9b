import assert from 'node:assert/strict'
import { test } from 'node:test'
import { marshalledBytes } from './test-item-size.ts'
import { kclAttributes, itemOf, leaseRowOf, ownAttributes, seenRowOf, type LeaseItem } from './lease-item.ts'
import { keepChange, releaseChange, takeChange } from './lease-change.ts'
import { kclItems, otherItems } from './test-kcl-items.ts'

const { working, oldest, ended, handedOver, atTimestamp } = kclItems
const text = (length: number) => ({ S: '9'.repeat(length) })

test('a row of KCL is read whole, and is foreign', () => {
  assert.deepEqual(leaseRowOf(working), {
    shardId: 'shardId-000000000007',
    parents: ['shardId-000000000001', 'shardId-000000000002'],
    owner: 'ip-10-0-0-7.ec2.internal:0b1c',
    counter: 4711,
    epoch: 0,
    checkpoint: {
      at: 'after',
      sequence: '49590338271490256608559692538361571095921575989136588898',
      subSequence: 12,
    },
    foreign: true,
    ownerSwitchesSinceCheckpoint: 1,
  })
})

test('the fewest attributes that KCL ever wrote are enough; a row that it made and nobody touched is foreign too', () => {
  const row = leaseRowOf(oldest)
  assert.deepEqual([row?.counter, row?.parents, row?.checkpoint], [0, [], { at: 'trimHorizon' }])
  assert.equal(row?.foreign, true)
})

test("KCL's sentinels are positions", () => {
  assert.deepEqual(
    [ended, handedOver, atTimestamp].map(item => leaseRowOf(item)?.checkpoint),
    // KCL does not say which time: from the beginning, nothing is lost.
    [{ at: 'shardEnd' }, { at: 'latest' }, { at: 'trimHorizon' }],
  )
})

test('rows of other kinds are no leases', () => {
  assert.deepEqual(
    otherItems.map(item => leaseRowOf(item)),
    [undefined, undefined, undefined],
  )
})

test('a lease that cannot be read is named, with what is wrong', () => {
  const wrong: LeaseItem[] = [
    { ...oldest, leaseCounter: { S: 'seven' } },
    { ...oldest, checkpoint: { S: '' } },
    { ...oldest, checkpoint: { S: 'LATEST_AND_GREATEST' } },
    { leaseKey: { S: 'shardId-000000000000' } },
  ]
  for (const item of wrong) {
    assert.throws(() => leaseRowOf(item), /the row shardId-000000000000 .*(leaseCounter|checkpoint) is/)
  }
})

test('only the counter of our own last write makes a row ours', () => {
  const ours = { ...working, millraceMark: { N: '4711' }, millraceEpoch: { N: '4700' } }
  assert.equal(leaseRowOf(ours)?.foreign, undefined)
  assert.equal(leaseRowOf(ours)?.epoch, 4700)
  assert.equal(leaseRowOf({ ...ours, leaseCounter: { N: '4712' } })?.foreign, true)
})

test('a row of ours has what KCL expects of one', () => {
  const item = itemOf({
    shardId: 's',
    parents: ['p'],
    checkpoint: { at: 'after', sequence: '17', subSequence: 3 },
  })
  assert.deepEqual(item, {
    leaseKey: { S: 's' },
    leaseCounter: { N: '0' },
    checkpoint: { S: '17' },
    checkpointSubSequenceNumber: { N: '3' },
    ownerSwitchesSinceCheckpoint: { N: '0' },
    parentShardId: { SS: ['p'] },
    millraceMark: { N: '0' },
  })
  assert.equal('parentShardId' in itemOf({ shardId: 's', parents: [], checkpoint: { at: 'latest' } }), false)
})

test('a time is kept beside the sentinel, which alone would not tell it', () => {
  const item = itemOf({ shardId: 's', parents: [], checkpoint: { at: 'timestamp', ms: 1_790_000_000_123 } })
  assert.deepEqual([item.checkpoint, item.millraceTimestamp], [{ S: 'AT_TIMESTAMP' }, { N: '1790000000123' }])
  assert.deepEqual(leaseRowOf(item)?.checkpoint, { at: 'timestamp', ms: 1_790_000_000_123 })
})

test("a foreign row's date is replaced at the take, a date of ours is not", () => {
  const row = leaseRowOf({ ...working, millraceDirtySince: { N: '5' } })
  assert.ok(row)
  assert.deepEqual(takeChange(row, 'a', 9).change.set?.millraceDirtySince, { N: '9' })
  const { foreign: _, ...ours } = row
  const { change } = takeChange(ours, 'a', 9)
  assert.deepEqual(
    [change.set?.millraceDirtySince, change.setIfAbsent?.millraceDirtySince],
    [undefined, { N: '9' }],
  )
})

test('a checkpoint that moves ends what KCL had prepared; one that does not move touches nothing', () => {
  const row = leaseRowOf(working)
  assert.ok(row)
  const held = { ...row, owner: 'a' }
  const moved = keepChange(held, {
    checkpoint: {
      at: 'after',
      sequence: '49590338271490256608559692538361571095921575989136588899',
      subSequence: 0,
    },
  })
  assert.ok(moved.change.remove?.includes('pendingCheckpoint'))
  assert.ok(moved.change.remove?.includes('millraceTimestamp'))
  const back = keepChange(held, { checkpoint: { at: 'after', sequence: '7', subSequence: 0 }, dirtySince: 1 })
  assert.deepEqual(
    [back.change.set?.checkpoint, back.change.remove, back.change.set?.millraceDirtySince],
    [undefined, [], { N: '1' }],
  )
})

test('a foreign row that is let go stays foreign', () => {
  const row = leaseRowOf(working)
  assert.ok(row)
  const { change } = releaseChange({ ...row, owner: row.owner ?? '' })
  assert.equal(change.set?.millraceMark, undefined)
  assert.ok(change.remove?.includes('millraceMark'))
})

test('the largest row that we write costs one write unit', () => {
  const shard = 'shardId-000000000000'
  const largest: LeaseItem = {
    ...Object.fromEntries([...kclAttributes, ...ownAttributes].map(name => [name, { N: '1790000000123' }])),
    leaseKey: { S: shard },
    leaseOwner: text(80),
    checkpoint: text(56),
    pendingCheckpoint: text(56),
    millraceAskedBy: text(80),
    startingHashKey: text(39),
    endingHashKey: text(39),
    parentShardId: { SS: [shard, shard] },
    childShardIds: { SS: [shard, shard] },
  }
  const bytes = marshalledBytes(largest)
  assert.ok(bytes < 1024, `${bytes} bytes`)
})

test('a lease that cannot be read says so, and nothing of itself that anybody could believe', () => {
  const broken: LeaseItem[] = [
    { ...working, leaseCounter: { S: '4711' } },
    { ...working, leaseCounter: { N: '1e300' } },
    { ...working, checkpoint: { S: 'somewhere' } },
    { ...working, millraceDirtySince: { S: 'yesterday' } },
  ]
  for (const item of broken) {
    assert.throws(() => leaseRowOf(item), { code: 'leases' })
    const { unreadable = '', ...rest } = seenRowOf(item) ?? assert.fail('no row')
    assert.match(
      unreadable,
      /^the row shardId-000000000007 of the lease table is no lease that can be read: /,
    )
    assert.deepEqual(rest, {
      shardId: 'shardId-000000000007',
      parents: ['shardId-000000000001', 'shardId-000000000002'],
      counter: 0,
      epoch: 0,
      checkpoint: { at: 'trimHorizon' },
      ownerSwitchesSinceCheckpoint: 0,
    })
  }
  assert.equal(seenRowOf(working)?.unreadable, undefined)
})
