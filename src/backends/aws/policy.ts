/** What a process does, as far as permissions go. Names are of streams and tables in one region of one account. */
export interface PolicyOptions {
  /** Absent: a placeholder to be replaced. */
  readonly region?: string
  readonly account?: string
  /** The stream that a worker reads. */
  readonly input?: string
  /** Whose consumer of that stream the records are pushed to; absent: they are polled. */
  readonly consumer?: string
  /** Streams that are written, and read back. */
  readonly outputs?: readonly string[]
  /** Streams that are written only. */
  readonly puts?: readonly string[]
  readonly leaseTable?: string
  /** Missing streams are made. */
  readonly createsStreams?: boolean
  /** Lifecycle actions are completed. `group` absent: it is asked for. */
  readonly lifecycle?: { readonly group?: string }
  /** Files in S3 that are read, and looked for again. */
  readonly objects?: readonly S3Object[]
}

export interface S3Object {
  readonly bucket: string
  readonly key: string
}

export interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
}

export interface Policy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

const reading = ['DescribeStreamSummary', 'ListShards', 'GetShardIterator', 'GetRecords']
const subscribing = ['RegisterStreamConsumer', 'DescribeStreamConsumer', 'SubscribeToShard']
const leases = ['DescribeTable', 'Scan', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem']

/** The least that IAM must allow to it, and nothing that it does not send. Pure. */
export function policyOf(options: PolicyOptions): Policy {
  const { input, consumer, outputs = [], puts = [], leaseTable, createsStreams = false } = options
  const { lifecycle, objects = [] } = options
  const arn = arnsIn(options)
  const streams = (names: readonly string[]) => names.map(name => arn('kinesis', `stream/${name}`))
  const read = input === undefined ? [] : [input]
  // A consumer's name is followed by the moment of its registration.
  const pushed = consumer === undefined ? [] : read
  const consumers = streams(pushed.flatMap(name => [name, `${name}/consumer/${consumer}:*`]))
  const statements: Statement[] = [
    allow('ReadInput', 'kinesis', reading, streams(read)),
    allow('SubscribeToInput', 'kinesis', subscribing, consumers),
    allow('WriteAndReadBackOutputs', 'kinesis', ['PutRecords', ...reading], streams(outputs)),
    allow('Write', 'kinesis', ['DescribeStreamSummary', 'PutRecords'], streams(puts)),
    allow('CreateStreams', 'kinesis', creating(createsStreams), streams([...read, ...outputs, ...puts])),
  ]
  if (leaseTable !== undefined) {
    const table = [arn('dynamodb', `table/${leaseTable}`)]
    statements.push(allow('Leases', 'dynamodb', leases, table))
    // Only until the table is there.
    statements.push(allow('CreateLeaseTable', 'dynamodb', ['CreateTable', 'TagResource'], table))
  }
  if (lifecycle !== undefined) {
    const { group } = lifecycle
    const actions = ['CompleteLifecycleAction', 'RecordLifecycleActionHeartbeat']
    const resource = arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${group ?? '*'}`)
    statements.push(allow('CompleteLifecycleAction', 'autoscaling', actions, [resource]))
    // IAM knows no resource for this one.
    const asks = group === undefined ? ['DescribeAutoScalingInstances'] : []
    statements.push(allow('FindAutoScalingGroup', 'autoscaling', asks, ['*']))
  }
  // A newer one is asked for by the same call, under a condition.
  statements.push(allow('ReadEnrichmentFiles', 's3', ['GetObject'], objects.map(objectArnIn(options))))
  return {
    Version: '2012-10-17',
    Statement: statements.filter(({ Action, Resource }) => Action.length > 0 && Resource.length > 0),
  }
}

function creating(createsStreams: boolean): readonly string[] {
  return createsStreams ? ['CreateStream', 'IncreaseStreamRetentionPeriod'] : []
}

function allow(
  Sid: string,
  service: string,
  actions: readonly string[],
  Resource: readonly string[],
): Statement {
  return { Sid, Effect: 'Allow', Action: actions.map(action => `${service}:${action}`), Resource }
}

function arnsIn({ region = 'REGION', account = 'ACCOUNT_ID' }: PolicyOptions) {
  return (service: string, resource: string) =>
    `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`
}

/** Buckets belong to a partition, not to a region or an account. IAM takes `${*}` for the character itself. */
function objectArnIn({ region = 'REGION' }: PolicyOptions) {
  return ({ bucket, key }: S3Object) =>
    `arn:${partitionOf(region)}:s3:::${bucket}/${key.replaceAll(/[*?$]/g, '${$&}')}`
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}
