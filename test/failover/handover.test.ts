import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { SmallFleet, type SmallFleetOptions } from './handover.ts'

// How long a shard stands still where the one that it was let go for, or would be dealt to, is dead.

/** As the embedded backend and its defaults have it. */
const embedded = {
  timers: { leaseMs: 2000, renewMs: 667, scanMs: 500, shardSyncMs: 60_000 },
  bellMs: 50,
  delayMs: 10,
}
/** As DynamoDB and its defaults have it. */
const dynamo = {
  timers: { leaseMs: 10_000, renewMs: 3333, scanMs: 2500, shardSyncMs: 60_000 },
  bellMs: 417,
  delayMs: 30,
}

for (const { where, ...options } of [
  { where: 'embedded', ...embedded },
  { where: 'DynamoDB', ...dynamo },
]) {
  const { scanMs, leaseMs } = options.timers

  test(`${where}: whoever asked for it is dead, and its owner goes on`, async context => {
    await worst(context, options, 0.8 * scanMs, async fleet => {
      const newcomer = fleet.start()
      await fleet.until(({ write }) => write === 'ask')
      newcomer.machine.crash()
    })
  })

  test(`${where}: whoever asked for it is dead, and its owner stops`, async context => {
    await worst(context, options, 1.3 * scanMs, async fleet => {
      const newcomer = fleet.start()
      const asked = await fleet.until(({ write }) => write === 'ask')
      newcomer.machine.crash()
      const owner = fleet.alive.find(({ machine }) => machine.name === asked?.after?.owner)
      if (owner !== undefined) void fleet.stop(owner)
    })
  })

  test(`${where}: one has just died as another stops`, async context => {
    await worst(context, options, 1.3 * scanMs, async fleet => {
      const [dies, stops] = fleet.alive
      dies?.machine.crash()
      await fleet.run(fleet.random.between(0, leaseMs / 2))
      if (stops !== undefined) void fleet.stop(stops)
    })
  })

  test(`${where}: one has died just before another’s leases run out`, async context => {
    await worst(context, options, 1.4 * leaseMs, async fleet => {
      const [first, second] = fleet.alive
      const since = fleet.timeline.now
      const left = fleet.shardsOf(first?.machine.name ?? '')
      first?.machine.crash()
      await fleet.run(fleet.random.between(0.75, 0.9) * leaseMs)
      second?.machine.crash()
      return () => fleet.takenMs(left, since)
    })
  })
}

/** Of many fleets to which this happens: the shard that was let go of, or what else is measured, and waited for longest. */
async function worst(
  context: TestContext,
  options: Omit<SmallFleetOptions, 'seed' | 'shards'>,
  mostMs: number,
  happen: (fleet: SmallFleet) => Promise<(() => number[]) | void>,
): Promise<void> {
  const found: number[] = []
  for (let seed = 1; seed <= 100; seed++) {
    const fleet = new SmallFleet({ ...options, shards: 5 + (seed % 8), seed })
    for (let n = 0; n < 4; n++) fleet.start()
    assert.ok(await fleet.settle())
    const since = fleet.timeline.now
    const measure = await happen(fleet)
    await fleet.run(options.timers.leaseMs)
    assert.ok(await fleet.settle(), `seed ${seed} settles`)
    found.push(...(measure?.() ?? fleet.freeMs(since)))
  }
  found.sort((a, b) => a - b)
  context.diagnostic(`${found.length} shards; longest ${found.slice(-5).map(Math.round).join(' ')} ms`)
  assert.ok(found.length >= 100)
  assert.ok((found.at(-1) ?? 0) < mostMs, `${found.at(-1)} ms without an owner who works`)
}
