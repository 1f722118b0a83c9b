import { Registry } from 'prom-client'
import { systemClock, type Clock } from '../lib/index.ts'
import { leaseWriteResults, type MillraceEvent, type Observe } from './events.ts'
import { createMeters, type Meters } from './meters.ts'

export interface Metrics {
  readonly observe: Observe
  /** Prometheus' text format. */
  text(): Promise<string>
  readonly contentType: string
  /** The series of one metric, as they stand. */
  series(metric: string): Promise<readonly Series[]>
}

export interface Series {
  readonly labels: Readonly<Record<string, string | number | undefined>>
  readonly value: number
}

export interface MetricsOptions {
  readonly version: string
  readonly clock?: Clock
}

/**
 * Counts events for Prometheus. Shards are labels of gauges only, and their gauges go away with their leases; what
 * visitors send is never a label. Snowplow's own names (`raw`, `good`, `bad`, `e2e_latency_millis`) are there as
 * `snowplow_enrich_…`, so that dashboards that know them keep working.
 */
export function createMetrics({ version, clock = systemClock }: MetricsOptions): Metrics {
  const registry = new Registry()
  const meters = createMeters(registry)
  meters.build.set({ version }, 1)
  for (const result of leaseWriteResults) meters.leaseWrites.inc({ result }, 0)
  return {
    observe: event => count(event, meters, clock),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    async series(metric) {
      const found = await registry.getSingleMetric(metric)?.get()
      return found?.values ?? []
    },
  }
}

function count(event: MillraceEvent, meters: Meters, clock: Clock): void {
  switch (event.type) {
    case 'batch-committed':
      return countBatch(event, meters, clock)
    case 'lease-taken':
      meters.leasesHeld.set(meters.held.add(event.shardId).size)
      return meters.leaseChanges.inc({ change: 'taken' })
    case 'lease-released':
      letGo(event.shardId, meters)
      return meters.leaseChanges.inc({ change: 'released' })
    case 'lease-lost':
      letGo(event.shardId, meters)
      return meters.leaseChanges.inc({ change: 'lost' })
    case 'lease-asked':
      return meters.leaseChanges.inc({ change: 'asked' })
    case 'lease-unreadable':
      return meters.leasesUnreadable.set(meters.unreadable.add(event.shardId).size)
    case 'lease-readable':
      meters.unreadable.delete(event.shardId)
      return meters.leasesUnreadable.set(meters.unreadable.size)
    case 'lease-written':
      return meters.leaseWrites.inc({ result: event.result })
    case 'leases-scanned':
      return meters.leasesTotal.set(event.total)
    case 'pii-too-large':
      return meters.piiTooLarge.inc(event.events)
    case 'failed-too-large':
      return meters.failedTooLarge.inc(event.events)
    case 'shard-failed':
      return meters.shardFailures.inc()
    case 'recovery-started':
    case 'recovery-looked':
      return undefined
    case 'recovery-done':
      meters.divergent.inc(event.divergent)
      return meters.recoveries.inc({ result: 'done' })
    case 'recovery-skipped':
      return meters.recoveries.inc({ result: 'skipped' })
    case 'put-unknown':
      return meters.unknownPuts.inc()
    case 'fence-closed':
      return meters.closedFences.inc()
    case 'outside-failed':
      return meters.failures.inc({ what: event.what })
    case 'iglu-outage':
      meters.down.add(event.registry)
      return meters.outages.set(meters.down.size)
    case 'iglu-recovered':
      meters.down.delete(event.registry)
      return meters.outages.set(meters.down.size)
    case 'asset-updated':
      meters.assetUpdates.inc()
      meters.failed.delete(event.uri)
      return meters.outdated.set(meters.failed.size)
    case 'asset-failed':
      meters.assetFailures.inc({ reason: event.reason })
      meters.failed.add(event.uri)
      return meters.outdated.set(meters.failed.size)
    case 'asset-recovered':
      meters.failed.delete(event.uri)
      return meters.outdated.set(meters.failed.size)
    case 'thread-restarted':
      meters.enrichments.observe(event)
      return meters.threads.inc()
    case 'circuit-changed':
    case 'process-ended':
      return meters.enrichments.observe(event)
    case 'enrichments-measured':
      return meters.enrichments.count(event.enrichments)
    case 'copies-dropped':
      return meters.duplicates.inc(event.records)
    case 'keys-forgotten':
      return meters.forgotten.inc(event.keys)
    case 'records-misrouted':
      return meters.misrouted.inc(event.records)
    case 'records-expired':
      return meters.expired.inc()
    case 'instance-notice':
      return meters.notices.inc({ notice: event.notice })
    case 'lifecycle-action':
      return meters.lifecycleActions.inc({ result: event.result })
    case 'worker-draining':
    case 'collector-draining':
      return meters.draining.set(1)
    case 'bug':
      return meters.bugs.inc()
    case 'request-accepted':
      meters.requests.inc({ result: 'accepted' })
      meters.collected.inc(event.records)
      return meters.requestTime.observe(event.ms / 1000)
    case 'request-ignored':
      return meters.requests.inc({ result: 'ignored' })
    case 'request-bounced':
      return meters.requests.inc({ result: 'bounced' })
    case 'request-refused':
      return meters.requests.inc({ result: event.reason })
    case 'request-too-large':
      if (!event.kept) meters.lost.inc()
      return meters.requests.inc({ result: 'too-large' })
    case 'redirect-unrecorded':
      return meters.requests.inc({ result: 'redirect-unrecorded' })
    case 'collector-sink-failed':
      return meters.failures.inc({ what: 'collector' })
    case 'shard-started':
    case 'shard-ended':
    case 'batch-read':
    case 'collector-batch-written':
    case 'collector-ready':
    case 'collector-stopped':
    case 'worker-ready':
    case 'instance-watched':
    case 'instance-unwatched':
    case 'worker-stopped':
    case 'monitoring-ready':
    case 'metric':
    case 'metrics-failed':
    case 'metrics-recovered':
    case 'configuration-warning':
      return undefined
  }
}

function letGo(shardId: string, { held, leasesHeld, lag }: Meters): void {
  held.delete(shardId)
  leasesHeld.set(held.size)
  lag.remove({ shard: shardId })
}

type Batch = Extract<MillraceEvent, { type: 'batch-committed' }>

function countBatch(batch: Batch, meters: Meters, clock: Clock): void {
  const { stream, shardId, records, good, bad, failed, pii, dropped, invalid } = batch
  meters.lag.set({ shard: shardId }, batch.millisBehindLatest)
  if (records === 0) return
  for (const [kind, number] of Object.entries({ raw: records, good, bad, failed, pii, dropped, invalid }))
    if (number > 0) meters.records.inc({ stream, kind }, number)
  meters.bytes.inc(batch.bytes)
  meters.batches.observe(batch.ms / 1000)
  for (const ms of batch.latenciesMs) meters.latency.observe(Math.max(0, ms) / 1000)
  meters.lastCommit.set(clock.now() / 1000)
  meters.snowplowRaw.inc(records)
  meters.snowplowGood.inc(good)
  meters.snowplowBad.inc(bad)
  meters.snowplowLatency.set(batch.latenciesMs.reduce((most, ms) => Math.max(most, ms), 0))
}
