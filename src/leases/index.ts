export {
  Coordinator,
  type CoordinatorOptions,
  type LeaseTimers,
  type ShardResult,
  type WorkOnShard,
} from './coordinator.ts'
export { Holding, type TellProgress } from './holding.ts'
export type { HeldLease, Inheritance, LeaseRow } from './lease.ts'
export { planLeases, type LeasePlan, type PlannableLease } from './plan.ts'
export type { InitialPosition } from './shard-rows.ts'
export type { LeaseStore, NewLease, Progress } from './store.ts'
