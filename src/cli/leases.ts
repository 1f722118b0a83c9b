import { Command } from 'commander'
import { takesStore, usualLeaseMs, withLeases, type StoreFlags } from './lease-flags.ts'
import { renderLeases } from './lease-table.ts'
import { exportCommand } from './leases-export.ts'
import { importCommand } from './leases-import.ts'
import { releaseCommand } from './leases-release.ts'
import { standardOutput } from './output.ts'

interface ListFlags extends StoreFlags {
  readonly json?: boolean
}

/** `millrace leases`: the lease table as it is now, and what a person may do to it. */
export function leasesCommand(): Command {
  return new Command('leases')
    .description('who works on which shard')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(releaseCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
}

function listCommand(): Command {
  return takesStore(new Command('list').description('print the lease table'))
    .option('--json', 'one JSON object per lease')
    .action(listLeases)
}

async function listLeases(flags: ListFlags): Promise<void> {
  await withLeases(flags, usualLeaseMs, async ({ store, leaseMs }) => {
    const rows = await store.list()
    const output = standardOutput()
    if (flags.json === true) for (const row of rows) await output.line(JSON.stringify(row))
    else
      await output.line(
        renderLeases(
          rows.map(row => ({ row })),
          leaseMs,
        ),
      )
    await output.flush()
  })
}
