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
export { dedupe, type DedupeOptions } from './dedupe.ts'
export { provenanceHash, provenanceKey, type OutputIdentity } from './provenance.ts'
export { ReaderMemory, type ReaderMemoryOptions } from './reader-memory.ts'
