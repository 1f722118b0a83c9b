import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory } from '../backends/memory/index.ts'
import { systemClock } from '../lib/index.ts'
import { unobserved, type MillraceEvent } from '../observe/index.ts'
import { ShardSync } from './shard-sync.ts'

test('what begins at the tip begins by the clock of whoever keeps the stream, not by a wrong one of ours', async () => {
  const memory = openMemory()
  await memory.createStream('raw', { shards: 1, role: 'raw' })
  const store = memory.leaseStore({ application: 'app', stream: 'raw' })
  const hourMs = 60 * 60_000
  const ahead = { ...systemClock, now: () => systemClock.now() + hourMs }
  const newest = Math.floor(Date.now() / 1000) * 1000
  const sync = new ShardSync({
    store,
    listShards: () => memory.listShards('raw'),
    initialPosition: { at: 'latest' },
    clock: ahead,
    serverDate: { newest },
    observe: unobserved,
  })
  await sync.sync()
  const [row] = await store.list()
  assert.deepEqual(row?.checkpoint, { at: 'timestamp', ms: newest })
})

test('a shard that is open though its lease says ended is told, unless the list is only a little old', async () => {
  const memory = openMemory()
  await memory.createStream('raw', { shards: 2, role: 'raw' })
  const store = memory.leaseStore({ application: 'app', stream: 'raw' })
  const [{ shardId } = assert.fail()] = await memory.listShards('raw')
  await store.create({ shardId, parents: [], checkpoint: { at: 'shardEnd' } })
  const told: MillraceEvent[] = []
  let now = 0
  const sync = new ShardSync({
    store,
    listShards: () => memory.listShards('raw'),
    initialPosition: { at: 'trimHorizon' },
    clock: { ...systemClock, monotonic: () => now },
    observe: event => void told.push(event),
  })
  const warnings = () => told.filter(({ type }) => type === 'configuration-warning')
  await sync.sync()
  now = 20_000
  await sync.sync()
  assert.deepEqual(warnings(), [])
  now = 60_000
  await sync.sync()
  const [warning = assert.fail()] = warnings()
  assert.ok(warning.type === 'configuration-warning' && warning.warning.includes('1 in all'))
  assert.ok(warning.warning.includes(shardId))
})
