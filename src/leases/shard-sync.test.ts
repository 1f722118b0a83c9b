import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory } from '../backends/memory/index.ts'
import { systemClock } from '../lib/index.ts'
import { unobserved } from '../observe/index.ts'
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
