import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { systemClock } from '../lib/index.ts'
import { Circuit, OutsideFailure, type CallResult, type CircuitOptions } from './circuit.ts'
import { HandClock } from './test-clock.ts'

function newCircuit(options: Partial<CircuitOptions> = {}) {
  const clock = new HandClock()
  const changes: string[] = []
  const circuit = new Circuit({
    concurrency: 2,
    maxQueued: 3,
    timeoutMs: 1000,
    queueMs: 5000,
    clock,
    changed: (state, error) => changes.push(`${state} ${error ?? ''}`.trim()),
    ...options,
  })
  return { clock, circuit, changes }
}

const works = async () => 'ok'
const fails = async () => {
  throw new OutsideFailure('gone')
}
const never = () => new Promise<never>(() => {})
const kinds = (results: readonly CallResult<unknown>[]) => results.map(({ kind }) => kind)

test('five failures in a row open it, and then nothing is called', async () => {
  const { circuit, changes } = newCircuit()
  for (let i = 0; i < 4; i++) await circuit.run(fails)
  await circuit.run(works)
  for (let i = 0; i < 5; i++) assert.equal((await circuit.run(fails)).kind, 'failed')
  let called = false
  const result = await circuit.run(async () => (called = true))
  assert.deepEqual(result, { kind: 'refused', error: 'the circuit is open: gone' })
  assert.equal(called, false)
  assert.deepEqual(changes, ['open gone'])
})

test('half of twenty failures open it, though no five follow each other', async () => {
  const { circuit } = newCircuit()
  for (let i = 0; i < 10; i++) {
    await circuit.run(works)
    assert.equal(circuit.state, 'closed')
    await circuit.run(fails)
  }
  assert.equal(circuit.state, 'open')
})

test('after its time one call decides: it closes, or stays open for twice as long', async () => {
  const { circuit, clock, changes } = newCircuit()
  for (let i = 0; i < 5; i++) await circuit.run(fails)
  clock.pass(3999)
  assert.equal((await circuit.run(works)).kind, 'refused')
  clock.pass(1)
  assert.deepEqual(kinds(await Promise.all([circuit.run(fails), circuit.run(works)])), ['failed', 'refused'])
  clock.pass(7999)
  assert.equal((await circuit.run(works)).kind, 'refused')
  clock.pass(1)
  assert.equal((await circuit.run(works)).kind, 'answered')
  assert.equal(circuit.state, 'closed')
  assert.deepEqual(changes, ['open gone', 'closed'])
})

test('a probe that ends in a bug leaves its place to another', async () => {
  const { circuit, clock } = newCircuit()
  for (let i = 0; i < 5; i++) await circuit.run(fails)
  clock.pass(4000)
  await assert.rejects(
    circuit.run(async () => {
      throw new Error('bug')
    }),
    /bug/,
  )
  assert.equal((await circuit.run(works)).kind, 'answered')
})

test('so many calls at once, so many that wait, no more', async () => {
  const { circuit } = newCircuit()
  let active = 0
  let most = 0
  const gate = Promise.withResolvers<void>()
  const results = Array.from({ length: 7 }, () =>
    circuit.run(async () => {
      most = Math.max(most, ++active)
      await gate.promise
      active--
    }),
  )
  gate.resolve()
  const counted = kinds(await Promise.all(results))
  assert.equal(most, 2)
  assert.equal(counted.filter(kind => kind === 'answered').length, 5)
  assert.equal(counted.filter(kind => kind === 'refused').length, 2)
})

test('those who wait are refused when it opens', async () => {
  const { circuit } = newCircuit({ concurrency: 5, maxQueued: 100, timeoutMs: 50, clock: systemClock })
  const began = performance.now()
  const results = await Promise.all(Array.from({ length: 50 }, () => circuit.run(never)))
  assert.ok(performance.now() - began < 2000)
  // A timer that is late lets a few more begin.
  assert.ok(kinds(results).filter(kind => kind === 'refused').length > 35)
})

test('a call that takes too long is aborted, and not waited for', async () => {
  const { circuit } = newCircuit({ timeoutMs: 20, clock: systemClock })
  let aborted = false
  const result = await circuit.run(
    signal =>
      new Promise<never>(() => {
        signal.addEventListener('abort', () => (aborted = true))
      }),
  )
  assert.deepEqual(result, { kind: 'failed', error: 'no answer within 20 ms' })
  assert.equal(aborted, true)
})

test('the time of a batch bounds all of its calls', async () => {
  const deadline = { at: Infinity }
  const { circuit } = newCircuit({ timeoutMs: 60_000, clock: systemClock, deadline })
  deadline.at = systemClock.monotonic() + 30
  const results = await Promise.all(Array.from({ length: 4 }, () => circuit.run(never)))
  assert.ok(results.every(({ kind }) => kind !== 'answered'))
  assert.deepEqual(await circuit.run(works), {
    kind: 'refused',
    error: 'the time of its batch is used up',
  })
  deadline.at = Infinity
  assert.equal((await circuit.run(works)).kind, 'answered')
})

test('whose turn comes after the time of its batch is refused, which says nothing of the outside', async () => {
  const deadline = { at: 60_000 }
  const { circuit, clock } = newCircuit({ concurrency: 1, maxQueued: 10, timeoutMs: 60_000, deadline })
  const gate = Promise.withResolvers<void>()
  const first = circuit.run(() => gate.promise)
  const waiting = Array.from({ length: 10 }, () => circuit.run(works))
  await new Promise(resolve => setImmediate(resolve))
  clock.pass(60_100)
  gate.resolve()
  assert.equal((await first).kind, 'answered')
  assert.deepEqual(new Set(kinds(await Promise.all(waiting))), new Set(['refused']))
  assert.equal(circuit.state, 'closed')
  deadline.at = Infinity
  assert.equal((await circuit.run(works)).kind, 'answered')
})

test('an answer that came while this thread computed counts', async () => {
  const { circuit } = newCircuit({ timeoutMs: 200, clock: systemClock })
  const { port1, port2 } = new MessageChannel()
  const running = circuit.run(() => new Promise<unknown>(resolve => void port1.once('message', resolve)))
  await new Promise(resolve => setImmediate(resolve))
  port2.postMessage('answer')
  for (const end = performance.now() + 400; performance.now() < end;);
  assert.deepEqual(await running, { kind: 'answered', value: 'answer' })
  port1.close()
})
