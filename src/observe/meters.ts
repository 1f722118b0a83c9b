import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { EnrichmentMetrics } from './enrichment-metrics.ts'

/** Seconds from milliseconds for whole pipelines: from one database write to minutes behind. */
const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600]
const batchBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export type Meters = ReturnType<typeof createMeters>

/** Everything that is on `/metrics`, and what gauges are counted from. */
export function createMeters(registry: Registry) {
  const at = { registers: [registry] }
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], ...at })
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], ...at })
  const histogram = <T extends string>(name: string, help: string, buckets: number[]) =>
    new Histogram<T>({ name, help, buckets, ...at })
  return {
    build: gauge('millrace_build_info', 'Always 1; the version is a label.', ['version']),
    records: counter(
      'millrace_records_total',
      'Records by stream and kind: raw, good, bad, failed, pii, dropped; invalid: good, but too long in a column.',
      ['stream', 'kind'],
    ),
    bytes: counter('millrace_raw_bytes_total', 'Bytes of raw records processed.'),
    batches: histogram('millrace_batch_seconds', 'From read to commit of one batch.', batchBuckets),
    latency: histogram(
      'millrace_latency_seconds',
      'From arrival of a raw record in its stream to the commit of its events.',
      latencyBuckets,
    ),
    lag: gauge('millrace_lag_milliseconds', 'How far behind the tip of its shard the last commit was.', [
      'shard',
    ]),
    lastCommit: gauge('millrace_last_processed_timestamp_seconds', 'When the last batch was committed.'),
    leasesHeld: gauge('millrace_leases_held', 'Shards that this process works on.'),
    leasesTotal: gauge('millrace_leases_total', 'Rows of the lease table.'),
    leasesUnreadable: gauge(
      'millrace_leases_unreadable',
      'Rows of the lease table that cannot be read: nobody works on their shards.',
    ),
    leaseWrites: counter('millrace_lease_writes_total', 'Writes to the lease table by result.', ['result']),
    leaseChanges: counter('millrace_lease_changes_total', 'Leases taken, released, lost and asked for.', [
      'change',
    ]),
    piiTooLarge: counter(
      'millrace_pii_too_large_total',
      'Events about pseudonyms that were too large to write.',
    ),
    failedTooLarge: counter(
      'millrace_failed_too_large_total',
      'Failed events that were too large to write; there are only their bad rows.',
    ),
    shardFailures: counter('millrace_shard_failures_total', 'Times that the work on a shard failed.'),
    recoveries: counter(
      'millrace_recoveries_total',
      'Takes of leases that were not let go cleanly. skipped: events may have been written twice.',
      ['result'],
    ),
    divergent: counter(
      'millrace_divergent_events_total',
      'Events that were good in one run and bad in another; what the first run wrote stands.',
    ),
    unknownPuts: counter('millrace_unknown_puts_total', 'Requests of unknown fate, which were looked for.'),
    closedFences: counter(
      'millrace_closed_fences_total',
      'Times that output waited for a renewal of its lease.',
    ),
    failures: counter(
      'millrace_outside_failures_total',
      'Failed calls to the outside that are tried again.',
      ['what'],
    ),
    outages: gauge('millrace_iglu_outages', 'Schema registries that are down now.'),
    assetUpdates: counter('millrace_asset_updates_total', 'Newer files of enrichments that came into use.'),
    assetFailures: counter(
      'millrace_asset_failures_total',
      'Files of enrichments that were unreachable or refused when they were looked for again.',
      ['reason'],
    ),
    outdated: gauge('millrace_assets_outdated', 'Files of enrichments whose newest version is not in use.'),
    threads: counter('millrace_threads_restarted_total', 'Enrichment threads that were replaced.'),
    expired: counter(
      'millrace_records_expired_total',
      'Times that retention removed records before anybody had read them.',
    ),
    misrouted: counter(
      'millrace_records_misrouted_total',
      'Records of aggregates that were meant for another shard. They were worked on all the same.',
    ),
    duplicates: counter('millrace_duplicates_dropped_total', 'Records that a reader had read already.'),
    forgotten: counter('millrace_reader_keys_forgotten_total', 'Keys that a full memory of a reader let go.'),
    notices: counter('millrace_instance_notices_total', 'Notices that this machine is going away, or may.', [
      'notice',
    ]),
    lifecycleActions: counter(
      'millrace_lifecycle_actions_total',
      'Lifecycle actions that were completed for the Auto Scaling group, by result.',
      ['result'],
    ),
    draining: gauge('millrace_draining', '1 while this process drains.'),
    bugs: counter('millrace_bugs_total', 'Errors that nobody expected.'),
    requests: counter('millrace_collector_requests_total', 'Requests by what became of them.', ['result']),
    collected: counter('millrace_collector_records_total', 'Raw records that were made durable.'),
    requestTime: histogram(
      'millrace_collector_request_seconds',
      'From a request to its answer, when it was accepted.',
      batchBuckets,
    ),
    lost: counter('millrace_collector_unkept_total', 'Requests too large even for the bad stream.'),
    snowplowRaw: counter('snowplow_enrich_raw', 'Alias of millrace_records_total, kind raw.'),
    snowplowGood: counter('snowplow_enrich_good', 'Alias of millrace_records_total, kind good.'),
    snowplowBad: counter('snowplow_enrich_bad', 'Alias of millrace_records_total, kind bad.'),
    snowplowLatency: gauge(
      'snowplow_enrich_e2e_latency_millis',
      'Longest latency in the last batch, in milliseconds.',
    ),
    enrichments: new EnrichmentMetrics(registry),
    // Registries that are down and shards that are held, by name, so that their gauges cannot drift.
    down: new Set<string>(),
    failed: new Set<string>(),
    held: new Set<string>(),
    unreadable: new Set<string>(),
  }
}
