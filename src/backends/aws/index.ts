export { AwsBackend, openAws, type AwsOptions } from './backend.ts'
export { checkAws, type CheckupOptions } from './checkup.ts'
export { policyOf, type Policy, type PolicyOptions } from './policy.ts'
export { elementOf, QueryClient, type QueryOptions, type QueryService } from './query-client.ts'
export { requireAws } from './ready.ts'
export type { StreamUse } from './stream-checkup.ts'
export type { TableUse } from './table-checkup.ts'
export { maxProvenanceBytes } from './provenance-key.ts'
export type { HttpAnswer, Outgoing, Posted, PostOptions } from './socket-post.ts'
export {
  movedBetween,
  moveIn,
  moveOut,
  multiStreamLease,
  needTimestamp,
  type Move,
  type MoveIn,
} from './cut-over.ts'
export { DynamoClient, type DynamoOptions } from './dynamo-client.ts'
export { isLease, leaseRowOf, type LeaseItem } from './lease-item.ts'
export { LeaseItems } from './lease-items.ts'
export { AwsLeaseStore } from './lease-store.ts'
export {
  findLeaseTable,
  openLeaseTable,
  warnOfCapacity,
  type LeaseTable,
  type LeaseTableOptions,
} from './lease-table.ts'
