import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Shard } from '../streams/index.ts'
import type { LeaseRow } from './lease.ts'
import { missingRows, obsoleteRows } from './shard-rows.ts'

function shard(shardId: string, parents: string[] = [], closed = false): Shard {
  const open = { shardId, parents, startingHashKey: 0n, endingHashKey: 1n, startingSequence: '1' }
  return closed ? { ...open, endingSequence: '9' } : open
}

function rowOf(
  shardId: string,
  at: 'trimHorizon' | 'shardEnd' | 'after' = 'trimHorizon',
): [string, LeaseRow] {
  const row = { shardId, parents: [], counter: 1, epoch: 0, ownerSwitchesSinceCheckpoint: 0 }
  return [shardId, { ...row, checkpoint: at === 'after' ? { at, sequence: '5', subSequence: 0 } : { at } }]
}

const starts = (shards: Shard[], rows: [string, LeaseRow][], at: 'trimHorizon' | 'latest') =>
  missingRows(shards, new Map(rows), { at }, 1000).map(({ shardId, checkpoint }) => [shardId, checkpoint])

test('an application that begins at the tip gets what arrives from then on, and nothing of closed shards', () => {
  const shards = [shard('old', [], true), shard('new', ['old'])]
  assert.deepEqual(starts(shards, [], 'latest'), [
    ['new', { at: 'timestamp', ms: 1000 }],
    ['old', { at: 'shardEnd' }],
  ])
})

test('a child of a shard that was worked on is read from its beginning, wherever the application began', () => {
  const shards = [shard('parent', [], true), shard('child', ['parent'])]
  assert.deepEqual(starts(shards, [rowOf('parent')], 'latest'), [['child', { at: 'trimHorizon' }]])
})

test('children come before their parents, so that a crash in between skips nothing', () => {
  const shards = [shard('parent', [], true), shard('child', ['parent'])]
  const [first] = starts(shards, [], 'trimHorizon')
  assert.equal(first?.[0], 'child')
})

test('a shard whose row KCL has removed needs none, once every child has been begun with', () => {
  const family = [
    shard('grandparent', [], true),
    shard('left', ['grandparent'], true),
    shard('right', ['grandparent']),
    shard('child', ['left']),
    shard('other', [], true),
  ]
  const rows = [rowOf('right', 'after'), rowOf('child', 'after')]
  assert.deepEqual(starts(family, rows, 'trimHorizon'), [['other', { at: 'trimHorizon' }]])
})

test('a removed row is made again as ended while a child still waits for it', () => {
  const shards = [shard('parent', [], true), shard('left', ['parent']), shard('right', ['parent'])]
  const rows = [rowOf('left', 'after'), rowOf('right')]
  assert.deepEqual(starts(shards, rows, 'trimHorizon'), [['parent', { at: 'shardEnd' }]])
})

test('a child without a row is read from its beginning though the row of its parent is gone', () => {
  const shards = [shard('parent', [], true), shard('left', ['parent']), shard('right', ['parent'])]
  assert.deepEqual(starts(shards, [rowOf('left', 'after')], 'latest'), [
    ['right', { at: 'trimHorizon' }],
    ['parent', { at: 'shardEnd' }],
  ])
})

test('a row of a child that nobody has begun with proves nothing of its parent', () => {
  const shards = [shard('parent', [], true), shard('child', ['parent'])]
  assert.deepEqual(starts(shards, [rowOf('child')], 'trimHorizon'), [['parent', { at: 'trimHorizon' }]])
})

test('the row of an ended shard goes when the stream has forgotten it and every other shard has a row', () => {
  const rows = new Map([rowOf('gone', 'shardEnd'), rowOf('child')])
  assert.deepEqual(
    obsoleteRows([shard('child', ['gone'])], rows, rows).map(row => row.shardId),
    ['gone'],
  )
  assert.deepEqual(obsoleteRows([shard('child', ['gone']), shard('other', ['gone'])], rows, rows), [])
})

test('a row that is newer than the list of shards stays, ended or not', () => {
  const earlier = new Map([rowOf('child')])
  const rows = new Map([rowOf('child'), rowOf('newer', 'shardEnd')])
  assert.deepEqual(obsoleteRows([shard('child')], earlier, rows), [])
})

test('a row that KCL has removed keeps no other row from going', () => {
  const rows = new Map([rowOf('gone', 'shardEnd'), rowOf('child', 'after')])
  const shards = [shard('parent', ['gone'], true), shard('child', ['parent'])]
  assert.deepEqual(
    obsoleteRows(shards, rows, rows).map(row => row.shardId),
    ['gone'],
  )
})

test('a row that cannot be read is not made anew, its children begin at their beginning, and nothing is removed', () => {
  const shards = [shard('parent', [], true), shard('child', ['parent'])]
  const [, row] = rowOf('parent')
  const unreadable: [string, LeaseRow] = ['parent', { ...row, unreadable: 'no checkpoint' }]
  assert.deepEqual(starts(shards, [unreadable], 'latest'), [['child', { at: 'trimHorizon' }]])
  const earlier = new Map([rowOf('gone', 'shardEnd')])
  const obsolete = (parent: [string, LeaseRow]) =>
    obsoleteRows(shards, earlier, new Map([...earlier, parent, rowOf('child', 'trimHorizon')]))
  assert.deepEqual(obsolete(unreadable), [])
  assert.deepEqual(
    obsolete(rowOf('parent', 'shardEnd')).map(({ shardId }) => shardId),
    ['gone'],
  )
})
