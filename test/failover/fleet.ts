// `npm run simulate:fleet -- [--workers N] [--shards N] [--json]`: how a large fleet shares its shards, and what happens
// when half of it dies at once: the real coordinators, on simulated machines and one simulated lease table.
import { parseArgs } from 'node:util'
import { Coordinator, type LeaseTimers } from '../../src/leases/index.ts'
import { unobserved } from '../../src/observe/index.ts'
import { evenRanges, shardIdOf, type Shard } from '../../src/streams/index.ts'
import { LeaseService, type RowWrite } from './lease-service.ts'
import { Machine } from './machine.ts'
import { calm, Network } from './network.ts'
import { Random } from './random.ts'
import { Timeline } from './timeline.ts'
import { untilDrained } from './work.ts'

export interface FleetFigures {
  readonly workers: number
  readonly shards: number
  /** From the start of the first worker until every shard is worked on and nobody has two more than another. */
  readonly startMs: number
  /** The same, from the moment at which half of the workers die. */
  readonly settleMs: number
  readonly settleLeases: number
  /** Most leases less fewest of any worker, in the end. */
  readonly spread: number
  /** Writes to the table per second, refused ones too: when all is well, and in the worst second after the deaths. */
  readonly steadyWritesPerSecond: number
  readonly worstWritesPerSecond: number
  readonly refusedWrites: number
  readonly takes: number
  readonly asks: number
}

export interface FleetOptions {
  readonly workers: number
  readonly shards: number
  readonly timers: LeaseTimers
  readonly seed: number
}

export async function simulateFleet(options: FleetOptions): Promise<FleetFigures> {
  const fleet = new Fleet(options)
  const startMs = await fleet.settle()
  const steady = await fleet.watch(20_000)
  fleet.killHalf()
  const before = fleet.now
  const settled = await fleet.settle()
  const { worst, refused, takes, asks } = fleet.writesSince(before)
  return {
    workers: options.workers,
    shards: options.shards,
    startMs,
    settleMs: settled,
    settleLeases: Number((settled / options.timers.leaseMs).toFixed(2)),
    spread: fleet.spread(),
    steadyWritesPerSecond: Math.round(steady),
    worstWritesPerSecond: worst,
    refusedWrites: refused,
    takes,
    asks,
  }
}

class Fleet {
  readonly #options: FleetOptions
  readonly #timeline = new Timeline()
  readonly #random: Random
  readonly #network: Network
  readonly #leases: LeaseService
  readonly #machines: Machine[] = []
  readonly #attempts: { at: number; write: RowWrite['write']; done: boolean }[] = []

  constructor(options: FleetOptions) {
    this.#options = options
    this.#random = new Random(options.seed)
    this.#network = new Network(this.#timeline, this.#random, 0)
    this.#network.faults = { ...calm, delayMs: 20 }
    this.#leases = new LeaseService({
      timeline: this.#timeline,
      random: this.#random,
      network: this.#network,
      timeoutMs: 1000,
      staleMs: 0,
      onWrite: () => {},
      onAttempt: (write, done) => this.#attempts.push({ at: this.#timeline.now, write, done }),
    })
    // One starts after the other, as an autoscaling group does it.
    for (let n = 0; n < options.workers; n++) this.#timeline.after(n * 20, () => this.#start(n))
  }

  get now(): number {
    return this.#timeline.now
  }

  /** Until the shards are shared fairly among those who live; how long that took. */
  async settle(): Promise<number> {
    const began = this.now
    const { leaseMs } = this.#options.timers
    let looked = began
    await this.#timeline.run(began + 60 * leaseMs, () => {
      if (this.now - looked < 100) return false
      looked = this.now
      return this.#machines.length === this.#options.workers && this.#settled()
    })
    return Math.round(this.now - began)
  }

  /** Writes per second while all is well. */
  async watch(ms: number): Promise<number> {
    const began = this.now
    await this.#timeline.run(began + ms)
    return this.#attempts.filter(({ at }) => at >= began).length / (ms / 1000)
  }

  killHalf(): void {
    const shuffled = this.#machines.toSorted(() => this.#random.between(-1, 1))
    for (const machine of shuffled.slice(0, Math.floor(shuffled.length / 2))) machine.crash()
  }

  writesSince(began: number) {
    const since = this.#attempts.filter(({ at }) => at >= began)
    const seconds = new Map<number, number>()
    for (const { at } of since)
      seconds.set(Math.floor(at / 1000), (seconds.get(Math.floor(at / 1000)) ?? 0) + 1)
    const count = (kind: RowWrite['write']) =>
      since.filter(({ write, done }) => write === kind && done).length
    return {
      worst: Math.max(...seconds.values()),
      refused: since.filter(({ done }) => !done).length,
      takes: count('take'),
      asks: count('ask'),
    }
  }

  spread(): number {
    const counts = [...this.#counts().values()]
    return Math.max(...counts) - Math.min(...counts)
  }

  #settled(): boolean {
    const counts = this.#counts()
    const held = [...counts.values()].reduce((sum, count) => sum + count, 0)
    return held === this.#options.shards && this.spread() <= 1
  }

  #counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { name, dead } of this.#machines) if (!dead) counts.set(name, 0)
    for (const { owner = '' } of this.#leases.table.rows.values()) {
      const count = counts.get(owner)
      if (count !== undefined) counts.set(owner, count + 1)
    }
    return counts
  }

  #start(n: number): void {
    const { timers } = this.#options
    const rate = 1 + this.#random.between(-0.01, 0.01)
    const machine = new Machine({ timeline: this.#timeline, name: `worker-${n}`, rate, wallOffset: 0 })
    this.#machines.push(machine)
    const coordinator = new Coordinator({
      worker: machine.name,
      store: this.#leases.connect(machine, { sent() {}, renewed() {} }),
      listShards: async () => this.#shards(),
      work: untilDrained,
      initialPosition: { at: 'trimHorizon' },
      timers,
      maxLeases: Number.POSITIVE_INFINITY,
      clock: machine.clock,
      observe: unobserved,
      random: this.#random.next,
    })
    void coordinator.start()
  }

  #shards(): readonly Shard[] {
    return evenRanges(this.#options.shards).map((range, n) => ({
      shardId: shardIdOf(n),
      parents: [],
      ...range,
      startingSequence: '0',
    }))
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      workers: { type: 'string', default: '200' },
      shards: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  })
  const figures = await simulateFleet({
    workers: Number(values.workers),
    shards: Number(values.shards),
    seed: Number(values.seed),
    timers: { leaseMs: 10_000, renewMs: 3333, scanMs: 2500, shardSyncMs: 60_000 },
  })
  if (values.json) console.log(JSON.stringify(figures))
  else for (const [what, value] of Object.entries(figures)) console.log(`${what}: ${value}`)
}
