import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'
import { MillraceError, systemClock, type Clock } from '../../lib/index.ts'
import type { DynamoClient } from './dynamo-client.ts'

export interface LeaseTableOptions {
  /** Put on a table that is made here. */
  readonly tags?: Readonly<Record<string, string>>
  readonly clock?: Clock
  /** Between two looks at a table that is being made. */
  readonly pollMs?: number
  /** Longest wait for a table that is being made. */
  readonly waitMs?: number
}

export interface LeaseTable {
  readonly result: 'created' | 'found'
  /** Write units per second that were bought; undefined: on demand, as many as it takes. */
  readonly writesPerSecond?: number
}

/**
 * Makes the lease table, on demand and tagged, or checks the one that is there. Any number of processes may do so at once.
 * Resolves when it can be used.
 */
export async function openLeaseTable(
  client: DynamoClient,
  table: string,
  options: LeaseTableOptions = {},
): Promise<LeaseTable> {
  const { clock = systemClock, pollMs = 1000, waitMs = 60_000 } = options
  const found = await describeLeaseTable(client, table)
  if (found === undefined) await create(client, table, options.tags ?? {})
  const until = clock.monotonic() + waitMs
  let description = found
  while (!usable(description)) {
    if (clock.monotonic() > until) throw notUsable(table, description, waitMs)
    await clock.sleep(pollMs)
    description = await describeLeaseTable(client, table)
  }
  return tableOf(found === undefined ? 'created' : 'found', checkLeaseTable(table, description))
}

/** The table that is there, checked. Throws a MillraceError when there is none. */
export async function findLeaseTable(client: DynamoClient, table: string): Promise<LeaseTable> {
  const description = await describeLeaseTable(client, table)
  if (description === undefined) {
    const message = `there is no DynamoDB table ${table} in this region and account; name another table or region`
    throw new MillraceError('leases', message, { retryable: false })
  }
  return tableOf('found', checkLeaseTable(table, description))
}

/** The write units per second of a provisioned table. Throws a MillraceError when the table has another key. Pure. */
export function checkLeaseTable(table: string, description: TableDescription): number | undefined {
  const keys = (description.KeySchema ?? []).map(({ AttributeName, KeyType }) => {
    const type = description.AttributeDefinitions?.find(
      definition => definition.AttributeName === AttributeName,
    )
    return `${AttributeName} (${KeyType}, ${type?.AttributeType})`
  })
  if (keys.join() !== 'leaseKey (HASH, S)') {
    const message =
      `the DynamoDB table ${table} is no lease table: its key is ${keys.join(' and ')}, and a lease table's is ` +
      'leaseKey (HASH, S) alone; name another table, and it is made'
    throw new MillraceError('leases', message, { retryable: false })
  }
  const writes = description.ProvisionedThroughput?.WriteCapacityUnits ?? 0
  const onDemand = description.BillingModeSummary?.BillingMode === 'PAY_PER_REQUEST' || writes === 0
  return onDemand ? undefined : writes
}

/**
 * What to tell somebody whose table was bought too small. Every lease is written once per `renewMs`, and once more when it
 * changes hands; a table that throttles renewals loses leases, and that looks like workers dying.
 */
export function warnOfCapacity(
  table: string,
  writesPerSecond: number | undefined,
  { shards, renewMs }: { readonly shards: number; readonly renewMs: number },
): string | undefined {
  const needed = writesNeeded({ shards, renewMs })
  if (writesPerSecond === undefined || writesPerSecond >= needed) return undefined
  return (
    `the DynamoDB table ${table} is provisioned with ${writesPerSecond} writes per second, and ${shards} shards need ` +
    `${needed}: renewals will be throttled, and leases lost for no other reason; switch it to on-demand ` +
    `(aws dynamodb update-table --table-name ${table} --billing-mode PAY_PER_REQUEST)`
  )
}

/** Per second. A take-over writes all of a worker's leases at once, beside the renewals of the others. */
export function writesNeeded({
  shards,
  renewMs,
}: {
  readonly shards: number
  readonly renewMs: number
}): number {
  return Math.ceil((2 * shards * 1000) / renewMs)
}

function tableOf(result: LeaseTable['result'], writesPerSecond: number | undefined): LeaseTable {
  return writesPerSecond === undefined ? { result } : { result, writesPerSecond }
}

export function usable(description: TableDescription | undefined): description is TableDescription {
  return description?.TableStatus === 'ACTIVE' || description?.TableStatus === 'UPDATING'
}

function notUsable(table: string, description: TableDescription | undefined, waitMs: number): MillraceError {
  const status = description?.TableStatus ?? 'not there yet'
  const message = `the DynamoDB table ${table} is ${status} after ${waitMs} ms; look at it in the console, and start again`
  return new MillraceError('leases', message, { retryable: true })
}

/** Undefined when there is none. */
export async function describeLeaseTable(
  client: DynamoClient,
  table: string,
): Promise<TableDescription | undefined> {
  const purpose = { doing: 'look up the keys', table, needs: 'dynamodb:DescribeTable' }
  try {
    const command = new DescribeTableCommand({ TableName: table })
    const { output } = await client.call(purpose, (client, options) => client.send(command, options))
    return output.Table
  } catch (error) {
    if (error instanceof MillraceError && error.cause instanceof ResourceNotFoundException) return undefined
    throw error
  }
}

/** Another process may have been faster: then its table is as good. */
async function create(
  client: DynamoClient,
  table: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const purpose = {
    doing: 'create the leases',
    table,
    needs: 'dynamodb:CreateTable and dynamodb:TagResource',
  }
  const command = new CreateTableCommand({
    TableName: table,
    KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
    Tags: Object.entries({ application: 'millrace', ...tags }).map(([Key, Value]) => ({ Key, Value })),
  })
  try {
    await client.call(purpose, (client, options) => client.send(command, options))
  } catch (error) {
    const made = error instanceof MillraceError && error.cause instanceof ResourceInUseException
    if (!made) throw error
  }
}
