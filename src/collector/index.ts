export {
  collectorDefaults,
  partitionKeys,
  sameSiteModes,
  type CollectorConfig,
  type CookieConfig,
  type PartitionKey,
  type SameSite,
} from './config.ts'
export { refusalReasons, type CollectorEvent, type RefusalReason } from './events.ts'
export { startCollector, type RunningCollector } from './server.ts'
export type { CollectorParts } from './tracking.ts'
