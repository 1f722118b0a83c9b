import { randomUUID } from 'node:crypto'
import { AwsLeaseStore, DynamoClient } from '../../src/backends/aws/index.ts'
import { Coordinator, type LeaseStore, type LeaseTimers, type WorkOnShard } from '../../src/leases/index.ts'
import { systemClock, type Clock } from '../../src/lib/index.ts'
import type { MillraceEvent } from '../../src/observe/index.ts'
import { evenRanges, shardIdOf, type Shard } from '../../src/streams/index.ts'
import type { TestNetwork } from './dynamo.ts'

/** The timers of a fleet on Kinesis. */
export const timers: LeaseTimers = { leaseMs: 10_000, renewMs: 3_333, scanMs: 2_500, shardSyncMs: 60_000 }

/** Between two looks at the bell. */
export const bellMs = Math.round(timers.scanMs / 6)

export function shardsOf(count: number): Shard[] {
  return evenRanges(count).map((range, i) => ({
    shardId: shardIdOf(i),
    parents: [],
    ...range,
    startingSequence: '0',
  }))
}

/** A clock on which this many seconds pass in one. */
export function fasterClock(times: number): Clock {
  const begun = systemClock.monotonic()
  const wall = systemClock.now()
  const passed = () => (systemClock.monotonic() - begun) * times
  return {
    now: () => wall + passed(),
    monotonic: passed,
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  }
}

const untilDrained: WorkOnShard = async ({ draining, lost }) => {
  const stop = AbortSignal.any([draining, lost])
  if (!stop.aborted) await new Promise(resolve => stop.addEventListener('abort', resolve))
  return lost.aborted ? 'lost' : 'drained'
}

export interface WorkerParts {
  readonly name: string
  readonly network: TestNetwork
  readonly shards: readonly Shard[]
  readonly clock: Clock
  readonly observe: (event: MillraceEvent) => void
  readonly timeoutMs: number
  readonly table?: string
  readonly timers?: LeaseTimers
  readonly work?: WorkOnShard
}

/** A worker that holds leases and does nothing under them, unless it is told what. */
export function makeWorker(parts: WorkerParts): { coordinator: Coordinator; store: LeaseStore } {
  const { name, network, shards, clock, observe, timeoutMs } = parts
  const { table = 'leases', work = untilDrained } = parts
  const client = new DynamoClient({ endpoint: network.endpoint, timeoutMs })
  const store = new AwsLeaseStore(client, table, { clock, everyMs: bellMs })
  const coordinator = new Coordinator({
    worker: `${name}:${randomUUID()}`,
    store,
    listShards: async () => shards,
    work,
    initialPosition: { at: 'trimHorizon' },
    timers: parts.timers ?? timers,
    serverDate: client.dates,
    maxLeases: 1000,
    clock,
    observe,
  })
  return { coordinator, store }
}
