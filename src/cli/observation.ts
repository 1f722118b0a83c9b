import { configDefaults, type Config } from '../config/index.ts'
import { messageOf, readVersion, systemClock } from '../lib/index.ts'
import {
  createLog,
  createMetrics,
  createReports,
  Health,
  observeAll,
  startMonitoring,
  type LogOptions,
  type Monitoring,
  type MonitoringOptions,
  type Observe,
  type Reporter,
} from '../observe/index.ts'

export interface Observation {
  readonly observe: Observe
  stop(): Promise<void>
}

export interface ObservationOptions {
  readonly log?: Partial<LogOptions>
  /** Hears everything, too. */
  readonly also?: Observe
  /** What this process does. */
  readonly reporters?: readonly Reporter[]
  /** A monitoring port that is taken is told, and no reason to stop. */
  readonly portOptional?: boolean
  /** What was configured and has no effect. */
  readonly warnings?: readonly string[]
}

/** Log, metrics and health of a process as the configuration wants them. Rejects when the port it chose is taken. */
export async function startObservation(
  { monitoring, leases }: Config,
  { log = {}, also = () => {}, reporters = [], portOptional = false, warnings = [] }: ObservationOptions = {},
): Promise<Observation> {
  const { http, logLevel, unhealthyAfterMs } = monitoring
  const metrics = createMetrics({ version: readVersion() })
  const health = new Health({ unhealthyAfterMs, leaseSilenceMs: leases.leaseMs * 5, clock: systemClock })
  const observers = [createLog({ level: logLevel, ...log }), also, metrics.observe, health.observe]
  const reports = createReports({
    ...monitoring.metrics,
    metrics,
    reporters,
    observe: event => observe(event),
  })
  const observe = observeAll(...observers, reports.observe)
  const served = http.enabled ? await serve({ ...http, metrics, health, observe }, portOptional) : undefined
  for (const warning of warnings) observe({ type: 'configuration-warning', warning })
  reports.start()
  return {
    observe,
    async stop() {
      await reports.stop()
      await served?.stop()
    },
  }
}

/** Undefined where the port is taken and that may be. */
async function serve(options: MonitoringOptions, portOptional: boolean): Promise<Monitoring | undefined> {
  try {
    return await serveSomewhere(options)
  } catch (error) {
    if (!portOptional) throw error
    options.observe({ type: 'configuration-warning', warning: `no metrics: ${messageOf(error)}` })
    return undefined
  }
}

/** Of many processes on one machine only one gets the default port. Whoever did not choose it gets any that is free. */
async function serveSomewhere(options: MonitoringOptions): Promise<Monitoring> {
  const { port, observe } = options
  try {
    return await startMonitoring(options)
  } catch (error) {
    if (port !== configDefaults.monitoring.http.port) throw error
    const served = await startMonitoring({ ...options, port: 0 })
    const warning = `monitoring.http.port: ${port} is taken, so metrics and health are on ${served.port}; set it to choose`
    observe({ type: 'configuration-warning', warning })
    return served
  }
}
