import { setTimeout as sleep } from 'node:timers/promises'
import { enrichmentKinds } from '../../src/core/enrich/registry.ts'
import type { CoreOutput } from '../../src/core/index.ts'
import { documentsOf, flavours, refusedKinds, type Flavour } from './documents.ts'
import { newCore, type CoreParts, type FuzzedCore } from './core.ts'
import { configurationEvery, fuzzConfiguration, type Configurations } from './configurations.ts'
import { newAssets } from './files.ts'
import { bugIn, problemsOf } from './hold.ts'
import { startOutside } from './outside.ts'
import { makePayload, paths } from './payloads.ts'
import { describe, inTime, recordOf } from './trial.ts'
import { newSchemas } from './schemas.ts'
import { cpuMs, Watch, type Plant, type Watched } from './watched.ts'

export interface FuzzOptions {
  readonly seed: number
  /** The first payload; each is a function of the seed and its number. */
  readonly from?: number
  readonly payloads?: number
  readonly seconds?: number
  readonly say?: (line: string) => void
  readonly plant?: Plant
  /** Another one than the usual. */
  readonly budgetMs?: number
}

/** What became of the payloads for one adapter. */
export interface AdapterCounts {
  payloads: number
  /** Events that were made of them, good or bad. */
  events: number
  good: number
  bad: number
}

export interface Slowest {
  readonly ms: number
  readonly payload: number
  readonly path: string
  readonly bytes: number
  /** What took most of it, and how much. */
  readonly enrichment: string
  readonly enrichmentMs: number
}

export interface FuzzReport {
  readonly seed: number
  readonly payloads: number
  readonly events: number
  readonly good: number
  readonly bad: number
  /** Throws that got out of an adapter, an enrichment or a service. */
  readonly escaped: number
  /** Payloads and configurations that took more than their budget. */
  readonly overBudget: number
  /** Outputs that no reader of the streams should see. */
  readonly wrong: number
  readonly slowest: Slowest
  readonly configurations: Configurations
  readonly adapters: Readonly<Record<string, AdapterCounts>>
  readonly enrichments: Readonly<Record<string, Watched>>
  /** Each with the seed and the payload that shows it again. */
  readonly faults: readonly string[]
  /** Adapters and enrichments that nothing was done with. */
  readonly untouched: readonly string[]
}

/**
 * ms of the main thread's time for one payload, of at most 1.5 MB. A usual one takes one or two, the largest some
 * hundred; what may take more are schemas that are made to take all of their steps (half a second for an event,
 * src/iglu/step-budget.ts), and scripts that are stopped after 50 ms.
 */
export const budgetMs = 3000
const hangMs = 60_000

export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const outside = await startOutside(`seed ${options.seed}`, hangMs)
  const strays: string[] = []
  const stray = (error: unknown) => strays.push(describe(error))
  const warned = (warning: Error) => strays.push(`a warning of Node: ${warning.name} ${warning.message}`)
  process.on('uncaughtException', stray)
  process.on('unhandledRejection', stray)
  process.on('warning', warned)
  const watch = new Watch(options.plant)
  const parts = { outside, schemas: newSchemas(), watch, assets: newAssets() }
  const cores = await openCores(parts)
  try {
    return await new Run(options, parts, cores, strays).run()
  } finally {
    await Promise.all(Object.values(cores).map(core => core.close()))
    await outside.stop()
    process.off('uncaughtException', stray)
    process.off('unhandledRejection', stray)
    process.off('warning', warned)
  }
}

async function openCores(parts: CoreParts): Promise<Readonly<Record<Flavour, FuzzedCore>>> {
  const names = Object.keys(enrichmentKinds).filter(name => !refusedKinds.has(name))
  const open = (flavour: Flavour) =>
    newCore(
      names.flatMap(name => documentsOf(name, flavour)),
      flavour,
      parts,
    )
  return { first: await open('first'), second: await open('second') }
}

class Run {
  readonly #options: FuzzOptions
  readonly #parts: CoreParts
  readonly #cores: Readonly<Record<Flavour, FuzzedCore>>
  readonly #strays: string[]
  readonly #say: (line: string) => void
  readonly #faults: string[] = []
  readonly #adapters = new Map(
    paths.map((path): [string, AdapterCounts] => [path, { payloads: 0, events: 0, good: 0, bad: 0 }]),
  )
  readonly #configurations: Configurations = { accepted: 0, refused: 0, slowestMs: 0 }
  #counts = { payloads: 0, events: 0, good: 0, bad: 0, escaped: 0, overBudget: 0, wrong: 0 }
  #slowest: Slowest = { ms: 0, payload: -1, path: '', bytes: 0, enrichment: 'none', enrichmentMs: 0 }

  constructor(
    options: FuzzOptions,
    parts: CoreParts,
    cores: Readonly<Record<Flavour, FuzzedCore>>,
    strays: string[],
  ) {
    this.#options = options
    this.#parts = parts
    this.#cores = cores
    this.#strays = strays
    this.#say = options.say ?? (() => {})
  }

  async run(): Promise<FuzzReport> {
    const { from = 0, payloads = Infinity, seconds = Infinity } = this.#options
    const end = performance.now() + seconds * 1000
    await this.#warmUp()
    for (let number = from; number < from + payloads && performance.now() < end; number++) {
      this.#parts.outside.alive(number)
      await this.#payload(number)
      if (number % configurationEvery === 0) await this.#configuration(number)
    }
    // What breaks behind a call that nobody waits for any more.
    await sleep(50)
    this.#takeStrays(-1)
    return this.#report()
  }

  /** The first event compiles what all need: its time is nobody's. */
  async #warmUp(): Promise<void> {
    for (let number = 0; number < 4; number++) {
      const { core } = this.#cores[flavours[number % 2] ?? 'first']
      await core.process(recordOf(makePayload(0, number).data, number))
    }
  }

  async #payload(number: number): Promise<void> {
    const { path, data } = makePayload(this.#options.seed, number)
    const { core, options } = this.#cores[flavours[(number >> 1) % 2] ?? 'first']
    const record = recordOf(data, number)
    const { watch } = this.#parts
    watch.begin()
    const began = cpuMs()
    let outputs: CoreOutput[] = []
    let events = 0
    try {
      const outcomes = await inTime(core.process(record))
      outputs = core.emit(outcomes, record)
      events = outcomes.filter(one => one.kind !== 'bad' || 'event' in one.row).length
    } catch (error) {
      this.#fault('escaped', number, `${path}: ${describe(error)}`)
    }
    const { name: enrichment, ms: enrichmentMs } = watch.slowest
    const took = { ms: cpuMs() - began, payload: number, path, bytes: data.length, enrichment, enrichmentMs }
    if (took.ms > this.#slowest.ms) this.#slowest = took
    if (took.ms > (this.#options.budgetMs ?? budgetMs))
      this.#fault('overBudget', number, JSON.stringify(took))
    this.#hold(outputs, number, problemsOf, options)
    this.#count(path, outputs, events)
    this.#takeStrays(number)
  }

  #hold(
    outputs: readonly CoreOutput[],
    number: number,
    problems: typeof problemsOf,
    options: FuzzedCore['options'],
  ): void {
    for (const output of outputs) {
      const bug = bugIn(output)
      if (bug !== undefined) this.#fault('escaped', number, bug)
      for (const problem of problems(output, options))
        this.#fault('wrong', number, `${output.kind}: ${problem}`)
    }
  }

  #count(path: string, outputs: readonly CoreOutput[], events: number): void {
    const written = (wanted: CoreOutput['kind']) => outputs.filter(({ kind }) => kind === wanted).length
    const good = written('good')
    const bad = written('bad')
    const counts = this.#adapters.get(path)
    for (const count of [this.#counts, ...(counts === undefined ? [] : [counts])]) {
      count.payloads++
      count.events += events
      count.good += good
      count.bad += bad
    }
  }

  async #configuration(number: number): Promise<void> {
    const tried = await fuzzConfiguration(this.#options.seed, number, this.#parts)
    this.#configurations[tried.accepted ? 'accepted' : 'refused']++
    this.#configurations.slowestMs = Math.max(this.#configurations.slowestMs, Math.round(tried.ms))
    if (tried.ms > (this.#options.budgetMs ?? budgetMs))
      this.#fault('overBudget', number, `${tried.what} took ${Math.round(tried.ms)} ms`)
    for (const bug of tried.bugs) this.#fault('escaped', number, `${bug} with ${tried.what}`)
    for (const { output, options } of tried.outputs) this.#hold([output], number, problemsOf, options)
    this.#takeStrays(number)
  }

  #takeStrays(number: number): void {
    for (const stray of this.#strays.splice(0))
      this.#fault('escaped', number, `outside of any call: ${stray}`)
  }

  #fault(kind: 'escaped' | 'overBudget' | 'wrong', number: number, what: string): void {
    this.#counts[kind]++
    const fault = `${kind}: seed ${this.#options.seed}, payload ${number}: ${what}`
    if (this.#faults.length < 50) this.#faults.push(fault)
    if (this.#counts[kind] < 50) this.#say(fault)
  }

  #report(): FuzzReport {
    const { seen } = this.#parts.watch
    const idle = [...this.#adapters].filter(([, { events }]) => events === 0).map(([path]) => path)
    const unused = [...seen]
      .filter(([name, { did }]) => did === 0 && !refusedKinds.has(name))
      .map(([name]) => name)
    return {
      seed: this.#options.seed,
      ...this.#counts,
      slowest: rounded(this.#slowest),
      configurations: this.#configurations,
      adapters: Object.fromEntries(this.#adapters),
      enrichments: Object.fromEntries(Array.from(seen, ([name, one]) => [name, rounded(one)])),
      faults: this.#faults,
      untouched: [...idle, ...unused],
    }
  }
}

function rounded<T extends object>(figures: T): T {
  const entries = Object.entries(figures).map(([name, value]) => [
    name,
    typeof value === 'number' ? Math.round(value * 10) / 10 : value,
  ])
  return Object.fromEntries(entries) as T
}
