import { messageOf } from '../lib/index.ts'
import type { MillraceEvent, Observe } from './events.ts'
import type { Metrics } from './metrics.ts'
import { lastLatencyMs, totalsOf, type Reporter, type Sample } from './reported.ts'

/** Who is told numbers from time to time. No call of it throws or rejects. */
export interface ReportSink {
  /** Resolves when it can be told, or cannot. Called before each report but the last. */
  open(): Promise<void>
  /** Whether they are on their way. What is not will be told with the next ones. */
  send(samples: readonly Sample[]): Promise<boolean>
  close(): void
}

export interface ReportOptions {
  readonly metrics: Metrics
  readonly reporters: readonly Reporter[]
  readonly periodMs: number
  /** Before every name. Absent: the one that Snowplow's own program has. */
  readonly prefix?: string | undefined
  readonly sink: ReportSink
  readonly observe: Observe
}

/** Longest that the end of a process waits for its last report. */
const lastMs = 1000

const prefixes: Readonly<Record<Reporter, string>> = {
  worker: 'snowplow.enrich',
  collector: 'snowplow.collector',
}

/**
 * Tells a sink every period what has been counted since the last time, and once more at the stop. Reads the counters
 * of `/metrics`, so that the two agree. Its timer keeps no process alive.
 */
export class PeriodicReport {
  readonly #options: ReportOptions
  /** What the sink has been told, by name. */
  #told = new Map<string, number>()
  /** Since the last report; undefined: no batch was committed. */
  #longestMs: number | undefined
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  constructor(options: ReportOptions) {
    this.#options = options
  }

  observe(event: MillraceEvent): void {
    if (event.type !== 'batch-committed' || event.records === 0) return
    this.#longestMs = event.latenciesMs.reduce((most, ms) => Math.max(most, ms), this.#longestMs ?? 0)
  }

  start(): void {
    const { periodMs, sink } = this.#options
    // A name that cannot be resolved is told at the start, and not a period later.
    this.#begin(() => sink.open())
    this.#timer = setInterval(() => {
      this.#begin(async () => {
        await sink.open()
        await this.#report()
      })
    }, periodMs).unref()
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop())
  }

  /** One at a time: a sink that is slow is told less often. */
  #begin(work: () => Promise<void>): void {
    if (this.#working !== undefined) return
    this.#working = this.#safely(work).finally(() => {
      this.#working = undefined
    })
  }

  /** What goes wrong with a report must not end the process. */
  async #safely(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#options.observe({ type: 'bug', error: messageOf(error) })
    }
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer)
    await within(lastMs, this.#working)
    await within(
      lastMs,
      this.#safely(() => this.#report()),
    )
    this.#options.sink.close()
  }

  async #report(): Promise<void> {
    const { metrics, reporters, sink } = this.#options
    const longestMs = this.#longestMs
    this.#longestMs = undefined
    const now = new Map<string, number>()
    const samples: Sample[] = []
    for (const reporter of reporters) {
      const name = (text: string) => this.#name(text, reporter)
      for (const [text, total] of await totalsOf(reporter, metrics)) {
        now.set(name(text), total)
        const value = total - (this.#told.get(name(text)) ?? 0)
        samples.push({ name: name(text), kind: 'counter', value })
      }
      if (reporter !== 'worker' || longestMs === undefined) continue
      // Enrich 3.9 has a sample by the first of these names, Enrich 6 the longest of the period by the second.
      samples.push({ name: name('latency'), kind: 'gauge', value: await lastLatencyMs(metrics) })
      samples.push({ name: name('e2e_latency_millis'), kind: 'gauge', value: longestMs })
    }
    if (await sink.send(samples)) this.#told = now
    else if (longestMs !== undefined) this.#longestMs = Math.max(longestMs, this.#longestMs ?? 0)
  }

  /** With one dot between, whether the prefix ends in one or not. */
  #name(text: string, reporter: Reporter): string {
    const prefix = (this.#options.prefix ?? prefixes[reporter]).replace(/\.$/, '')
    return prefix === '' ? text : `${prefix}.${text}`
  }
}

async function within(ms: number, work: Promise<void> | undefined): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([work, late])
  clearTimeout(timer)
}
