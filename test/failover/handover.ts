import { Coordinator, type LeaseTimers } from '../../src/leases/index.ts'
import { unobserved } from '../../src/observe/index.ts'
import { evenRanges, shardIdOf } from '../../src/streams/index.ts'
import { LeaseService, type RowWrite } from './lease-service.ts'
import { Machine } from './machine.ts'
import { calm, Network } from './network.ts'
import { Random } from './random.ts'
import { Timeline } from './timeline.ts'
import { untilDrained } from './work.ts'

export interface SmallFleetOptions {
  readonly shards: number
  readonly timers: LeaseTimers
  readonly seed: number
  /** As `LeaseServiceOptions` has it. */
  readonly bellMs?: number
  /** One way, at most. */
  readonly delayMs: number
}

export interface Process {
  readonly machine: Machine
  readonly coordinator: Coordinator
}

/** A few workers on one lease table, and how long a lease waits for its next owner. */
export class SmallFleet {
  readonly timeline = new Timeline()
  readonly random: Random
  readonly processes: Process[] = []
  readonly writes: RowWrite[] = []
  readonly #options: SmallFleetOptions
  readonly #leases: LeaseService

  constructor(options: SmallFleetOptions) {
    this.#options = options
    const { seed, delayMs, bellMs } = options
    const { timeline } = this
    const random = new Random(seed)
    this.random = random
    const network = new Network(timeline, random, 0)
    network.faults = { ...calm, delayMs }
    this.#leases = new LeaseService({
      timeline,
      random,
      network,
      timeoutMs: 1000,
      staleMs: 0,
      ...(bellMs !== undefined && { bellMs }),
      onWrite: write => this.writes.push(write),
    })
  }

  get alive(): readonly Process[] {
    return this.processes.filter(({ machine }) => !machine.dead)
  }

  start(): Process {
    const { timeline, random } = this
    const { timers } = this.#options
    const name = `worker-${this.processes.length}`
    const machine = new Machine({ timeline, name, rate: 1 + random.between(-0.01, 0.01), wallOffset: 0 })
    const coordinator = new Coordinator({
      worker: name,
      store: this.#leases.connect(machine, { sent() {}, renewed() {} }),
      listShards: async () => this.#shards,
      work: untilDrained,
      initialPosition: { at: 'trimHorizon' },
      timers,
      maxLeases: Number.POSITIVE_INFINITY,
      clock: machine.clock,
      observe: unobserved,
      random: random.next,
    })
    const process = { machine, coordinator }
    this.processes.push(process)
    void coordinator.start()
    return process
  }

  /** As SIGTERM does it. */
  async stop({ machine, coordinator }: Process): Promise<void> {
    await coordinator.stop()
    machine.crash()
  }

  /** Until somebody has written that. */
  async until(wrote: (write: RowWrite) => boolean): Promise<RowWrite | undefined> {
    const before = this.writes.length
    const found = () => this.writes.slice(before).find(wrote)
    await this.timeline.run(this.timeline.now + 60_000, () => found() !== undefined)
    return found()
  }

  /** Until those who live have all shards, and nobody two more than another. */
  async settle(): Promise<boolean> {
    let looked = this.timeline.now
    await this.timeline.run(looked + 60_000, () => {
      if (this.timeline.now - looked < 50) return false
      looked = this.timeline.now
      return this.#settled()
    })
    return this.#settled()
  }

  async run(ms: number): Promise<void> {
    await this.timeline.run(this.timeline.now + ms)
  }

  /** How long each lease that was let go of since then had no owner. */
  freeMs(since: number): number[] {
    return this.writes.flatMap(({ write, at, after }, i) => {
      if (write !== 'release' || at < since) return []
      const next = this.writes
        .slice(i + 1)
        .find(later => later.write === 'take' && later.after?.shardId === after?.shardId)
      return [(next?.at ?? Infinity) - at]
    })
  }

  /** How long after that moment each of these was taken. */
  takenMs(shardIds: readonly string[], since: number): number[] {
    const taken = this.writes.filter(({ write, at }) => write === 'take' && at >= since)
    return shardIds.map(id => (taken.find(({ after }) => after?.shardId === id)?.at ?? Infinity) - since)
  }

  shardsOf(name: string): string[] {
    const rows = [...this.#leases.table.rows.values()]
    return rows.flatMap(({ owner, shardId }) => (owner === name ? [shardId] : []))
  }

  #settled(): boolean {
    const held = this.alive.map(({ machine: { name } }) => this.shardsOf(name).length)
    const all = held.reduce((sum, count) => sum + count, 0) === this.#options.shards
    return all && Math.max(...held) - Math.min(...held) <= 1
  }

  get #shards() {
    return evenRanges(this.#options.shards).map((range, n) => ({
      shardId: shardIdOf(n),
      parents: [],
      ...range,
      startingSequence: '0',
    }))
  }
}
