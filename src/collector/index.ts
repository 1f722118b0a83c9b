export type { CollectorConfig, CookieConfig, PartitionKey } from './config.ts'
export { startCollector, type RunningCollector } from './server.ts'
export type { CollectorParts } from './tracking.ts'
