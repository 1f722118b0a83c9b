export type { EnrichmentStatus } from './cost-board.ts'
export { leaseWriteResults, leaseWrites, observeAll, unobserved } from './events.ts'
export type {
  CollectorEvent,
  EnrichmentCost,
  EnrichmentEvent,
  LeaseEvent,
  LeaseGlance,
  LeaseWrite,
  LeaseWriteResult,
  LifeEvent,
  LookupCost,
  MillraceEvent,
  Observe,
  OutsideEvent,
  ShardEvent,
} from './events.ts'
export { Health, type HealthOptions, type HealthReport } from './health.ts'
export { startMonitoring, type Monitoring, type MonitoringOptions } from './http.ts'
export { createLog, levelOf, levels, type Level, type LogOptions } from './log.ts'
export { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts'
export { OpenCircuits } from './open-circuits.ts'
export { reporters, type Reporter } from './reported.ts'
export { createReports, type Reports, type ReportsOptions } from './reports.ts'
export { nameOf, processStates, StatusBoard } from './status.ts'
export type { CollectorStatus, ProcessState, ProcessStatus, ShardStatus, StatusSnapshot } from './status.ts'
