import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LeaseRow } from '../leases/index.ts'
import { renderLeases, stateOf } from './lease-table.ts'

const row = (over: Partial<LeaseRow> = {}): LeaseRow => ({
  shardId: 'shard-0',
  parents: [],
  counter: 7,
  epoch: 3,
  checkpoint: { at: 'trimHorizon' },
  ownerSwitchesSinceCheckpoint: 0,
  ...over,
})

test('a lease is working, silent, free or done', () => {
  assert.equal(stateOf({ row: row({ owner: 'a' }), silentMs: 100 }, 2000), 'working')
  assert.equal(stateOf({ row: row({ owner: 'a' }), silentMs: 2000 }, 2000), 'silent')
  assert.equal(stateOf({ row: row() }, 2000), 'free')
  assert.equal(stateOf({ row: row({ checkpoint: { at: 'shardEnd' } }) }, 2000), 'done')
})

test('the table shows who has what and who wants it', () => {
  const views = [
    { row: row({ owner: 'worker-1:0af3', askedBy: 'worker-2:0b' }), lagMs: 1500 },
    { row: row({ shardId: 'shard-1' }) },
  ]
  assert.equal(
    renderLeases(views, 2000),
    [
      'SHARD    OWNER     STATE                             LAG  COUNTER  EPOCH  CHECKPOINT',
      'shard-0  worker-1  working, asked for by worker-2  1.5 s        7      3  trimHorizon',
      'shard-1  –         free                                –        7      3  trimHorizon',
    ].join('\n'),
  )
})

test('two workers of one name can be told apart', () => {
  const views = ['host:0af3aa', 'host:b2c4aa', 'other:77aa'].map(owner => ({ row: row({ owner }) }))
  const owners = renderLeases(views, 2000).match(/(?<=shard-0 +)[\w:]+/g)
  assert.deepEqual(owners, ['host:0af3', 'host:b2c4', 'other'])
})

test('no leases: no worker has been there', () => {
  assert.match(renderLeases([], 2000), /^no leases/)
})
