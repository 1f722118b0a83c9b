import type { Delivery } from '../delivery/index.ts'
import type { ByteBudget, Clock } from '../lib/index.ts'
import type { Holding, ShardResult } from '../leases/index.ts'
import type { Observe } from '../observe/index.ts'
import {
  showPosition,
  type Position,
  type ReadOptions,
  type RecordBatch,
  type Source,
} from '../streams/index.ts'
import { Caution } from './caution.ts'
import type { Enricher } from './enricher.ts'
import type { Enriched } from './job.ts'

export interface ReadShardParts {
  readonly source: Source
  readonly enricher: Enricher
  readonly delivery: Delivery
  /** Shared by all shards of the process: memory is bounded by it, not by the number of shards. */
  readonly budget: ByteBudget
  readonly maxBatchBytes: number
  readonly maxBatchRecords: number
  readonly clock: Clock
  readonly observe: Observe
}

/**
 * The work on one shard, for as long as its lease is ours: read a batch, enrich it, commit outputs and position.
 *
 * The order of statements is the guarantee. A batch is committed whole or not at all, and the next one is not asked
 * for before. Back-pressure is the loop itself.
 */
export async function readShard(holding: Holding, parts: ReadShardParts): Promise<ShardResult> {
  const { source, enricher, clock, observe } = parts
  const { shardId, draining, lost } = holding
  const stop = AbortSignal.any([draining, lost])
  let reached = holding.lease.checkpoint
  observe({ type: 'shard-started', shardId, position: showPosition(reached) })
  const delivery = parts.delivery.begin(holding)
  const tell = teller(source.stream, shardId, parts)
  const caution = new Caution(holding.lease, parts.maxBatchRecords)
  for await (const batch of readCarefully(shardId, reached, caution, { ...parts, signal: stop })) {
    const began = clock.monotonic()
    if (batch.gap === true) observe({ type: 'records-expired', shardId, position: showPosition(reached) })
    observe({ type: 'batch-read', shardId, records: batch.records.length })
    if (batch.records.length > 0) holding.idle = false
    const enriched = await enrich(enricher, source.stream, shardId, batch, caution.condemned)
    if (holding.over) return 'lost'
    const { outputs } = enriched
    const position = endOf(batch, reached)
    // Also without records: a reader that began at the tip now has a fixed place, and must not lose it in a crash.
    const result = await delivery.commit({ batch, outputs, position })
    if (result !== 'committed') return holding.over ? 'lost' : result
    reached = position
    if (caution.past(batch)) await holding.keep()
    holding.idle = batch.records.length === 0 && batch.millisBehindLatest === 0
    tell(batch, enriched, reached, clock.monotonic() - began)
    enriched.free()
    if (batch.position.at === 'shardEnd') return 'ended'
  }
  return holding.over ? 'lost' : 'drained'
}

const nothing: Enriched = { outputs: [], omitted: {}, free() {} }

async function enrich(
  enricher: Enricher,
  stream: string,
  shardId: string,
  { records }: RecordBatch,
  condemned: string | undefined,
): Promise<Enriched> {
  if (records.length === 0) return nothing
  return await enricher.enrich({
    stream,
    shardId,
    records,
    ...(condemned !== undefined && { condemned }),
  })
}

/** Reads one record at a time while there is reason to. */
async function* readCarefully(
  shardId: string,
  from: Position,
  caution: Caution,
  { source, ...options }: ReadShardParts & ReadOptions,
): AsyncGenerator<RecordBatch> {
  let position = from
  if (caution.needed) {
    for await (const batch of source.read(shardId, from, { ...options, maxBatchRecords: 1 })) {
      yield batch
      position = batch.position
      if (!caution.needed) break
    }
  }
  if (position.at !== 'shardEnd' && !options.signal.aborted) yield* source.read(shardId, position, options)
}

function teller(stream: string, shardId: string, { clock, observe }: ReadShardParts) {
  return (batch: RecordBatch, { outputs, omitted }: Enriched, position: Position, ms: number): void => {
    const { records, millisBehindLatest } = batch
    const now = clock.now()
    const count = { good: 0, bad: 0, failed: 0, pii: 0 }
    for (const { kind } of outputs) count[kind]++
    observe({
      type: 'batch-committed',
      shardId,
      stream,
      position: showPosition(position),
      records: records.length,
      ...count,
      dropped: omitted.dropped ?? 0,
      invalid: omitted.invalid ?? 0,
      bytes: records.reduce((sum, record) => sum + record.data.byteLength, 0),
      ms,
      millisBehindLatest,
      latenciesMs: records.map(record => now - record.arrivedAt),
    })
    const { piiTooLarge = 0, failedTooLarge = 0 } = omitted
    if (piiTooLarge > 0) observe({ type: 'pii-too-large', shardId, events: piiTooLarge })
    if (failedTooLarge > 0) observe({ type: 'failed-too-large', shardId, events: failedTooLarge })
  }
}

/** The end mark itself is written with the release, after the rows of the children. */
function endOf({ records, position }: RecordBatch, committed: Position): Position {
  if (position.at !== 'shardEnd') return position
  const last = records.at(-1)
  if (last === undefined) return committed
  return { at: 'after', sequence: last.sequence, subSequence: last.subSequence }
}
