import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/index.ts'
import type { PlantName } from './planted.ts'
import { Program } from './process.ts'
import type { Site } from './site.ts'

export interface FleetOptions {
  readonly site: Pick<Site, 'configuration' | 'environmentOf'>
  /** Of the raw stream, at first. */
  readonly shards: number
  /** Where configuration and logs go: not on the disk that may be full. */
  readonly notes: string
  /** A bug that every process is to have. */
  readonly plant?: PlantName
}

/** A process that ended although nobody wanted it to. */
export interface Surprise {
  readonly at: number
  readonly name: string
  readonly exit: string
}

/** As systemd and the like have it. */
const restartMs = 1000
const startMs = 60_000
/** Longer than a drain may take. */
const leaveMs = 60_000

export const streams = { raw: 'raw', good: 'enriched', bad: 'bad' } as const

/**
 * The processes of one pipeline, and what watches over them: one that ends by itself is a surprise, and is started
 * again like one that was killed.
 */
export class Fleet {
  readonly port: number
  readonly surprises: Surprise[] = []
  /** Every process that there ever was, for its log. */
  readonly programs: Program[] = []
  readonly #options: FleetOptions
  readonly #workers = new Set<Program>()
  /** Ended on purpose. */
  readonly #dismissed = new WeakSet<Program>()
  readonly #starting = new Set<Promise<Program>>()
  readonly #stop = new AbortController()
  #collector: Program | undefined
  #started = 0

  private constructor(port: number, options: FleetOptions) {
    this.port = port
    this.#options = options
  }

  static async open(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(await freePort(), options)
    writeFileSync(fleet.#configPath, configuration(options, fleet.port))
    return fleet
  }

  /** Those that work, or are on their way there. */
  get workers(): readonly Program[] {
    return [...this.#workers].filter(worker => worker.alive && !this.#dismissed.has(worker))
  }

  async startCollector(): Promise<boolean> {
    const collector = await this.#start('collector', 'collect')
    this.#collector = collector
    void this.#watch(collector, () => void this.startCollector())
    return collector.logged('"collector-ready"', startMs)
  }

  async startWorker(): Promise<Program> {
    const starting = this.#start('worker', 'run')
    this.#starting.add(starting)
    const worker = await starting.finally(() => this.#starting.delete(starting))
    this.#workers.add(worker)
    void this.#watch(worker, () => void this.startWorker())
    void worker.ended.then(() => this.#workers.delete(worker))
    return worker
  }

  ready(worker: Program): Promise<boolean> {
    return worker.logged('"worker-ready"', startMs)
  }

  /** SIGTERM: it drains, and nobody comes instead of it. */
  async dismiss(program: Program): Promise<void> {
    this.#dismissed.add(program)
    program.signal('SIGTERM')
    const ended = new AbortController()
    void program.ended.then(() => ended.abort())
    await systemClock.sleep(leaveMs, ended.signal)
    if (!program.alive) return
    this.surprises.push({ at: Date.now(), name: program.name, exit: 'not within a minute of SIGTERM' })
    program.signal('SIGKILL')
    await program.ended
  }

  /** SIGKILL. Its place is filled a moment later. */
  kill(program: Program | undefined): void {
    if (program === undefined) return
    const leaving = this.#dismissed.has(program)
    this.#dismissed.add(program)
    program.signal('SIGKILL')
    if (leaving) return
    void this.#later(() => void (program === this.#collector ? this.startCollector() : this.startWorker()))
  }

  killCollector(): void {
    this.kill(this.#collector)
  }

  /** The collector first, so that nothing more comes in. Resolves when it has answered everybody. */
  async stopCollector(): Promise<void> {
    this.#stop.abort()
    const collector = this.#collector
    if (collector?.alive === true) await this.dismiss(collector)
  }

  async stopWorkers(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#starting)
    for (const worker of this.workers) void this.dismiss(worker)
    await Promise.all([...this.#workers].map(({ ended }) => ended))
  }

  async #start(kind: string, command: string): Promise<Program> {
    const name = `${kind}-${++this.#started}`
    const { plant, notes, site } = this.#options
    const environment = await site.environmentOf(name)
    const program = new Program({
      name,
      args: [command, '--config', this.#configPath],
      env: { ...environment, CHAOS_WORKER: name, CHAOS_PLANT: plant ?? '' },
      execArgv: plant === undefined ? [] : ['--import', import.meta.resolve('./planted.ts')],
      logPath: join(notes, `${name}.log`),
    })
    this.programs.push(program)
    return program
  }

  async #watch(program: Program, again: () => void): Promise<void> {
    await program.ended
    const { name, exit } = program
    const dismissed = this.#dismissed.has(program)
    // Whoever is told to leave before it is there has nothing to drain.
    if (dismissed && ['0', 'SIGKILL', 'SIGTERM'].includes(exit)) return
    this.surprises.push({ at: Date.now(), name, exit })
    if (!dismissed) await this.#later(again)
  }

  async #later(act: () => void): Promise<void> {
    await systemClock.sleep(restartMs, this.#stop.signal)
    if (!this.#stop.signal.aborted) act()
  }

  get #configPath(): string {
    return join(this.#options.notes, 'millrace.conf')
  }
}

/** What is not said here is as everybody has it. */
function configuration({ site, shards }: FleetOptions, port: number): string {
  return `
    ${site.configuration}
    streams.raw = { name = ${streams.raw}, shards = ${shards} }
    streams.good = { name = ${streams.good}, shards = 2 }
    streams.bad = { name = ${streams.bad}, shards = 1 }
    collector.port = ${port}
    worker.name = \${CHAOS_WORKER}
    monitoring.http.enabled = false
    monitoring.logLevel = debug
  `
}

/** The collector has to be found again at the same place after it was killed. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
