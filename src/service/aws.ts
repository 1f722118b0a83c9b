import {
  AwsLeaseStore,
  DynamoClient,
  openAws,
  openLeaseTable,
  warnOfCapacity,
} from '../backends/aws/index.ts'
import type { Backend, Consumer } from '../backends/index.ts'
import type { Config } from '../config/index.ts'
import type { SeenDates } from '../lib/index.ts'
import { timersOf } from './delivery.ts'
import type { ServiceParts } from './service-parts.ts'

/** Streams in Kinesis, leases in DynamoDB. Makes the lease table where it is not there yet. */
export async function openAwsBackend(config: Config, parts: ServiceParts): Promise<Backend> {
  const { aws, application, leases } = config
  const { clock, observe } = parts
  const region = aws.region === undefined ? {} : { region: aws.region }
  const table = aws.leaseTable ?? application
  // Three tries fit between two renewals.
  const timeoutMs = Math.min(1000, Math.round(leases.renewMs / 3))
  const dynamo = (dates?: SeenDates) =>
    new DynamoClient({
      ...region,
      ...(aws.dynamodbEndpoint !== undefined && { endpoint: aws.dynamodbEndpoint }),
      timeoutMs,
      ...(dates !== undefined && { dates }),
    })
  await checkTable(table, config, parts, dynamo())
  return openAws({
    ...region,
    ...(aws.endpoint !== undefined && { endpoint: aws.endpoint }),
    provenance: aws.provenance,
    maxRequestBytes: aws.maxRequestBytes,
    maxRecordBytes: config.enrich.maxRecordBytes,
    putTimeoutMs: timersOf(config).putTimeoutMs,
    leaseStore: (_: Consumer, dates) => new AwsLeaseStore(dynamo(dates), table),
    clock,
    observe,
  })
}

async function checkTable(
  table: string,
  config: Config,
  { clock, observe }: ServiceParts,
  client: DynamoClient,
): Promise<void> {
  try {
    const { writesPerSecond } = await openLeaseTable(client, table, { clock })
    const need = { shards: config.streams.raw.shards, renewMs: config.leases.renewMs }
    const warning = warnOfCapacity(table, writesPerSecond, need)
    if (warning !== undefined) observe({ type: 'configuration-warning', warning })
  } finally {
    client.close()
  }
}
