export {
  collectorDefaults,
  partitionKeys,
  sameSiteModes,
  type CollectorConfig,
  type CookieConfig,
  type PartitionKey,
  type SameSite,
} from './config.ts'
export type { CollectorEvent } from '../observe/index.ts'
export { refusalReasons, type RefusalReason } from './refusal.ts'
export { startCollector, type RunningCollector } from './server.ts'
export type { CollectorParts } from './tracking.ts'
