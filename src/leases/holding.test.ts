import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory } from '../backends/memory/index.ts'
import { MillraceError, momentOf, systemClock } from '../lib/index.ts'
import { unobserved } from '../observe/index.ts'
import { Holding } from './holding.ts'
import type { HeldLease } from './lease.ts'
import type { LeaseStore } from './store.ts'

/** A store that applies the next renewal and then loses its reply. */
function losingReplies(store: LeaseStore): LeaseStore & { loseNext: boolean } {
  return {
    loseNext: false,
    list: () => store.list(),
    get: shardId => store.get(shardId),
    create: lease => store.create(lease),
    take: (seen, owner, dirtySince) => store.take(seen, owner, dirtySince),
    release: (held, checkpoint) => store.release(held, checkpoint),
    ask: (seen, asker) => store.ask(seen, asker),
    withdraw: (shardId, asker) => store.withdraw(shardId, asker),
    remove: seen => store.remove(seen),
    close: () => store.close(),
    async keep(held, checkpoint) {
      const kept = await store.keep(held, checkpoint)
      if (!this.loseNext) return kept
      this.loseNext = false
      throw new MillraceError('store', 'the reply was lost', { retryable: true })
    },
  }
}

async function hold() {
  const store = losingReplies(openMemory().leaseStore({ application: 'app', stream: 'raw' }))
  await store.create({ shardId: 's', parents: [], checkpoint: { at: 'trimHorizon' } })
  const [row] = await store.list()
  const taken = row === undefined ? 'lost' : await store.take(row, 'me')
  const lease: HeldLease = taken === 'lost' ? assert.fail('not taken') : taken
  const parts = { store, clock: systemClock, observe: unobserved }
  const holding = new Holding({ lease, inherited: { state: 'clean' }, sentAt: momentOf(systemClock) }, parts)
  return { store, lease, holding }
}

test('a renewal whose reply was lost costs no lease: the next one finds it and renews', async () => {
  const { store, lease, holding } = await hold()
  store.loseNext = true
  await holding.keep()
  await holding.keep()
  assert.equal(holding.lost.aborted, false)
  assert.equal(holding.lease.counter, lease.counter + 2)
})

test('a release after a renewal whose reply was lost is a release', async () => {
  const { store, holding } = await hold()
  store.loseNext = true
  await holding.keep()
  assert.equal(await holding.release({ at: 'shardEnd' }), 'released')
  const row = await store.get('s')
  assert.equal(row?.owner, undefined)
  assert.deepEqual(row?.checkpoint, { at: 'shardEnd' })
})

test('a lease that somebody else took is lost, and not written to any more', async () => {
  const { store, holding } = await hold()
  const row = await store.get('s')
  assert.ok(row !== undefined)
  await store.take(row, 'other')
  await holding.keep()
  assert.equal(holding.lost.aborted, true)
  assert.equal(await holding.release(), 'lost')
  assert.equal((await store.get('s'))?.owner, 'other')
})

test('renewals do not pile up behind one that takes long', async () => {
  const { store, lease, holding } = await hold()
  const keeps = Promise.all(Array.from({ length: 50 }, () => holding.keep()))
  await keeps
  const row = await store.get('s')
  assert.ok((row?.counter ?? 0) - lease.counter <= 2, `${row?.counter} writes`)
})

test('who asks while the owner works off what the last one left waits until that is done; a stop does not', async () => {
  const { store, lease, holding } = await hold()
  const looked = Promise.withResolvers<void>()
  const settling = holding.settle(looked.promise)
  await store.ask(lease, 'b')
  await holding.keep()
  assert.deepEqual([holding.lease.askedBy, holding.draining.aborted], ['b', false])
  looked.resolve()
  await settling
  assert.equal(holding.draining.aborted, true)

  const other = await hold()
  void other.holding.settle(new Promise(() => {}))
  other.holding.drain()
  assert.equal(other.holding.draining.aborted, true)
})

test('a recovery that fails lets go of the lease as well, and an ask that was taken back does not', async () => {
  const failing = await hold()
  const settling = failing.holding.settle(Promise.reject(new Error('no answer')))
  await failing.store.ask(failing.lease, 'b')
  await failing.holding.keep()
  await settling
  assert.equal(failing.holding.draining.aborted, true)

  const { store, lease, holding } = await hold()
  const looked = Promise.withResolvers<void>()
  const waiting = holding.settle(looked.promise)
  await store.ask(lease, 'b')
  await holding.keep()
  await store.withdraw(lease.shardId, 'b')
  await holding.keep()
  looked.resolve()
  await waiting
  assert.equal(holding.draining.aborted, false)
})
