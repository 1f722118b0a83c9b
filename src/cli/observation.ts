import { configDefaults, type Config } from '../config/index.ts'
import { messageOf, systemClock } from '../lib/index.ts'
import {
  createLog,
  createMetrics,
  Health,
  observeAll,
  startMonitoring,
  type LogOptions,
  type Monitoring,
  type MonitoringOptions,
  type Observe,
} from '../observe/index.ts'
import { readVersion } from '../lib/index.ts'

export interface Observation {
  readonly observe: Observe
  stop(): Promise<void>
}

export interface ObservationOptions {
  readonly log?: Partial<LogOptions>
  /** Hears everything, too. */
  readonly also?: Observe
  /** A monitoring port that is taken is told, and no reason to stop. */
  readonly portOptional?: boolean
}

/** Log, metrics and health of a process as the configuration wants them. Rejects when the port it chose is taken. */
export async function startObservation(
  { monitoring, leases }: Config,
  { log = {}, also = () => {}, portOptional = false }: ObservationOptions = {},
): Promise<Observation> {
  const { http, logLevel, unhealthyAfterMs } = monitoring
  const metrics = createMetrics({ version: readVersion() })
  const health = new Health({ unhealthyAfterMs, leaseSilenceMs: leases.leaseMs * 5, clock: systemClock })
  const observe = observeAll(createLog({ level: logLevel, ...log }), also, metrics.observe, health.observe)
  const nothing = { observe, stop: async () => {} }
  if (!http.enabled) return nothing
  try {
    const served = await serve({ ...http, metrics, health, observe })
    return { observe, stop: () => served.stop() }
  } catch (error) {
    if (!portOptional) throw error
    observe({ type: 'configuration-warning', warning: `no metrics: ${messageOf(error)}` })
    return nothing
  }
}

/** Of many processes on one machine only one gets the default port. Whoever did not choose it gets any that is free. */
async function serve(options: MonitoringOptions): Promise<Monitoring> {
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
