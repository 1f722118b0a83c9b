// Many workers on one lease table, in model time: what the loops of `Coordinator` do, without the work. For tests only.
import type { LeaseRow } from './lease.ts'
import { Observations } from './observations.ts'
import { planLeases, type PlannableLease } from './plan.ts'
import { plannable } from './plannable.ts'

export interface FleetOptions {
  readonly shards: number
  readonly workers: number
  readonly seed: number
  /** Who holds shard `i` at first, as a number of a worker; undefined: nobody. */
  readonly ownerOf?: (shard: number) => number | undefined
  /** From a look at the table to the writes that follow from it, and from a write to its reply. */
  readonly storeMs?: number
  /** From the renewal that shows the request to the release. */
  readonly drainMs?: number
  /** All workers look at the same instant: the worst that can happen. */
  readonly inStep?: boolean
  readonly maxLeasesOf?: (worker: number) => number
  /** This worker does not take this shard: its work has failed there. */
  readonly shuns?: (worker: number, shardId: string) => boolean
}

const leaseMs = 3000
const renewMs = leaseMs / 3
const scanMs = leaseMs / 4

interface Worker {
  readonly name: string
  readonly number: number
  readonly looks: Observations
  readonly held: Set<string>
  readonly maxLeases: number
  dead: boolean
}

export class Fleet {
  readonly leaseMs = leaseMs
  readonly workers: readonly Worker[]
  readonly counts = { taken: 0, refused: 0, asked: 0, askRefused: 0, released: 0 }
  now = 0
  readonly #options: FleetOptions
  readonly #rows: Map<string, LeaseRow>
  readonly #agenda = new Map<number, (() => void)[]>()
  #random: number

  constructor(options: FleetOptions) {
    this.#options = options
    this.#random = options.seed
    const { shards, workers, ownerOf = () => undefined, maxLeasesOf = () => Infinity } = options
    this.workers = Array.from({ length: workers }, (_, number) => ({
      number,
      name: `host-${number}:${Math.floor(this.#next() * 2 ** 32).toString(16)}`,
      looks: new Observations(leaseMs),
      held: new Set<string>(),
      maxLeases: maxLeasesOf(number),
      dead: false,
    }))
    const rows = Array.from({ length: shards }, (_, i) => this.#row(i, this.workers[ownerOf(i) ?? -1]))
    this.#rows = new Map(rows.map(row => [row.shardId, row]))
    for (const worker of this.workers) this.#start(worker)
  }

  get rows(): readonly LeaseRow[] {
    return [...this.#rows.values()]
  }

  get alive(): readonly Worker[] {
    return this.workers.filter(worker => !worker.dead)
  }

  /** Leases of the living, fewest first. */
  get sizes(): readonly number[] {
    return this.alive.map(({ held }) => held.size).toSorted((a, b) => a - b)
  }

  kill(isVictim: (worker: Worker) => boolean): void {
    for (const worker of this.workers) if (isVictim(worker)) worker.dead = true
  }

  /** Until every lease is held and nobody has two more than another; how many lease lengths that took. */
  settle(mostLeases = 10): number {
    const began = this.now
    const end = began + mostLeases * leaseMs
    while (this.now < end && !this.settled) this.run(scanMs / 5)
    if (!this.settled) throw new Error(`not settled after ${mostLeases} leases: ${this.sizes.join(' ')}`)
    return Number(((this.now - began) / leaseMs).toFixed(2))
  }

  get settled(): boolean {
    const [fewest = 0] = this.sizes
    const held = this.sizes.reduce((sum, size) => sum + size, 0)
    return held === this.#options.shards && (this.sizes.at(-1) ?? 0) - fewest <= 1
  }

  run(ms: number): void {
    const end = this.now + ms
    for (; this.now < end; this.now++) {
      for (const act of this.#agenda.get(this.now) ?? []) act()
      this.#agenda.delete(this.now)
    }
  }

  #row(i: number, owner: Worker | undefined): LeaseRow {
    const shardId = `shardId-${String(i).padStart(12, '0')}`
    owner?.held.add(shardId)
    const checkpoint = { at: 'trimHorizon' } as const
    const row = { shardId, parents: [], counter: 1, epoch: 1, checkpoint, ownerSwitchesSinceCheckpoint: 0 }
    return owner === undefined ? row : { ...row, owner: owner.name }
  }

  /** mulberry32. */
  #next(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0
    let t = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  #after(ms: number, act: () => void): void {
    const at = this.now + Math.max(1, Math.round(ms))
    const acts = this.#agenda.get(at)
    if (acts === undefined) this.#agenda.set(at, [act])
    else acts.push(act)
  }

  #start(worker: Worker): void {
    const { inStep = false } = this.#options
    this.#every(worker, scanMs, inStep ? 1 : this.#next() * scanMs, () => this.#scan(worker))
    this.#every(worker, renewMs, this.#next() * renewMs, () => this.#renew(worker))
  }

  #every(worker: Worker, ms: number, first: number, act: () => void): void {
    this.#after(first, () => {
      if (worker.dead) return
      act()
      this.#every(worker, ms, ms, act)
    })
  }

  #renew(worker: Worker): void {
    const { drainMs = 100 } = this.#options
    for (const shardId of worker.held) {
      const row = this.#seen(shardId)
      this.#rows.set(shardId, { ...row, counter: row.counter + 1 })
      if (row.askedBy !== undefined) this.#after(drainMs, () => this.#release(worker, shardId))
    }
  }

  #release(worker: Worker, shardId: string): void {
    if (worker.dead || !worker.held.delete(shardId)) return
    const { owner, ...row } = this.#seen(shardId)
    if (owner !== worker.name) throw new Error(`${shardId} was taken from a live owner`)
    this.#rows.set(shardId, { ...row, counter: row.counter + 1 })
    this.counts.released++
  }

  #scan(worker: Worker): void {
    const { storeMs = 20, shuns = () => false } = this.#options
    const rows = this.rows
    this.#after(storeMs, () => {
      if (worker.dead) return
      worker.looks.look(rows, this.now)
      const { claim, ask } = planLeases(this.#plannable(worker, rows), worker.name, worker.maxLeases)
      const seen = new Map(rows.map(row => [row.shardId, row]))
      const may = (shardId: string) => !shuns(worker.number, shardId)
      const write = (shardIds: readonly string[], act: (row: LeaseRow) => void) =>
        shardIds.filter(may).forEach(shardId => act(seen.get(shardId) ?? this.#seen(shardId)))
      this.#after(storeMs, () => {
        write(claim, row => this.#take(worker, row))
        write(ask, row => this.#ask(worker, row))
      })
    })
  }

  #plannable({ name, looks, held }: Worker, rows: readonly LeaseRow[]): PlannableLease[] {
    const holds = (shardId: string) => held.has(shardId)
    const looker = { worker: name, observations: looks, headStartMs: scanMs, holds }
    return rows.map(row => plannable(row, looker))
  }

  #take(worker: Worker, seen: LeaseRow): void {
    if (worker.dead) return
    const { owner, askedBy: _, ...row } = this.#seen(seen.shardId)
    if (owner !== seen.owner || row.counter !== seen.counter) {
      this.counts.refused++
      return
    }
    this.#rows.set(row.shardId, { ...row, owner: worker.name, counter: row.counter + 1 })
    worker.held.add(row.shardId)
    this.counts.taken++
  }

  #ask(worker: Worker, seen: LeaseRow): void {
    if (worker.dead) return
    const row = this.#seen(seen.shardId)
    if (row.owner !== seen.owner) this.counts.askRefused++
    else {
      this.counts.asked++
      this.#rows.set(row.shardId, { ...row, askedBy: worker.name })
    }
  }

  #seen(shardId: string): LeaseRow {
    const row = this.#rows.get(shardId)
    if (row === undefined) throw new Error(`no row ${shardId}`)
    return row
  }
}
