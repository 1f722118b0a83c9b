import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Position } from '../streams/index.ts'
import type { HeldLease, LeaseRow } from './lease.ts'
import type { LeaseStore, Progress } from './store.ts'

export interface LeaseStoreBackend {
  /** Another view on the same rows, as another process has it. */
  open(): LeaseStore
  close(): Promise<void>
}

function at(sequence: number): Position {
  return { at: 'after', sequence: String(sequence), subSequence: 0 }
}

function to(sequence: number): Progress {
  return { checkpoint: at(sequence) }
}

/** The row that a write has left; the date of its reply is no part of it. */
function held(reply: HeldLease | 'lost'): HeldLease {
  if (reply === 'lost') assert.fail('the lease was lost')
  const { repliedAt: _, ...lease } = reply
  return lease
}

/** The promises of `LeaseStore`. Each backend's tests call this. */
export function testLeaseStore(name: string, makeBackend: () => Promise<LeaseStoreBackend>): void {
  describe(`lease store contract: ${name}`, () => {
    let backend: LeaseStoreBackend
    let store: LeaseStore
    let other: LeaseStore
    let shards = 0
    before(async () => {
      backend = await makeBackend()
      store = backend.open()
      other = backend.open()
    })
    after(() => backend.close())

    async function see(shardId: string): Promise<LeaseRow> {
      const row = await other.get(shardId)
      return row ?? assert.fail(`no row ${shardId}`)
    }

    async function create(): Promise<LeaseRow> {
      const shardId = `shard-${++shards}`
      assert.equal(
        await store.create({ shardId, parents: ['p1', 'p2'], checkpoint: { at: 'trimHorizon' } }),
        'created',
      )
      return see(shardId)
    }

    test('a new row is free and says all that it was given', async () => {
      const row = await create()
      assert.deepEqual(
        { ...row, parents: row.parents.toSorted() },
        {
          shardId: row.shardId,
          parents: ['p1', 'p2'],
          counter: 0,
          epoch: 0,
          checkpoint: { at: 'trimHorizon' },
          ownerSwitchesSinceCheckpoint: 0,
        },
      )
    })

    test('positions of every kind come back', async () => {
      const positions: Position[] = [
        { at: 'latest' },
        { at: 'timestamp', ms: 1_790_000_000_123 },
        { at: 'after', sequence: '49590338271490256608559692538361571095921575989136588898', subSequence: 7 },
        { at: 'shardEnd' },
      ]
      for (const checkpoint of positions) {
        const shardId = `shard-${++shards}`
        await store.create({ shardId, parents: [], checkpoint })
        assert.deepEqual((await see(shardId)).checkpoint, checkpoint)
      }
    })

    test('a second create leaves the row alone', async () => {
      const { shardId } = await create()
      const again = await other.create({ shardId, parents: [], checkpoint: { at: 'latest' } })
      assert.equal(again, 'exists')
      assert.deepEqual((await see(shardId)).checkpoint, { at: 'trimHorizon' })
    })

    test('an unknown shard has no row', async () => {
      assert.equal(await store.get('shard-unknown'), undefined)
    })

    test('every row is listed', async () => {
      const rows = [await create(), await create()]
      const listed = await store.list()
      for (const row of rows) {
        assert.deepEqual(
          listed.find(({ shardId }) => shardId === row.shardId),
          row,
        )
      }
    })

    test('a take adds one to the counter and makes it the epoch', async () => {
      const lease = held(await store.take(await create(), 'a'))
      assert.deepEqual([lease.owner, lease.counter, lease.epoch], ['a', 1, 1])
      assert.deepEqual(await see(lease.shardId), lease)
    })

    test('of twenty that take at once, one wins', async () => {
      const row = await create()
      const takers = Array.from({ length: 20 }, (_, i) => `worker-${i}`)
      const replies = await Promise.all(
        takers.map(async (owner, i) => (i % 2 === 0 ? store : other).take(row, owner)),
      )
      const [winner, ...others] = replies.filter(reply => reply !== 'lost')
      assert.deepEqual(others, [])
      assert.equal((await see(row.shardId)).owner, held(winner ?? 'lost').owner)
    })

    test('a row seen before a renewal is not taken', async () => {
      const lease = held(await store.take(await create(), 'a'))
      const seen = await see(lease.shardId)
      const kept = held(await store.keep(lease))
      assert.equal(await other.take(seen, 'b'), 'lost')
      assert.deepEqual(await see(lease.shardId), kept)
    })

    test('an expired row is taken, and its last owner is refused everything', async () => {
      const lease = held(await store.take(await create(), 'a'))
      const stolen = held(await other.take(await see(lease.shardId), 'b'))
      assert.deepEqual([stolen.owner, stolen.counter, stolen.epoch], ['b', 2, 2])
      assert.equal(await store.keep(lease), 'lost')
      assert.equal(await store.keep(lease, to(5)), 'lost')
      assert.equal(await store.release(lease, to(5)), 'lost')
      assert.equal(await store.remove(lease), 'lost')
      assert.deepEqual(await see(lease.shardId), stolen)
    })

    test('the right owner with an old counter is refused', async () => {
      const lease = held(await store.take(await create(), 'a'))
      const kept = held(await store.keep(lease))
      assert.equal(await store.keep(lease, to(9)), 'lost')
      assert.equal(await store.release(lease, to(9)), 'lost')
      assert.equal(await store.take(lease, 'a'), 'lost')
      assert.deepEqual(await see(lease.shardId), kept)
    })

    test('keep adds one to the counter, leaves the epoch, and moves the checkpoint when given one', async () => {
      const lease = held(await store.take(await create(), 'a'))
      const kept = held(await store.keep(lease))
      assert.deepEqual([kept.counter, kept.epoch, kept.checkpoint], [2, 1, { at: 'trimHorizon' }])
      const moved = held(await store.keep(kept, to(12)))
      assert.deepEqual([moved.counter, moved.epoch, moved.checkpoint], [3, 1, at(12)])
      assert.deepEqual(await see(lease.shardId), moved)
    })

    test('a checkpoint that is not ahead of the row is left out of the write', async () => {
      const lease = held(await store.take(await create(), 'a'))
      const ahead = held(await store.keep(lease, to(10)))
      const kept = held(await store.keep(ahead, to(9)))
      assert.deepEqual([kept.counter, kept.checkpoint], [3, at(10)])
      assert.equal(await store.release(kept, { checkpoint: { at: 'latest' } }), 'released')
      assert.deepEqual((await see(lease.shardId)).checkpoint, at(10))
    })

    test('a released row is free, and its checkpoint is where the next one starts', async () => {
      const lease = held(await store.take(await create(), 'a'))
      assert.equal(await store.release(lease, to(3)), 'released')
      const free = await see(lease.shardId)
      assert.deepEqual([free.owner, free.counter, free.checkpoint], [undefined, 2, at(3)])
      assert.equal(Object.hasOwn(free, 'owner'), false)
      const next = held(await other.take(free, 'b'))
      assert.deepEqual([next.owner, next.epoch, next.checkpoint], ['b', 3, at(3)])
    })

    test('a take replies with the checkpoint as it is, not as it was seen', async () => {
      const row = await create()
      const lease = held(await store.take(row, 'a'))
      const moved = held(await store.keep(lease, to(4)))
      const taken = held(await other.take({ ...moved, checkpoint: { at: 'trimHorizon' } }, 'b'))
      assert.deepEqual(taken.checkpoint, at(4))
    })

    test('an ask leaves the counter alone and shows in the next keep', async () => {
      const lease = held(await store.take(await create(), 'a'))
      assert.equal(await other.ask(await see(lease.shardId), 'b'), 'asked')
      const row = await see(lease.shardId)
      assert.deepEqual([row.counter, row.askedBy], [lease.counter, 'b'])
      const kept = held(await store.keep(lease))
      assert.equal(kept.askedBy, 'b')
    })

    test('an ask reaches an owner that has renewed since it was seen', async () => {
      const lease = held(await store.take(await create(), 'a'))
      await store.keep(lease)
      assert.equal(await other.ask(lease, 'b'), 'asked')
    })

    test('an ask for a row that changed hands or is free is refused', async () => {
      const lease = held(await store.take(await create(), 'a'))
      const stolen = held(await store.take(lease, 'b'))
      assert.equal(await other.ask(lease, 'c'), 'lost')
      await store.release(stolen)
      assert.equal(await other.ask(stolen, 'c'), 'lost')
      assert.equal(await other.ask(await see(lease.shardId), 'c'), 'lost')
    })

    test('an ask that is withdrawn is gone, held or free; somebody else’s stays', async () => {
      const lease = held(await store.take(await create(), 'a'))
      await other.ask(lease, 'b')
      assert.equal(await other.withdraw(lease.shardId, 'c'), 'lost')
      assert.equal((await see(lease.shardId)).askedBy, 'b')
      assert.equal(await other.withdraw(lease.shardId, 'b'), 'withdrawn')
      const row = await see(lease.shardId)
      assert.deepEqual([row.askedBy, row.counter], [undefined, lease.counter])
      await other.ask(lease, 'b')
      await store.release(lease)
      assert.equal(await other.withdraw(lease.shardId, 'b'), 'withdrawn')
      assert.equal((await see(lease.shardId)).askedBy, undefined)
    })

    test('a release leaves the name of who asked, and a take forgets it', async () => {
      const lease = held(await store.take(await create(), 'a'))
      await other.ask(lease, 'b')
      const taken = held(await other.take(await see(lease.shardId), 'b'))
      assert.equal(taken.askedBy, undefined)
      await store.ask(taken, 'c')
      await other.release(taken)
      const row = await see(lease.shardId)
      assert.deepEqual([row.owner, row.askedBy], [undefined, 'c'])
      assert.equal(held(await store.take(row, 'c')).askedBy, undefined)
    })

    test('takes from owners that did not release are counted until the checkpoint moves', async () => {
      const first = held(await store.take(await create(), 'a'))
      assert.equal(first.ownerSwitchesSinceCheckpoint, 0)
      const second = held(await store.take(first, 'b'))
      const third = held(await store.take(second, 'c'))
      assert.equal(third.ownerSwitchesSinceCheckpoint, 2)
      await store.keep(third, to(1))
      assert.equal((await see(third.shardId)).ownerSwitchesSinceCheckpoint, 0)
    })

    test('a take marks a clean row dirty, and a keep moves the mark with the checkpoint', async () => {
      const lease = held(await store.take(await create(), 'a', 1000))
      assert.equal(lease.dirtySince, 1000)
      assert.deepEqual(await see(lease.shardId), lease)
      const kept = held(await store.keep(lease, { checkpoint: at(3), dirtySince: 1500 }))
      assert.deepEqual([kept.checkpoint, kept.dirtySince], [at(3), 1500])
      assert.deepEqual(await see(lease.shardId), kept)
    })

    test('a keep without progress leaves checkpoint and mark alone', async () => {
      const lease = held(await store.take(await create(), 'a', 1000))
      const kept = held(await store.keep(held(await store.keep(lease, { ...to(3), dirtySince: 1500 }))))
      assert.deepEqual([kept.checkpoint, kept.dirtySince], [at(3), 1500])
      assert.deepEqual(await see(lease.shardId), kept)
    })

    test('a dirty row stays as dirty as it was when it is taken', async () => {
      const lease = held(await store.take(await create(), 'a', 1000))
      const taken = held(await other.take(await see(lease.shardId), 'b', 9000))
      assert.equal(taken.dirtySince, 1000)
      await store.release(taken, { dirtySince: 1200 })
      const free = await see(lease.shardId)
      assert.deepEqual([free.owner, free.dirtySince], [undefined, 1200])
      assert.equal(held(await other.take(free, 'c', 9000)).dirtySince, 1200)
    })

    test('a release can leave the row clean', async () => {
      const lease = held(await store.take(await create(), 'a', 1000))
      await store.release(lease, to(2))
      const free = await see(lease.shardId)
      assert.deepEqual([free.checkpoint, Object.hasOwn(free, 'dirtySince')], [at(2), false])
    })

    test('what a refused owner says of its progress changes nothing', async () => {
      const lease = held(await store.take(await create(), 'a', 1000))
      const stolen = held(await other.take(await see(lease.shardId), 'b', 2000))
      assert.equal(await store.keep(lease, { checkpoint: at(8) }), 'lost')
      assert.equal(await store.release(lease, { checkpoint: at(8) }), 'lost')
      assert.deepEqual(await see(lease.shardId), stolen)
    })

    test('a store that gives hints does so when a lease is asked for and when it is let go', async context => {
      if (store.watch === undefined) return context.skip('no hints here')
      // As every worker does before it asks for anything.
      await Promise.all([store.list(), other.list()])
      let hinted = Promise.withResolvers<void>()
      const unwatch = store.watch(() => hinted.resolve())
      const lease = held(await other.take(await create(), 'a'))
      hinted = Promise.withResolvers()
      await other.ask(lease, 'b')
      await hinted.promise
      hinted = Promise.withResolvers()
      await other.release(held(await other.keep(lease)))
      await hinted.promise
      unwatch()
    })

    test('an owner that finds nothing to do forgets how often the lease changed hands', async () => {
      const first = held(await store.take(await create(), 'a', 1000))
      const second = held(await store.take(first, 'b', 2000))
      assert.equal(second.ownerSwitchesSinceCheckpoint, 1)
      const idle = held(await store.keep(second, { dirtySince: 1000, idle: true }))
      assert.deepEqual([idle.ownerSwitchesSinceCheckpoint, idle.dirtySince], [0, 1000])
      assert.deepEqual(await see(first.shardId), idle)
    })

    test('an ended row is not taken', async () => {
      const lease = held(await store.take(await create(), 'a'))
      assert.equal(await store.release(lease, { checkpoint: { at: 'shardEnd' } }), 'released')
      assert.equal(await other.take(await see(lease.shardId), 'b'), 'lost')
    })

    test("a row that was removed and made anew is not its old owner's, whatever the counter", async () => {
      const row = await create()
      const lease = held(await store.take(row, 'a'))
      assert.equal(await other.remove(lease), 'removed')
      await other.create({ shardId: row.shardId, parents: [], checkpoint: { at: 'trimHorizon' } })
      const anew = held(await other.take(await see(row.shardId), 'b'))
      const meant = { ...lease, counter: anew.counter, epoch: anew.epoch }
      assert.equal(await store.keep(meant, to(5)), 'lost')
      assert.equal(await store.release(meant, to(5)), 'lost')
      assert.deepEqual(await see(row.shardId), anew)
    })

    test('a removed row is gone; one that changed since it was seen stays', async () => {
      const row = await create()
      const lease = held(await store.take(row, 'a'))
      assert.equal(await other.remove(row), 'lost')
      assert.equal(await other.remove(lease), 'removed')
      assert.equal(await store.get(row.shardId), undefined)
      assert.equal(await store.keep(lease), 'lost')
    })
  })
}
