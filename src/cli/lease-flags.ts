import { InvalidArgumentError, Option, type Command } from 'commander'
import type { DynamoClient } from '../backends/aws/index.ts'
import { parseDuration } from '../config/index.ts'
import type { LeaseStore } from '../leases/index.ts'
import { openPipeline, type PipelineFlags } from './pipeline.ts'
import { takesConfig, takesDirectory } from './setup.ts'

/** Where leases in DynamoDB are. */
export interface DynamoFlags {
  readonly region?: string
  readonly endpoint?: string
}

/** KCL's default, and ours on Kinesis. */
export const usualLeaseMs = 10_000

/** Longest that a person waits for one request; workers are far less patient. */
const timeoutMs = 10_000

export function takesDynamo(command: Command): Command {
  return command
    .option('--region <name>', 'AWS region of the table; default: AWS_REGION')
    .option('--endpoint <url>', 'address of a local double of DynamoDB')
}

/** Adds `--failover`. */
export function takesFailover(command: Command): Command {
  const description = "how long a lease lasts that nobody renews: KCL's failoverTimeMillis"
  const option = new Option('--failover <duration>', description)
  return command.addOption(option.argParser(duration).default(usualLeaseMs, '10s'))
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError('expected a duration such as 10s')
  return ms
}

/** Opens the tables for the time of `work`. */
export async function withDynamo<T>(
  { region, endpoint }: DynamoFlags,
  work: (client: DynamoClient) => Promise<T>,
): Promise<T> {
  const { DynamoClient } = await import('../backends/aws/index.ts')
  const client = new DynamoClient({
    timeoutMs,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  })
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

/** Leases of a pipeline on this machine, or those in a table. */
export interface StoreFlags extends PipelineFlags, DynamoFlags {
  readonly table?: string
}

export interface OpenLeases {
  readonly store: LeaseStore
  readonly leaseMs: number
}

/** Adds what names the leases to look at. */
export function takesStore(command: Command): Command {
  const option = command.option('-t, --table <name>', 'leases in this DynamoDB table')
  return takesDynamo(takesDirectory(takesConfig(option)))
}

/** Opens leases that are there already, for the time of `work`. `leaseMs` counts where no configuration says another. */
export async function withLeases<T>(
  flags: StoreFlags,
  leaseMs: number,
  work: (leases: OpenLeases) => Promise<T>,
): Promise<T> {
  const { table } = flags
  if (table !== undefined)
    return withDynamo(flags, async client => {
      const { AwsLeaseStore } = await import('../backends/aws/index.ts')
      return work({ store: new AwsLeaseStore(client, table), leaseMs })
    })
  const { config, backend } = await openPipeline(flags)
  try {
    const { application, streams, leases } = config
    const store = backend.leaseStore({ application, stream: streams.raw.name })
    return await work({ store, leaseMs: leases.leaseMs })
  } finally {
    await backend.close()
  }
}
