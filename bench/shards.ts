import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openAws } from '../src/backends/aws/index.ts'
import { loadConfig, type Config } from '../src/config/index.ts'
import { systemClock } from '../src/lib/index.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import { createStreams, startWorkerProcess } from '../src/service/index.ts'
import type { Producer } from '../src/streams/index.ts'
import { TestDynamo, type AppliedWrite, type TestNetwork } from '../test/aws/dynamo.ts'
import { pageViewRecords } from './payloads.ts'
import { documents, peakRssMiB } from './pipeline.ts'

/** One worker process on the aws backend with its defaults, under as much load as the machine can bear. */
export interface ShardFigures {
  readonly shards: number
  readonly seconds: number
  readonly events: number
  readonly eventsPerSecond: number
  /** Largest resident memory of the worker, threads included. */
  readonly rssMiB: number
  /** Renewals that DynamoDB applied. */
  readonly renewals: number
  /** Those that came more than half a turn late. */
  readonly lateRenewals: number
  /** Between two renewals of one lease. */
  readonly longestGapMs: number
  readonly renewMs: number
  readonly leaseMs: number
  /** Times that output waited for a renewal, and leases that were lost: both should be none. */
  readonly fencesClosed: number
  readonly leasesLost: number
  readonly dynamoWritesPerShardSecond: number
  readonly dynamoReadsPerSecond: number
}

export interface ShardsOptions {
  readonly shards?: number
  readonly seconds?: number
  readonly retrievalMode?: 'Polling' | 'FanOut'
}

const double = fileURLToPath(new URL('./aws-double.ts', import.meta.url))
const distinct = pageViewRecords(2000).map(({ data }) => data)
const putRecords = 500
/** Raw records that lie ready at any time: no reader ever waits for more. */
const ahead = 100_000
/** A new process compiles its schemas and its hot paths, and takes its leases. */
const warmUpSeconds = 5
const megabytes = 12_000

/** Kinesis is one process, DynamoDB and the load another, the worker a third. */
export async function benchShards(options: ShardsOptions = {}): Promise<ShardFigures> {
  const { seconds = 30 } = options
  const kinesis = fork(double, { execArgv: [`--max-old-space-size=${megabytes}`] })
  const dynamo = await TestDynamo.start()
  try {
    const network = await dynamo.network()
    const config = configOf(options, await endpointOf(kinesis), network.endpoint)
    const load = await startLoad(config)
    try {
      return await measure({ config, seconds, load, dynamo, network })
    } finally {
      await load.stop()
    }
  } finally {
    kinesis.kill('SIGKILL')
    await dynamo.stop()
  }
}

async function endpointOf(kinesis: ChildProcess): Promise<string> {
  const [{ endpoint }] = (await once(kinesis, 'message')) as [{ endpoint: string }]
  return endpoint
}

function configOf(options: ShardsOptions, endpoint: string, dynamodbEndpoint: string): Config {
  const { shards = 100, retrievalMode = 'Polling' } = options
  const settings = {
    'aws.endpoint': endpoint,
    'aws.dynamodbEndpoint': dynamodbEndpoint,
    'aws.retrievalMode': retrievalMode,
    'streams.raw.shards': shards,
    'streams.good.shards': shards,
  }
  const flags = Object.entries({ backend: 'aws', ...settings }).map(([name, value]) => ({
    name,
    field: name.split('.'),
    value,
  }))
  return loadConfig({ flags, environment: {} })
}

interface Load {
  /** The worker has done so many: keeps as many ready as before. */
  done(records: number): void
  stop(): Promise<void>
}

async function startLoad(config: Config): Promise<Load> {
  const backend = openAws({
    endpoint: config.aws.endpoint ?? '',
    region: 'eu-west-1',
    leaseStore: () => {
      throw new Error('the load leases nothing')
    },
    pollMs: 20,
    putTimeoutMs: 30_000,
  })
  await createStreams(backend, config)
  const producer = backend.producer(config.streams.raw.name)
  let sent = 0
  let done = 0
  const stop = new AbortController()
  const fill = async (): Promise<void> => {
    while (!stop.signal.aborted && sent - done < ahead) {
      await put(producer, sent)
      sent += putRecords
    }
  }
  await fill()
  let filling: Promise<void> | undefined
  return {
    done(records) {
      done += records
      filling ??= fill().finally(() => (filling = undefined))
    },
    async stop() {
      stop.abort()
      await filling
      await backend.close()
    },
  }
}

async function put(producer: Producer, from: number): Promise<void> {
  const records = Array.from({ length: putRecords }, (_, i) => ({
    partitionKey: `key-${from + i}`,
    data: distinct[(from + i) % distinct.length] ?? new Uint8Array(),
  }))
  await producer.put(records)
}

interface Parts {
  readonly config: Config
  readonly seconds: number
  readonly load: Load
  readonly dynamo: TestDynamo
  readonly network: TestNetwork
}

async function measure({ config, seconds, load, dynamo, network }: Parts): Promise<ShardFigures> {
  const shards = config.streams.raw.shards
  const { renewMs, leaseMs } = config.leases
  const seen = new Seen(load)
  const orders = { config, documents }
  const worker = await startWorkerProcess('bench', orders, { clock: systemClock, observe: seen.observe })
  while (seen.held < shards) await systemClock.sleep(100)
  await systemClock.sleep(warmUpSeconds * 1000)
  const from = { at: performance.now(), events: seen.events, writes: dynamo.applied.length }
  const readsBefore = reads(network)
  await systemClock.sleep(seconds * 1000)
  const took = (performance.now() - from.at) / 1000
  const events = seen.events - from.events
  const applied = dynamo.applied.slice(from.writes)
  const figures = {
    shards,
    seconds: Math.round(took),
    events,
    eventsPerSecond: Math.round(events / took),
    rssMiB: peakRssMiB(worker.pid ?? 0),
    ...renewalsIn(dynamo.applied, from.at, renewMs),
    renewMs,
    leaseMs,
    fencesClosed: seen.fencesClosed,
    leasesLost: seen.leasesLost,
    dynamoWritesPerShardSecond: Number((applied.length / shards / took).toFixed(3)),
    dynamoReadsPerSecond: Number(((reads(network) - readsBefore) / took).toFixed(2)),
  }
  await worker.stop('bench')
  return figures
}

/** The end of the last turn counts as well: a lease that is not renewed any more is the latest of all. */
function renewalsIn(applied: readonly AppliedWrite[], from: number, renewMs: number) {
  const last = new Map<string, number>()
  const gaps: number[] = []
  for (const { shardId, at } of applied) {
    const before = last.get(shardId)
    last.set(shardId, at)
    if (at >= from && before !== undefined) gaps.push(at - before)
  }
  const renewals = gaps.length
  for (const at of last.values()) gaps.push(performance.now() - at)
  return {
    renewals,
    lateRenewals: gaps.filter(gap => gap > renewMs * 1.5).length,
    longestGapMs: Math.round(gaps.reduce((most, gap) => Math.max(most, gap), 0)),
  }
}

function reads(network: TestNetwork): number {
  return network.count('Scan') + network.count('GetItem')
}

class Seen {
  events = 0
  held = 0
  fencesClosed = 0
  leasesLost = 0
  readonly #load: Load

  constructor(load: Load) {
    this.#load = load
  }

  readonly observe = (event: MillraceEvent): void => {
    if (event.type === 'lease-taken') this.held++
    if (event.type === 'fence-closed') this.fencesClosed++
    if (event.type === 'lease-lost') this.leasesLost++
    if (event.type === 'bug' || event.type === 'process-ended') throw new Error(JSON.stringify(event))
    if (event.type !== 'batch-committed') return
    this.events += event.records
    this.#load.done(event.records)
  }
}
