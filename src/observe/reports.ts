import { observeAll, type Observe } from './events.ts'
import type { Metrics } from './metrics.ts'
import { PeriodicReport, type ReportSink } from './report.ts'
import type { Reporter } from './reported.ts'
import { StatsdSink } from './statsd.ts'

/** How often, and by which names. */
export interface ReportSettings {
  readonly periodMs: number
  readonly prefix?: string | undefined
}

export interface ReportsOptions {
  readonly metrics: Metrics
  /** What this process does. */
  readonly reporters: readonly Reporter[]
  /** Is told numbers for the log, and that StatsD cannot be told any. */
  readonly observe: Observe
  /** Absent: nothing is sent. */
  readonly statsd?:
    | (ReportSettings & {
        readonly hostname: string
        readonly port: number
        readonly tags: Readonly<Record<string, string>>
        /** See StatsdOptions. */
        readonly quietMs?: number
      })
    | undefined
  /** Absent: the log has no numbers. */
  readonly stdout?: ReportSettings | undefined
}

export interface Reports {
  readonly observe: Observe
  start(): void
  /** Tells once more what was counted. Resolves within seconds, whoever does not answer. */
  stop(): Promise<void>
}

/** What is told of numbers beside `/metrics`: nothing, unless it is configured. */
export function createReports({ metrics, reporters, observe, statsd, stdout }: ReportsOptions): Reports {
  const report = (settings: ReportSettings, sink: ReportSink) =>
    new PeriodicReport({ ...settings, metrics, reporters, sink, observe })
  const reports: PeriodicReport[] = []
  if (statsd !== undefined) reports.push(report(statsd, new StatsdSink({ ...statsd, observe })))
  if (stdout !== undefined) reports.push(report(stdout, logSink(observe)))
  return {
    observe: observeAll(...reports.map(one => one.observe.bind(one))),
    start: () => reports.forEach(one => one.start()),
    async stop() {
      await Promise.all(reports.map(one => one.stop()))
    },
  }
}

/** One line of the log for each number. */
function logSink(observe: Observe): ReportSink {
  return {
    async open() {},
    async send(samples) {
      for (const { name, value } of samples) observe({ type: 'metric', name, value: Math.round(value) })
      return true
    },
    close() {},
  }
}
