export {
  idempotentDelivery,
  readBackDelivery,
  transactionalDelivery,
  type Delivery,
  type ShardDelivery,
} from './delivery.ts'
export { ReadBack } from './read-back.ts'
export type {
  Committer,
  IdempotentSink,
  PutReply,
  PutRequest,
  ReadBackSink,
  RecordFate,
  ShardWork,
  Sink,
  Work,
} from './sink.ts'
export { deliveryTimers, fenceMs, graceMs, resolveMs, type DeliveryTimers } from './timers.ts'
