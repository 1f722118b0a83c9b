import type { LeaseItem } from './lease-item.ts'

/** Rows as KCL 2.x and 3.x write them. Source: KCL 3.5.1, DynamoDBLeaseSerializer. */
export const kclItems = {
  /** KCL 1.x and 2.0: the fewest attributes that there are. */
  oldest: {
    leaseKey: { S: 'shardId-000000000000' },
    leaseCounter: { N: '0' },
    checkpoint: { S: 'TRIM_HORIZON' },
    checkpointSubSequenceNumber: { N: '0' },
    ownerSwitchesSinceCheckpoint: { N: '0' },
  },
  /** KCL 2.3 and later, at work on the child of a merge, inside an aggregated record. */
  working: {
    leaseKey: { S: 'shardId-000000000007' },
    leaseOwner: { S: 'ip-10-0-0-7.ec2.internal:0b1c' },
    leaseCounter: { N: '4711' },
    checkpoint: { S: '49590338271490256608559692538361571095921575989136588898' },
    checkpointSubSequenceNumber: { N: '12' },
    ownerSwitchesSinceCheckpoint: { N: '1' },
    parentShardId: { SS: ['shardId-000000000001', 'shardId-000000000002'] },
    startingHashKey: { S: '0' },
    endingHashKey: { S: '170141183460469231731687303715884105727' },
    pendingCheckpoint: { S: '49590338271490256608559692538361571095921575989136588900' },
    pendingCheckpointSubSequenceNumber: { N: '3' },
    pendingCheckpointState: { B: new Uint8Array([1, 2, 3]) },
  },
  ended: {
    leaseKey: { S: 'shardId-000000000001' },
    leaseCounter: { N: '90' },
    checkpoint: { S: 'SHARD_END' },
    checkpointSubSequenceNumber: { N: '0' },
    ownerSwitchesSinceCheckpoint: { N: '0' },
    childShardIds: { SS: ['shardId-000000000007'] },
    startingHashKey: { S: '0' },
    endingHashKey: { S: '85070591730234615865843651857942052863' },
  },
  /** KCL 3.x, in the middle of a graceful hand-over. */
  handedOver: {
    leaseKey: { S: 'shardId-000000000008' },
    leaseOwner: { S: 'new-worker' },
    checkpointOwner: { S: 'old-worker' },
    leaseCounter: { N: '15' },
    checkpoint: { S: 'LATEST' },
    checkpointSubSequenceNumber: { N: '0' },
    ownerSwitchesSinceCheckpoint: { N: '0' },
    throughputKBps: { N: '117.25' },
    entityType: { S: 'LEASE' },
  },
  atTimestamp: {
    leaseKey: { S: 'shardId-000000000009' },
    leaseCounter: { N: '2' },
    checkpoint: { S: 'AT_TIMESTAMP' },
    checkpointSubSequenceNumber: { N: '0' },
    ownerSwitchesSinceCheckpoint: { N: '0' },
  },
} satisfies Record<string, LeaseItem>

/** What KCL 3.5 keeps in the same table. */
export const otherItems: readonly Readonly<Record<string, { S: string } | { N: string }>>[] = [
  { leaseKey: { S: 'worker-1' }, entityType: { S: 'WORKER_METRIC_STATS' }, lut: { N: '1790000000' } },
  { leaseKey: { S: 'Leader' }, entityType: { S: 'LEADER' }, ownerName: { S: 'worker-1' } },
  { leaseKey: { S: 'Migration3.0' }, entityType: { S: 'CLIENT_VERSION_MIGRATION' }, cv: { S: '3X' } },
]
