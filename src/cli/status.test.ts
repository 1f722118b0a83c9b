import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ShardStatus, StatusSnapshot } from '../observe/index.ts'
import { renderStatus, renderStatusLine } from './status.ts'

const shard = (over: Partial<ShardStatus>): ShardStatus => ({
  shardId: 'shardId-000000000000',
  ended: false,
  good: 0,
  bad: 0,
  goodPerSecond: 0,
  badPerSecond: 0,
  ...over,
})

const snapshot = (over: Partial<StatusSnapshot> = {}): StatusSnapshot => ({
  upMs: 134_567,
  shards: [
    shard({ owner: 'worker-1:0af3', lagMs: 0, good: 12_345, goodPerSecond: 51.4 }),
    shard({ shardId: 'shardId-000000000001', bad: 3, badPerSecond: 0.25, good: 7, lagMs: 8_040_000 }),
    shard({ shardId: 'shardId-000000000002', ended: true, good: 1 }),
  ],
  workers: [
    { name: 'worker-1', state: 'ready' },
    { name: 'worker-2', state: 'dead' },
  ],
  collector: { url: 'http://127.0.0.1:9090', accepted: 1234, refused: 2, acceptedPerSecond: 5 },
  enrichments: [],
  problems: [],
  ...over,
})

test('the status shows per shard its owner, lag, counts and rates', () => {
  assert.equal(
    renderStatus(snapshot()),
    [
      'millrace  up 2 m 14 s',
      'collector  http://127.0.0.1:9090  1,234 requests, 5.0/s, 2 refused',
      'workers    worker-1 ready, worker-2 dead',
      '',
      'SHARD                 OWNER          LAG    GOOD        BAD',
      'shardId-000000000000  worker-1      0 ms  12,345  51/s    0    0/s',
      'shardId-000000000001  (nobody)  2 h 14 m       7   0/s    3  0.3/s',
      'shardId-000000000002  done             –       1   0/s    0    0/s',
      'all                             2 h 14 m  12,353  51/s    3  0.3/s',
    ].join('\n'),
  )
})

test('problems stand below, without what could write to a terminal', () => {
  const text = renderStatus(snapshot({ problems: [{ ageMs: 3200, text: 'iglu outage: \u001B[2Jx\ny' }] }))
  assert.match(text, /\n\n! 3\.2 s ago: iglu outage: �\[2Jx�y$/)
})

test('before anything runs the status says so', () => {
  const text = renderStatus(
    snapshot({ shards: [], workers: [], collector: { accepted: 0, refused: 0, acceptedPerSecond: 0 } }),
  )
  assert.equal(text, 'millrace  up 2 m 14 s\ncollector  not listening\nworkers    none\n\nno shards yet')
})

test('one line tells the sums, and the lag of the shard that is furthest behind', () => {
  assert.equal(
    renderStatusLine(snapshot()),
    'up 2 m 14 s  workers 1/2  requests 1,234 (5.0/s)  good 12,353 (51/s)  bad 3 (0.3/s)  lag 2 h 14 m',
  )
})
