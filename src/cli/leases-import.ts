import { Command } from 'commander'
import type { LeaseItem, LeaseItems } from '../backends/aws/index.ts'
import { instant } from './arguments.ts'
import { CommandError, exitCodes } from './exit.ts'
import { takesDynamo, takesFailover, withDynamo, type DynamoFlags } from './lease-flags.ts'
import { perform, stoppedRows, tell, writeInPlace } from './lease-moves.ts'

interface ImportFlags extends DynamoFlags {
  readonly fromTable: string
  readonly toTable?: string
  readonly failover: number
  readonly timestamp?: number
  readonly dryRun?: boolean
}

/** `millrace leases import`: goes on where a stopped Snowplow Enrich, or any KCL application, has stopped. */
export function importCommand(): Command {
  const command = new Command('import')
    .description('take over the checkpoints of a stopped KCL application, such as Snowplow Enrich')
    .requiredOption('--from-table <name>', "its lease table: the application's name")
    .option('--to-table <name>', 'copy into this table; default: in place')
    .option('--timestamp <time>', 'its AT_TIMESTAMP, for leases that never had a checkpoint', instant)
  return takesDynamo(takesFailover(command))
    .option('--dry-run', 'show what would be written, and write nothing')
    .action(importLeases)
}

async function importLeases(flags: ImportFlags): Promise<void> {
  const { fromTable, toTable = fromTable, timestamp, dryRun = false } = flags
  const aws = await import('../backends/aws/index.ts')
  await withDynamo(flags, async client => {
    const found = await aws.findLeaseTable(client, fromTable)
    const from = new aws.LeaseItems(client, fromTable)
    const rows = await stoppedRows(from, flags.failover)
    await refuseUnreadable(rows, timestamp)
    const options = { now: client.dates.newest ?? Date.now(), ...(timestamp && { timestampMs: timestamp }) }
    const moves = rows.map(item => aws.moveIn(item, options)).filter(move => move !== undefined)
    const inPlace = toTable === fromTable
    if (!inPlace && !dryRun) await aws.openLeaseTable(client, toTable)
    const to = new aws.LeaseItems(client, toTable)
    const steps = moves.map(move => ({
      ...move,
      write: inPlace ? () => writeInPlace(from, move) : () => copy(to, move.item),
    }))
    const title = inPlace ? `import of ${fromTable}, in place` : `import of ${fromTable} into ${toTable}`
    const shards = moves.filter(({ checkpoint }) => checkpoint.at !== 'shardEnd').length
    const warning = inPlace
      ? aws.warnOfCapacity(fromTable, found.writesPerSecond, { shards, renewMs: flags.failover / 3 })
      : undefined
    await perform({ title, steps, dryRun, untouched: rows.filter(aws.isLease).length - moves.length })
    await tell(
      'What the old fleet wrote after its last checkpoints comes once more: it left no mark by which to find it.',
      ...(warning === undefined ? [] : [`warning: ${warning}`]),
    )
  })
}

async function refuseUnreadable(rows: readonly LeaseItem[], timestamp: number | undefined): Promise<void> {
  const { multiStreamLease, needTimestamp } = await import('../backends/aws/index.ts')
  const shared = multiStreamLease(rows)
  if (shared !== undefined) {
    const message = `${shared} is the lease of one of many streams in one table; Millrace has a table for each stream`
    throw new CommandError(exitCodes.data, message)
  }
  const [dateless] = needTimestamp(rows)
  if (dateless === undefined || timestamp !== undefined) return
  const message =
    `${dateless} begins AT_TIMESTAMP, and only the configuration of its application says when; ` +
    'give that time with --timestamp'
  throw new CommandError(exitCodes.data, message)
}

async function copy(items: LeaseItems, item: LeaseItem): Promise<'written' | 'refused'> {
  return (await items.create(item)) === 'created' ? 'written' : 'refused'
}
