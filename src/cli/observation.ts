import type { Config } from '../config/index.ts'
import { systemClock } from '../lib/index.ts'
import {
  createLog,
  createMetrics,
  Health,
  observeAll,
  startMonitoring,
  type Monitoring,
  type Observe,
} from '../observe/index.ts'
import { readVersion } from './version.ts'

export interface Observation {
  readonly observe: Observe
  stop(): Promise<void>
}

/** Log, metrics and health of a process as the configuration wants them. Rejects when the port is taken. */
export async function startObservation(config: Config, fields: Record<string, string>): Promise<Observation> {
  const { monitoring, leases } = config
  const metrics = createMetrics({ version: readVersion() })
  const health = new Health({
    unhealthyAfterMs: monitoring.unhealthyAfterMs,
    leaseSilenceMs: leases.leaseMs * 5,
    clock: systemClock,
  })
  const log = createLog({ level: monitoring.logLevel, fields })
  const observe = observeAll(log, metrics.observe, health.observe)
  const parts = { ...monitoring.http, metrics, health, observe }
  const http: Monitoring | undefined = monitoring.http.enabled ? await startMonitoring(parts) : undefined
  return { observe, stop: async () => await http?.stop() }
}
