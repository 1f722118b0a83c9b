import type { Config } from '../config/index.ts'
import { messageOf, systemClock } from '../lib/index.ts'
import {
  createLog,
  createMetrics,
  Health,
  observeAll,
  startMonitoring,
  type LogOptions,
  type Observe,
} from '../observe/index.ts'
import { readVersion } from './version.ts'

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

/** Log, metrics and health of a process as the configuration wants them. Rejects when the port is taken. */
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
    const served = await startMonitoring({ ...http, metrics, health, observe })
    return { observe, stop: () => served.stop() }
  } catch (error) {
    if (!portOptional) throw error
    observe({ type: 'configuration-warning', warning: `no metrics: ${messageOf(error)}` })
    return nothing
  }
}
