import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError, type Clock } from '../lib/index.ts'
import type { MillraceEvent } from '../observe/index.ts'
import { patiently } from './patient.ts'

/** Time passes while somebody sleeps, and not otherwise. */
function fastClock(): Clock {
  let now = 0
  return {
    now: () => now,
    monotonic: () => now,
    async sleep(ms) {
      now += ms
    },
  }
}

const parts = { clock: fastClock(), observe() {}, stopping: new AbortController().signal }
const busy = (retryable = true) => new MillraceError('store', 'it is too busy; try again', { retryable })

test('a start tries again what may pass, and tells each time', async () => {
  const events: MillraceEvent[] = []
  let failures = 2
  const work = async () => {
    if (failures-- > 0) throw busy()
  }
  await patiently(work, { ...parts, observe: event => events.push(event) })
  assert.deepEqual(
    events.map(event => event.type === 'outside-failed' && [event.what, event.error, event.attempt]),
    [1, 2].map(attempt => ['store', 'start: it is too busy; try again', attempt]),
  )
})

test('what does not pass is given up after a minute, with the last failure', async () => {
  const clock = fastClock()
  let tries = 0
  const work = async () => {
    tries++
    throw busy()
  }
  await assert.rejects(patiently(work, { ...parts, clock }), /too busy/)
  assert.ok(tries > 10)
  assert.ok(clock.monotonic() > 50_000 && clock.monotonic() <= 60_000, `${clock.monotonic()} ms`)
})

test('what no other try gets past is told at once', async () => {
  let tries = 0
  const work = async () => {
    tries++
    throw busy(false)
  }
  await assert.rejects(patiently(work, parts), /too busy/)
  assert.equal(tries, 1)
})

test('a start that is told to stop tries no more', async () => {
  const stopping = new AbortController()
  let tries = 0
  const work = async () => {
    tries++
    throw busy()
  }
  const told = { ...parts, observe: () => stopping.abort(), stopping: stopping.signal }
  await assert.rejects(patiently(work, told), /too busy/)
  assert.equal(tries, 1)
})

test('where somebody else starts the process again, it tries once', async () => {
  let tries = 0
  const work = async () => {
    tries++
    throw busy()
  }
  await assert.rejects(patiently(work, { clock: fastClock(), observe() {} }), /too busy/)
  assert.equal(tries, 1)
})
