export {
  Coordinator,
  type CoordinatorOptions,
  type LeaseTimers,
  type ShardResult,
  type ShardSignals,
  type WorkOnShard,
} from './coordinator.ts'
export type { HeldLease, LeaseRow } from './lease.ts'
export { planLeases, type LeasePlan, type PlannableLease } from './plan.ts'
export type { InitialPosition } from './shard-rows.ts'
export type { LeaseStore, NewLease } from './store.ts'
