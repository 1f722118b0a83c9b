import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory } from '../src/backends/memory/index.ts'
import { Coordinator, type LeaseStore, type WorkOnShard } from '../src/leases/index.ts'
import { systemClock } from '../src/lib/index.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import { Events, timers } from './harness.ts'

/** Works until it is told to stop. */
const untilDrained: WorkOnShard = async ({ draining, lost }) => {
  const stop = AbortSignal.any([draining, lost])
  await new Promise<void>(resolve =>
    stop.aborted ? resolve() : stop.addEventListener('abort', () => resolve()),
  )
  return lost.aborted ? 'lost' : 'drained'
}

async function makeCoordinator(
  work: WorkOnShard,
  changed: (store: LeaseStore) => Partial<LeaseStore> = () => ({}),
) {
  const backend = openMemory()
  await backend.createStream('raw', { shards: 1, role: 'raw' })
  const store = backend.leaseStore({ application: 'app', stream: 'raw' })
  const told: MillraceEvent[] = []
  const events = new Events()
  const coordinator = new Coordinator({
    worker: 'a',
    store: { ...bound(store), ...changed(store) },
    listShards: () => backend.listShards('raw'),
    work,
    initialPosition: { at: 'trimHorizon' },
    timers,
    maxLeases: 10,
    clock: systemClock,
    observe: event => {
      told.push(event)
      events.observe(event)
    },
  })
  const lost = () => told.flatMap(event => (event.type === 'lease-lost' ? event.during : []))
  return { coordinator, store, events, lost }
}

function bound(store: LeaseStore): LeaseStore {
  return {
    list: () => store.list(),
    get: shardId => store.get(shardId),
    create: lease => store.create(lease),
    take: (seen, owner, dirtySince) => store.take(seen, owner, dirtySince),
    keep: (held, checkpoint) => store.keep(held, checkpoint),
    release: (held, checkpoint) => store.release(held, checkpoint),
    ask: (seen, asker) => store.ask(seen, asker),
    withdraw: (shardId, asker) => store.withdraw(shardId, asker),
    remove: seen => store.remove(seen),
    close: () => store.close(),
  }
}

test('a lease that is being taken when a stop comes is released before the stop ends', async () => {
  const taking = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  const { coordinator, store } = await makeCoordinator(untilDrained, inner => ({
    async take(seen, owner) {
      taking.resolve()
      await stopped.promise
      return inner.take(seen, owner)
    },
  }))
  const starting = coordinator.start()
  await taking.promise
  const stopping = coordinator.stop()
  stopped.resolve()
  await stopping
  const [row] = await store.list()
  assert.deepEqual([row?.owner, row?.epoch], [undefined, 1])
  await starting
})

test('a lease that a renewal finds lost is told once', async () => {
  const { coordinator, store, events, lost } = await makeCoordinator(untilDrained)
  const found = events.seen(({ type }) => type === 'lease-lost')
  await coordinator.start()
  const [held] = coordinator.held
  if (held === undefined) assert.fail('holds nothing')
  await store.take((await store.get(held.shardId)) ?? held, 'b')
  await found
  await coordinator.stop()
  assert.deepEqual(lost(), ['keep'])
})

test('a lease that a commit finds lost is told as that', async () => {
  const { coordinator, events, lost } = await makeCoordinator(async () => 'lost')
  const found = events.seen(({ type }) => type === 'lease-lost')
  await coordinator.start()
  await found
  await coordinator.stop()
  assert.deepEqual(lost(), ['commit'])
})
