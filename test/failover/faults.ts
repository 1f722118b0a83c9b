import type { MemoryStream } from '../../src/backends/memory/stream.ts'
import { faultKinds, type FaultKind } from './scenario.ts'
import type { Process, World } from './world.ts'

/** What goes wrong in a run, and when: drawn before it begins. */
export interface Fault {
  readonly at: number
  readonly kind: FaultKind
}

export function drawFaults({ random, scenario }: World): Fault[] {
  const faults = faultKinds.flatMap(kind => {
    const count = poisson(scenario.faults[kind], random.next)
    return Array.from({ length: count }, () => ({ kind, at: random.between(500, scenario.faultsMs) }))
  })
  return faults.sort((a, b) => a.at - b.at)
}

function poisson(mean: number, random: () => number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}

/** Makes one fault happen. Those that end a process start another in its place after a while. */
export class Chaos {
  readonly #world: World
  #slots: number

  constructor(world: World) {
    this.#world = world
    this.#slots = world.scenario.machines
  }

  begin(): void {
    for (let slot = 0; slot < this.#slots; slot++) this.#world.start(slot)
    for (const { at, kind } of drawFaults(this.#world))
      this.#world.timeline.after(at, () => {
        this.#world.note(`FAULT ${kind}`)
        this.#cause(kind)
      })
  }

  #cause(kind: FaultKind): void {
    const { random, scenario, network } = this.#world
    const { leaseMs } = scenario.leases
    const process = this.#some()
    switch (kind) {
      case 'crash':
        return process && this.#crash(process)
      case 'pause':
        return process?.machine.pause(random.between(0, 4) * leaseMs, 'stop')
      case 'freeze':
        return process?.machine.pause(random.between(0, 4) * leaseMs, 'freeze')
      case 'stop':
        return process && void this.#stop(process)
      case 'kill-draining':
        return process && this.#killDraining(process)
      case 'deploy':
        return void this.#deploy()
      case 'join':
        return void this.#world.start(this.#slots++)
      case 'cut-leases':
        return process && network.cut(process.machine, 'leases', random.between(0, 3) * leaseMs)
      case 'cut-output':
        return process && network.cut(process.machine, 'output', random.between(0, 3) * leaseMs)
      case 'cut-input':
        return process && network.cut(process.machine, 'input', random.between(0, 2) * leaseMs)
      case 'leases-down':
        return network.cut('everybody', 'leases', random.between(0, 4) * leaseMs)
      case 'output-down':
        return network.cut('everybody', 'output', random.between(0, 2) * leaseMs)
      case 'leases-slow':
        return network.slow(random.between(0, 2) * leaseMs)
      case 'throttle':
        return this.#world.streams.throttle(random.between(0, 3) * leaseMs)
      case 'split-input':
        return this.#split(this.#world.streams.stream('raw'))
      case 'merge-input':
        return this.#merge(this.#world.streams.stream('raw'))
      case 'split-output':
        return this.#split(this.#world.streams.stream(random.pick(['good', 'bad', 'failed']) ?? 'good'))
      case 'merge-output':
        return this.#merge(this.#world.streams.stream(random.pick(['good', 'bad', 'failed']) ?? 'good'))
      case 'jump':
        return process?.machine.jump(random.between(-20_000, 20_000))
    }
  }

  #some(): Process | undefined {
    return this.#world.random.pick([...this.#world.processes].filter(({ machine }) => !machine.dead))
  }

  #slotOf({ machine }: Process): number {
    return Number(/^w(\d+)/.exec(machine.name)?.[1] ?? 0)
  }

  #crash(process: Process): void {
    this.#world.crash(process)
    const { timeline, random } = this.#world
    timeline.after(random.edgy(1, 8000), () => this.#world.start(this.#slotOf(process)))
  }

  async #stop(process: Process): Promise<void> {
    await this.#world.stop(process)
    const { timeline, random } = this.#world
    timeline.after(random.edgy(1, 3000), () => this.#world.start(this.#slotOf(process)))
  }

  #killDraining(process: Process): void {
    void this.#world.stop(process)
    const { timeline, random } = this.#world
    timeline.after(random.between(1, 3000), () => this.#world.crash(process))
    timeline.after(random.between(3001, 6000), () => this.#world.start(this.#slotOf(process)))
  }

  /** One process after the other is stopped and replaced. */
  async #deploy(): Promise<void> {
    const fleet = [...this.#world.processes]
    for (const process of fleet) {
      if (!process.machine.dead) await this.#stop(process)
    }
  }

  #split(stream: MemoryStream): void {
    const open = stream.shards.filter(({ closed }) => closed === undefined)
    if (open.length >= 5) return
    const shard = this.#world.random.pick(open)
    if (shard !== undefined) this.#world.streams.split(stream, shard.shardId)
  }

  #merge(stream: MemoryStream): void {
    const open = stream.shards.filter(({ closed }) => closed === undefined)
    const sorted = open.sort((a, b) => (a.range.startingHashKey < b.range.startingHashKey ? -1 : 1))
    const at = this.#world.random.below(Math.max(0, sorted.length - 1))
    const [low, high] = sorted.slice(at)
    if (low !== undefined && high !== undefined) this.#world.streams.merge(stream, low.shardId, high.shardId)
  }
}
