import {
  AwsLeaseStore,
  DynamoClient,
  openAws,
  openLeaseTable,
  policyOf,
  requireAws,
  warnOfCapacity,
  type CheckupOptions,
  type Policy,
  type PolicyOptions,
  type StreamUse,
} from '../backends/aws/index.ts'
import type { Backend, Consumer } from '../backends/index.ts'
import type { Config } from '../config/index.ts'
import type { Clock, SeenDates } from '../lib/index.ts'
import { createStreams } from './create-streams.ts'
import { timersOf } from './delivery.ts'
import type { Role } from './role.ts'
import type { ServiceParts } from './service-parts.ts'

/** What the first calls of a process may take: names and credentials have to be found, and no lease waits yet. */
const startMs = 10_000

/** Streams in Kinesis, leases in DynamoDB. Opens connections when they are needed. */
export function openAwsBackend(config: Config, parts: ServiceParts): Backend {
  const { aws, leases } = config
  const { clock, observe } = parts
  const region = aws.region === undefined ? {} : { region: aws.region }
  // Two looks at the bell and the work in between fit into a second at the leases that are usual here.
  const bell = { clock, everyMs: Math.max(50, Math.round(leases.scanMs / 6)) }
  return openAws({
    ...region,
    ...(aws.endpoint !== undefined && { endpoint: aws.endpoint }),
    provenance: aws.provenance,
    retrieval: aws.retrievalMode.type === 'FanOut' ? 'fanOut' : 'polling',
    ...(aws.retrievalMode.maxRecords !== undefined && { maxCallRecords: aws.retrievalMode.maxRecords }),
    maxRequestBytes: aws.maxRequestBytes,
    maxRecordBytes: config.enrich.maxRecordBytes,
    putTimeoutMs: timersOf(config).putTimeoutMs,
    leaseStore: (_: Consumer, dates) =>
      new AwsLeaseStore(dynamoOf(config, renewalMs(config), dates), leaseTableOf(config), bell),
    clock,
    observe,
  })
}

/**
 * Makes what is missing and may be made: the lease table, and streams where the configuration says so. Rejects with a
 * MillraceError that names what else is missing, permissions included.
 */
export async function readyAws(
  backend: Backend,
  config: Config,
  { parts, role }: { readonly parts: ServiceParts; readonly role: Role },
): Promise<void> {
  if (createsStreams(config)) await createStreams(backend, config)
  if (role === 'run') await makeTable(config, parts)
  await requireAws(checkupOptions(config, role, parts.clock))
}

/** What a process of this role uses. */
export function checkupOptions(config: Config, role: Role, clock: Clock): CheckupOptions {
  const { aws, leases, streams } = config
  const { raw, ...others } = streams
  const created = createsStreams(config)
  const { maxRecordBytes } = config.enrich
  const output = ({ name, shards }: typeof raw, reads: boolean): StreamUse => ({
    stream: name,
    shards,
    reads,
    writes: true,
    maxRecordBytes,
    created,
  })
  const outputs = Object.values(others).filter(stream => stream !== undefined)
  const input = {
    ...(role === 'run' && pushedTo(config)),
    stream: raw.name,
    shards: raw.shards,
    reads: role === 'run',
    writes: role === 'collect',
    maxRecordBytes,
    created,
  }
  const table = {
    table: leaseTableOf(config),
    shards: raw.shards,
    renewMs: leases.renewMs,
    leaseMs: leases.leaseMs,
  }
  return {
    ...(aws.region !== undefined && { region: aws.region }),
    ...(aws.endpoint !== undefined && { endpoint: aws.endpoint }),
    ...(aws.dynamodbEndpoint !== undefined && { dynamodbEndpoint: aws.dynamodbEndpoint }),
    streams:
      role === 'run'
        ? [input, ...outputs.map(stream => output(stream, true))]
        : [input, output(others.bad, false)],
    ...(role === 'run' && { table }),
    clock,
  }
}

/** Region and account are only known by who asks, unless the configuration names a region. */
export function policyFor(
  config: Config,
  role: Role,
  place: Pick<PolicyOptions, 'region' | 'account' | 'objects'>,
): Policy {
  const { aws, streams } = config
  const { raw, ...others } = streams
  const general = {
    ...place,
    ...(aws.region !== undefined && { region: aws.region }),
    ...lifecycleOf(config),
  }
  if (config.backend !== 'aws') return policyOf(general)
  const outputs = Object.values(others).flatMap(stream => (stream === undefined ? [] : [stream.name]))
  return policyOf({
    ...general,
    createsStreams: createsStreams(config),
    ...(role === 'run'
      ? { input: raw.name, ...pushedTo(config), outputs, leaseTable: leaseTableOf(config) }
      : { puts: [raw.name, others.bad.name] }),
  })
}

function lifecycleOf({ lifecycle: { hook, group } }: Config): Pick<PolicyOptions, 'lifecycle'> {
  return hook === undefined ? {} : { lifecycle: group === undefined ? {} : { group } }
}

/** The consumer that the first worker registers, where the raw stream is pushed. */
function pushedTo({ aws, application }: Config): { readonly consumer?: string } {
  return aws.retrievalMode.type === 'FanOut' ? { consumer: application } : {}
}

/** An emulator begins empty; in an account, a name that nobody knows is a mistake. */
export function createsStreams({ aws }: Config): boolean {
  if (aws.createStreams !== undefined) return aws.createStreams
  return aws.endpoint !== undefined && onThisMachine(new URL(aws.endpoint).hostname)
}

function onThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function leaseTableOf({ aws, application }: Config): string {
  return aws.leaseTable ?? application
}

/** Three tries fit between two renewals. */
function renewalMs({ leases }: Config): number {
  return Math.min(1000, Math.round(leases.renewMs / 3))
}

function dynamoOf({ aws }: Config, timeoutMs: number, dates?: SeenDates): DynamoClient {
  return new DynamoClient({
    ...(aws.region !== undefined && { region: aws.region }),
    ...(aws.dynamodbEndpoint !== undefined && { endpoint: aws.dynamodbEndpoint }),
    timeoutMs,
    ...(dates !== undefined && { dates }),
  })
}

async function makeTable(config: Config, { clock, observe }: ServiceParts): Promise<void> {
  const table = leaseTableOf(config)
  const client = dynamoOf(config, startMs)
  try {
    const { writesPerSecond } = await openLeaseTable(client, table, { clock })
    const need = { shards: config.streams.raw.shards, renewMs: config.leases.renewMs }
    const warning = warnOfCapacity(table, writesPerSecond, need)
    if (warning !== undefined) observe({ type: 'configuration-warning', warning })
  } finally {
    client.close()
  }
}
