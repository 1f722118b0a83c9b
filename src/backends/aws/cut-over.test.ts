import assert from 'node:assert/strict'
import { test } from 'node:test'
import { movedBetween, moveIn, moveOut, multiStreamLease, needTimestamp } from './cut-over.ts'
import { itemOf, leaseRowOf } from './lease-item.ts'
import { kclItems, otherItems } from './test-kcl-items.ts'

const { working, oldest, ended, handedOver, atTimestamp } = kclItems
const now = 1_790_000_000_000

test('a lease moves in with its checkpoint, parents, children and hash range, and without its owner', () => {
  const moved = moveIn(working, { now })
  assert.deepEqual(moved?.item, {
    leaseKey: working.leaseKey,
    leaseCounter: { N: '0' },
    checkpoint: working.checkpoint,
    checkpointSubSequenceNumber: { N: '12' },
    ownerSwitchesSinceCheckpoint: { N: '1' },
    parentShardId: working.parentShardId,
    startingHashKey: working.startingHashKey,
    endingHashKey: working.endingHashKey,
    millraceMark: { N: '0' },
  })
  assert.deepEqual(moveIn(ended, { now })?.item.childShardIds, ended.childShardIds)
  assert.equal(leaseRowOf(moved.item)?.foreign, undefined)
})

test('in place, the write is conditional on owner and counter, and marks the row as ours', () => {
  const { condition, change } = moveIn(working, { now })?.change ?? assert.fail()
  assert.deepEqual(condition, { equal: { leaseCounter: { N: '4711' }, leaseOwner: working.leaseOwner } })
  assert.deepEqual(change.set, { leaseCounter: { N: '4712' }, millraceMark: { N: '4712' } })
  assert.ok(['leaseOwner', 'checkpointOwner', 'pendingCheckpoint'].every(name => removes(change, name)))
})

test('LATEST begins at the import, not when somebody first looks', () => {
  const moved = moveIn(handedOver, { now })
  assert.deepEqual(moved?.checkpoint, { at: 'timestamp', ms: now })
  assert.deepEqual(moved.change.change.set?.millraceTimestamp, { N: String(now) })
  assert.deepEqual(moved.item.checkpoint, { S: 'AT_TIMESTAMP' })
})

test('AT_TIMESTAMP begins at the time that its application had configured', () => {
  assert.deepEqual(needTimestamp([oldest, atTimestamp]), ['shardId-000000000009'])
  assert.deepEqual(moveIn(atTimestamp, { now, timestampMs: 17 })?.checkpoint, { at: 'timestamp', ms: 17 })
  const ours = itemOf({ shardId: 's', parents: [], checkpoint: { at: 'timestamp', ms: 1 } })
  assert.deepEqual(needTimestamp([ours]), [])
})

test('what is ours already, and what is no lease, stays', () => {
  const ours = itemOf({ shardId: 's', parents: [], checkpoint: { at: 'latest' } })
  assert.deepEqual(
    [ours, ...otherItems].map(item => moveIn(item, { now })),
    [undefined, undefined, undefined, undefined],
  )
  assert.deepEqual(
    otherItems.map(item => moveOut(item)),
    [undefined, undefined, undefined],
  )
  assert.equal(moveOut(oldest), undefined)
})

test('a lease moves out without an owner and without anything of ours', () => {
  const ours = {
    ...working,
    millraceMark: { N: '4711' },
    millraceEpoch: { N: '4700' },
    millraceAskedBy: { S: 'b' },
    millraceDirtySince: { N: '9' },
  }
  const moved = moveOut(ours)
  assert.deepEqual(moved?.change.change.remove?.toSorted(), [
    'leaseOwner',
    'millraceAskedBy',
    'millraceDirtySince',
    'millraceEpoch',
    'millraceMark',
  ])
  assert.deepEqual(moved.change.change.set, { leaseCounter: { N: '4712' } })
  assert.match(moved.note ?? '', /beyond the checkpoint/)
})

test('a time of ours leaves its sentinel, which is all that KCL keeps', () => {
  const item = itemOf({ shardId: 's', parents: [], checkpoint: { at: 'timestamp', ms: 17 } })
  const moved = moveOut(item)
  assert.deepEqual(moved?.checkpoint, { at: 'timestamp', ms: 17 })
  assert.deepEqual(moved.change.change, {
    set: { leaseCounter: { N: '1' } },
    remove: ['leaseOwner', 'millraceMark', 'millraceTimestamp'],
  })
})

test('every change of owner, counter or checkpoint, and every row that comes or goes, is somebody at work', () => {
  const before = [working, ended, oldest]
  assert.deepEqual(movedBetween(before, before), [])
  assert.deepEqual(movedBetween(before, [{ ...working, leaseCounter: { N: '4712' } }, ended]), [
    'shardId-000000000007',
    'shardId-000000000000',
  ])
  assert.deepEqual(movedBetween(before, [...before, handedOver]), ['shardId-000000000008'])
  assert.deepEqual(movedBetween(otherItems, []), [])
})

test('a table of many streams is recognised', () => {
  assert.equal(multiStreamLease([working]), undefined)
  const key = '123456789012:raw:1700000000:shardId-000000000000'
  assert.equal(multiStreamLease([{ ...oldest, leaseKey: { S: key }, streamName: { S: 'raw' } }]), key)
})

function removes(change: { readonly remove?: readonly string[] }, name: string): boolean {
  return change.remove?.includes(name) === true
}
