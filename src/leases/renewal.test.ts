import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory } from '../backends/memory/index.ts'
import { MillraceError, momentOf, type Clock } from '../lib/index.ts'
import { unobserved } from '../observe/index.ts'
import { Holding } from './holding.ts'
import { renewUntil } from './renewal.ts'
import type { LeaseStore } from './store.ts'

const renewMs = 3000
const endMs = 60_000

/** Sleeping is all that takes time, and it is over at once. Ends with `stop` after a minute. */
function quickClock(stop: AbortController): Clock {
  let now = 0
  return {
    now: () => now,
    monotonic: () => now,
    async sleep(ms) {
      now += ms
      if (now >= endMs) stop.abort()
    },
  }
}

/** When the lease was tried to be renewed, ms after it was taken. `fails`: of which tries nothing comes. */
async function renewals(options: {
  random?: number
  fails?: (attempt: number) => boolean
  abandonAt?: number
}) {
  const { random = 0, fails = () => false, abandonAt } = options
  const stop = new AbortController()
  const clock = quickClock(stop)
  const at: number[] = []
  const memory = openMemory().leaseStore({ application: 'app', stream: 'raw' })
  const store: LeaseStore = Object.assign(Object.create(memory) as LeaseStore, {
    async keep(...given: Parameters<LeaseStore['keep']>) {
      at.push(Math.round(clock.monotonic()))
      if (at.length === abandonAt) void holding.abandon()
      if (fails(at.length)) throw new MillraceError('leases', 'no answer', { retryable: true })
      return memory.keep(...given)
    },
  })
  await memory.create({ shardId: 's', parents: [], checkpoint: { at: 'trimHorizon' } })
  const [row] = await memory.list()
  const lease = row === undefined ? 'lost' : await memory.take(row, 'me')
  if (lease === 'lost') assert.fail('not taken')
  const parts = { store, clock, observe: unobserved }
  const holding = new Holding({ lease, inherited: { state: 'clean' }, sentAt: momentOf(clock) }, parts)
  await renewUntil(stop.signal, holding, { renewMs, clock, random: () => random })
  return at
}

test('a lease is renewed every renewMs, and no more often', async () => {
  const at = await renewals({})
  assert.deepEqual(
    at,
    at.map((_, i) => i * renewMs),
  )
  assert.equal(at.length, endMs / renewMs)
})

test('leases that were taken at once are renewed at different moments', async () => {
  const [first] = await renewals({ random: 0.1 })
  const [second] = await renewals({ random: 0.7 })
  assert.deepEqual([first, second], [300, 2100])
})

test('a renewal that fails is tried again sooner, and the pace stays as it was', async () => {
  const at = await renewals({ fails: attempt => attempt === 2 || attempt === 3 })
  assert.deepEqual(at.slice(0, 5), [0, 3000, 3750, 4500, 7500])
})

test('a lease that is let go is renewed no more, though the work under it goes on', async () => {
  assert.deepEqual(await renewals({ abandonAt: 3 }), [0, 3000, 6000])
})
