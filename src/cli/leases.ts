import { Command } from 'commander'
import { renderLeases } from './lease-table.ts'
import { standardOutput } from './output.ts'
import { openPipeline, type PipelineFlags } from './pipeline.ts'
import { takesConfig, takesDirectory } from './setup.ts'

interface ListFlags extends PipelineFlags {
  readonly json?: boolean
}

/** `millrace leases`: the lease table as it is now. */
export function leasesCommand(): Command {
  const list = new Command('list').description('print the lease table')
  const command = takesDirectory(takesConfig(list))
    .option('--json', 'one JSON object per lease')
    .action(listLeases)
  return new Command('leases').description('who works on which shard').addCommand(command)
}

async function listLeases(flags: ListFlags): Promise<void> {
  const { config, backend } = await openPipeline(flags)
  try {
    const { application, streams } = config
    const rows = await backend.leaseStore({ application, stream: streams.raw.name }).list()
    const output = standardOutput()
    if (flags.json === true) for (const row of rows) await output.line(JSON.stringify(row))
    else
      await output.line(
        renderLeases(
          rows.map(row => ({ row })),
          config.leases.leaseMs,
        ),
      )
    await output.flush()
  } finally {
    await backend.close()
  }
}
