import { Command } from 'commander'
import { showPosition } from '../streams/index.ts'
import { takesDynamo, takesFailover, withDynamo, type DynamoFlags } from './lease-flags.ts'
import { perform, stoppedRows, tell, writeInPlace } from './lease-moves.ts'

interface ExportFlags extends DynamoFlags {
  readonly table: string
  readonly failover: number
  readonly dryRun?: boolean
}

/** `millrace leases export`: leaves the table so that a KCL application goes on where we have stopped. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('leave the lease table so that a KCL application goes on from it')
    .requiredOption('--table <name>', 'our lease table')
  return takesDynamo(takesFailover(command))
    .option('--dry-run', 'show what would be written, and write nothing')
    .action(exportLeases)
}

async function exportLeases(flags: ExportFlags): Promise<void> {
  const { table: name, dryRun = false } = flags
  const aws = await import('../backends/aws/index.ts')
  await withDynamo(flags, async client => {
    await aws.findLeaseTable(client, name)
    const items = new aws.LeaseItems(client, name)
    const rows = await stoppedRows(items, flags.failover)
    const moves = rows.map(aws.moveOut).filter(move => move !== undefined)
    const steps = moves.map(move => ({ ...move, write: () => writeInPlace(items, move) }))
    const untouched = rows.filter(aws.isLease).length - moves.length
    await perform({ title: `export of ${name}`, steps, dryRun, untouched })
    const dated = moves.filter(({ checkpoint }) => checkpoint.at === 'timestamp')
    if (dated.length > 0) {
      const times = dated.map(({ shardId, checkpoint }) => `${shardId} ${showPosition(checkpoint)}`)
      await tell(`KCL keeps no times: configure it to begin AT_TIMESTAMP for ${times.join(', ')}.`)
    }
    await tell('KCL goes on at least once: where output beyond the checkpoint may exist, it comes once more.')
  })
}
