/**
 * The library's door: run parts of a Millrace pipeline, or use its leases and streams, from your own program.
 * @module
 */
export { openEmbedded, type EmbeddedOptions } from './backends/embedded/index.ts'
export type { Backend } from './backends/index.ts'
export { configSchema, type Config, type ConfigInput } from './config/index.ts'
export {
  coreDefaults,
  createCore,
  encodeCollectorPayload,
  type Core,
  type CoreOptions,
} from './core/index.ts'
export type { Committer, Work } from './delivery/index.ts'
export {
  dedupe,
  provenanceKey,
  ReaderMemory,
  type DedupeOptions,
  type ReaderMemoryOptions,
} from './delivery/index.ts'
export {
  Coordinator,
  planLeases,
  type CoordinatorOptions,
  type HeldLease,
  type LeasePlan,
  type LeaseRow,
  type LeaseStore,
  type PlannableLease,
} from './leases/index.ts'
export { MillraceError, systemClock, type Clock } from './lib/index.ts'
export { type MillraceEvent, type Observe } from './observe/index.ts'
export { startCollector, startWorker, type Documents, type Running } from './service/index.ts'
export {
  tail,
  type Position,
  type Producer,
  type ShardBatch,
  type Source,
  type StreamRecord,
} from './streams/index.ts'
export { buildCore, type BuiltCore, type CoreSetup } from './worker/index.ts'
