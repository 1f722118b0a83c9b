export { leaseWriteResults, leaseWrites, observeAll, unobserved } from './events.ts'
export type {
  CollectorEvent,
  LeaseEvent,
  LeaseGlance,
  LeaseWrite,
  LeaseWriteResult,
  LifeEvent,
  MillraceEvent,
  Observe,
  OutsideEvent,
  ShardEvent,
} from './events.ts'
