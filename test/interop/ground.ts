import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoClient, LeaseItems, type LeaseItem } from '../../src/backends/aws/index.ts'
import type { Backend } from '../../src/backends/index.ts'
import { configSchema, type Config } from '../../src/config/index.ts'
import { columnIndex, decodePayload } from '../../src/core/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { unobserved } from '../../src/observe/index.ts'
import {
  createStreams,
  openBackend,
  startAwsStandIns,
  type RunningAwsLocal,
} from '../../src/service/index.ts'
import { tail, type StreamRecord } from '../../src/streams/index.ts'
import type { Done, Place } from './judge.ts'
import { numberOf } from './traffic.ts'

/** Both sides' lease: KCL's `failoverTimeMillis`. */
export const leaseMs = 4000
export const shards = 4
export const application = 'interop'

const limits = { maxBatchBytes: 4 * 1024 * 1024, maxBatchRecords: 10_000 }

/** The streams, the table and the notes of one run, on loopback. */
export class Ground {
  readonly config: Config
  readonly backend: Backend
  readonly notes: string
  readonly standIns: RunningAwsLocal
  readonly #dynamo: DynamoClient

  private constructor(config: Config, standIns: RunningAwsLocal, backend: Backend) {
    this.config = config
    this.standIns = standIns
    this.backend = backend
    this.notes = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
    this.#dynamo = new DynamoClient({
      region: 'us-east-1',
      endpoint: standIns.dynamodbEndpoint,
      timeoutMs: 10_000,
    })
  }

  /** Makes the streams, and no lease table: whoever works first does. */
  static async open(): Promise<Ground> {
    const standIns = await startAwsStandIns({ clock: systemClock })
    const config = configSchema.parse({
      backend: 'aws',
      application,
      aws: {
        region: 'us-east-1',
        endpoint: standIns.endpoint,
        dynamodbEndpoint: standIns.dynamodbEndpoint,
        dateMarginMs: 2000,
      },
      streams: { raw: { shards } },
      // A machine that does much besides may be late.
      leases: { leaseMs, shardSyncMs: 5000 },
      worker: { threads: 0, maxBatchRecords: 50 },
    })
    const elsewhere = { ...config, aws: { ...config.aws, leaseTable: 'unused' } }
    const backend = await openBackend(elsewhere, { clock: systemClock, observe: unobserved })
    await createStreams(backend, config)
    return new Ground(config, standIns, backend)
  }

  /** The lease table as it is. */
  leases(): Promise<LeaseItem[]> {
    return new LeaseItems(this.#dynamo, application).scan(true)
  }

  /** Everything that was put, place by place. */
  async raw(count: number): Promise<(Place & { readonly n: number })[]> {
    const records = await this.#read(this.config.streams.raw.name, count)
    return records.map(({ shardId, record }) => {
      const { sequence, subSequence, data } = record
      return { shardId, sequence, subSequence, n: numberIn(data) }
    })
  }

  /** What Millrace has written; throws for a bad row, which this traffic gives no reason for. */
  async written(): Promise<Done[]> {
    const { good, bad } = this.config.streams
    const rows = await this.#read(bad.name, 0)
    if (rows.length > 0)
      throw new Error(
        `${rows.length} bad rows: ${Buffer.from(rows[0]?.record.data ?? [])
          .toString()
          .slice(0, 500)}`,
      )
    return (await this.#read(good.name, 0)).map(({ record: { data, provenance, arrivedAt } }) => {
      if (provenance === undefined) throw new Error('an event came out without a word of where from')
      const { shardId, sequence, subSequence, epoch } = provenance
      const n = numberOf(Buffer.from(data).toString().split('\t')[columnIndex.event_id] ?? '') ?? -1
      return { by: 'millrace', worker: `epoch ${epoch}`, shardId, sequence, subSequence, n, at: arrivedAt }
    })
  }

  async close(keep: boolean): Promise<void> {
    this.#dynamo.close()
    await this.backend.close()
    await this.standIns.stop()
    if (!keep) rmSync(this.notes, { recursive: true })
  }

  /** All records of a stream that nobody writes to any more, at least so many. */
  async #read(stream: string, count: number): Promise<{ shardId: string; record: StreamRecord }[]> {
    const source = this.backend.source(stream)
    const found: { shardId: string; record: StreamRecord }[] = []
    const stop = new AbortController()
    const options = { ...limits, from: { at: 'trimHorizon' }, signal: stop.signal } as const
    const idle = new Map<string, number>()
    for await (const { records, shardId, position } of tail(source, options)) {
      for (const record of records)
        found.push({ shardId, record: { ...record, data: Buffer.from(record.data) } })
      if (position.at === 'shardEnd') idle.delete(shardId)
      else idle.set(shardId, records.length > 0 ? 0 : (idle.get(shardId) ?? 0) + 1)
      if (found.length >= count && [...idle.values()].every(times => times >= 3)) stop.abort()
    }
    return found
  }
}

/** The number that a raw record carries; -1 for one that is not from this traffic. */
export function numberIn(data: Uint8Array): number {
  const decoded = decodePayload(data, { tryBase64Decoding: false })
  return ('payload' in decoded ? numberOf(decoded.payload.body ?? '') : undefined) ?? -1
}
