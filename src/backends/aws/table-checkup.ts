import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'
import { fine, MillraceError, problemOf, type Clock, type Finding } from '../../lib/index.ts'
import { movedBetween, multiStreamLease } from './cut-over.ts'
import type { DynamoClient } from './dynamo-client.ts'
import { isLease, leaseRowOf, type LeaseItem } from './lease-item.ts'
import { LeaseItems } from './lease-items.ts'
import { checkLeaseTable, describeLeaseTable, usable, writesNeeded } from './lease-table.ts'

export interface TableUse {
  readonly table: string
  readonly shards: number
  readonly renewMs: number
  readonly leaseMs: number
}

/**
 * Looks at the lease table and whoever writes into it, and makes every call that leases take, in a form that changes
 * nothing. Where another program's leases have owners, it looks twice, a lease apart, to see whether these live.
 */
export async function checkTable(client: DynamoClient, use: TableUse, clock: Clock): Promise<Finding[]> {
  const subject = `table ${use.table}`
  const description = await attempt(subject, () => describeLeaseTable(client, use.table))
  if ('finding' in description) return [description.finding]
  const { value } = description
  if (value === undefined) return [notYet(subject)]
  const key = await attempt(subject, async () => checkLeaseTable(use.table, value))
  if ('finding' in key) return [key.finding]
  if (!usable(value)) return [unusable(subject, value)]
  const calls = await tryLeaseCalls(client, use.table)
  const found = `${value.TableStatus}, ${billing(value)}`
  const state = calls.some(({ level }) => level === 'problem')
    ? calls
    : [fine(subject, `${found}; ${allowed}`)]
  return [...state, ...capacity(subject, value, use), ...(await checkRows(client, use, clock))]
}

const allowed = 'allowed: DescribeTable, Scan, GetItem, PutItem, UpdateItem, DeleteItem'

/** Names no shard, so no row has it. */
const nobody = 'millrace-doctor'

/** Each of the calls that leases take. Writes are refused by a condition that no row meets: they cost a unit each. */
export async function tryLeaseCalls(client: DynamoClient, table: string): Promise<Finding[]> {
  const key = { leaseKey: { S: nobody } }
  const only = { TableName: table, ConditionExpression: 'attribute_exists(leaseKey)' }
  const purpose = (action: string) => ({ doing: `try ${action}`, table, needs: `dynamodb:${action}` })
  const tries = [
    () =>
      client.attempt(purpose('Scan'), (dynamo, options) =>
        dynamo.send(new ScanCommand({ TableName: table, Limit: 1 }), options),
      ),
    () =>
      client.attempt(purpose('GetItem'), (dynamo, options) =>
        dynamo.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }), options),
      ),
    () =>
      client.attempt(purpose('PutItem'), (dynamo, options) =>
        dynamo.send(new PutItemCommand({ ...only, Item: key }), options),
      ),
    () =>
      client.attempt(purpose('UpdateItem'), (dynamo, options) =>
        dynamo.send(new UpdateItemCommand({ ...only, Key: key }), options),
      ),
    () =>
      client.attempt(purpose('DeleteItem'), (dynamo, options) =>
        dynamo.send(new DeleteItemCommand({ ...only, Key: key }), options),
      ),
  ]
  const findings: Finding[] = []
  for (const one of tries) {
    const tried = await attempt(`table ${table}`, async () => {
      try {
        await one()
      } catch (error) {
        // Who is told to be slower was let in.
        if (!isThrottled(error)) throw error
      }
    })
    if ('finding' in tried) findings.push(tried.finding)
  }
  return findings
}

function isThrottled(error: unknown): boolean {
  const cause = error instanceof MillraceError ? error.cause : undefined
  return cause instanceof Error && /Throttl|ThroughputExceeded|RequestLimitExceeded/.test(cause.name)
}

type Attempt<T> = { readonly value: T } | { readonly finding: Finding }

async function attempt<T>(subject: string, work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return { finding: problemOf(subject, error) }
  }
}

function notYet(subject: string): Finding {
  const found = 'is not there yet'
  return fine(
    subject,
    `${found}: the first worker makes it, with dynamodb:CreateTable and dynamodb:TagResource`,
  )
}

function unusable(subject: string, { TableStatus: status }: TableDescription): Finding {
  const next = status === 'CREATING' ? 'wait until it is ACTIVE' : 'look at it in the console'
  return { level: 'problem', subject, found: `is ${status ?? 'in no state'}`, next, retryable: true }
}

function billing({ BillingModeSummary, ProvisionedThroughput }: TableDescription): string {
  const writes = ProvisionedThroughput?.WriteCapacityUnits ?? 0
  if (BillingModeSummary?.BillingMode === 'PAY_PER_REQUEST' || writes === 0) return 'on demand'
  return `provisioned with ${writes} writes per second`
}

/** A table that throttles renewals loses leases; so does one whose index is throttled. */
export function capacity(subject: string, description: TableDescription, use: TableUse): Finding[] {
  const renewals = writesNeeded(use) / 2
  const places = [
    { where: '', units: description.ProvisionedThroughput?.WriteCapacityUnits },
    ...(description.GlobalSecondaryIndexes ?? []).map(index => ({
      where: `its index ${index.IndexName} `,
      units: index.ProvisionedThroughput?.WriteCapacityUnits,
    })),
  ]
  return places.flatMap(({ where, units = 0 }): Finding[] => {
    if (units === 0 || units >= writesNeeded(use)) return []
    const next = `switch to on demand: aws dynamodb update-table --table-name ${use.table} --billing-mode PAY_PER_REQUEST`
    const found =
      `${where}is provisioned with ${units} writes per second, and ${use.shards} shards need ${writesNeeded(use)}: ` +
      'renewals will be throttled, and leases are lost for no other reason'
    return [{ level: units < renewals ? 'problem' : 'warning', subject, found, next }]
  })
}

async function checkRows(client: DynamoClient, use: TableUse, clock: Clock): Promise<Finding[]> {
  const subject = `leases in ${use.table}`
  const items = new LeaseItems(client, use.table)
  const first = await attempt(subject, async () => readLeases(await items.scan(false)))
  if ('finding' in first) return [first.finding]
  const { leases, rows } = first.value
  const shared = multiStreamLease(leases)
  if (shared !== undefined) {
    const found = `the lease ${shared} is one of many streams in one table`
    return [{ level: 'problem', subject, found, next: 'name a table of one stream' }]
  }
  const counts = fine(subject, countOf(rows))
  const foreign = rows.filter(row => row.foreign === true)
  if (foreign.length === 0) return [counts]
  const owners = [...new Set(foreign.flatMap(({ owner }) => owner ?? []))]
  const shardIds = new Set(foreign.map(({ shardId }) => shardId))
  if (owners.length > 0) await clock.sleep(use.leaseMs)
  const second =
    owners.length === 0 ? first : await attempt(subject, async () => readLeases(await items.scan(true)))
  if ('finding' in second) return [counts, second.finding]
  const moved = movedBetween(leases, second.value.leases).filter(shardId => shardIds.has(shardId))
  return [counts, tellForeign(subject, { leases: foreign.length, owners, moved: moved.length })]
}

function readLeases(items: readonly LeaseItem[]) {
  const leases = items.filter(isLease)
  return { leases, rows: leases.flatMap(item => leaseRowOf(item) ?? []) }
}

type Rows = ReturnType<typeof readLeases>['rows']

function countOf(rows: Rows): string {
  const ended = rows.filter(({ checkpoint }) => checkpoint.at === 'shardEnd').length
  const held = rows.filter(({ owner }) => owner !== undefined).length
  const owners = new Set(rows.flatMap(({ owner }) => owner ?? [])).size
  return `${rows.length} in all, ${held} held by ${owners} workers, ${ended} ended`
}

interface Foreign {
  readonly leases: number
  readonly owners: readonly string[]
  /** Leases that were written while we looked. */
  readonly moved: number
}

function tellForeign(subject: string, { leases, owners, moved }: Foreign): Finding {
  const names = owners.length === 0 ? 'nobody' : owners.slice(0, 5).join(', ')
  if (moved > 0) {
    const found = `another program, as KCL, works on ${moved} of them (${names}): while both run, it is at least once`
    return { level: 'warning', subject, found, next: 'stop it, then millrace leases import' }
  }
  const found = `${leases} were last written by another program, as KCL, which does not renew them (${names})`
  return {
    level: 'warning',
    subject,
    found,
    next: 'see docs/leases.md: millrace leases import marks them as ours',
  }
}
