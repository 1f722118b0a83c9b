import type { Metrics } from './metrics.ts'

/** A number for those who are told numbers, as StatsD is. */
export interface Sample {
  /** Without a prefix. */
  readonly name: string
  /** `counter`: since the last report. */
  readonly kind: 'counter' | 'gauge'
  readonly value: number
}

/** What a process does, and so what it reports. */
export const reporters = ['worker', 'collector'] as const
export type Reporter = (typeof reporters)[number]

/** Sums of what is on `/metrics`. The names are those of Snowplow's Enrich and Collector, where they have one. */
interface Reported {
  readonly name: string
  readonly metric: string
  readonly of?: (labels: Labels) => boolean
  /** Also told before there was any. */
  readonly always: boolean
}

type Labels = Readonly<Record<string, string | number | undefined>>

const records = (name: string, kind = name): Reported => ({
  name,
  metric: 'millrace_records_total',
  of: labels => labels['kind'] === kind,
  always: true,
})

/** Where no remote adapter is configured nothing is told of any. */
const remote = (name: string, ...results: readonly string[]): Reported => ({
  name,
  metric: 'millrace_lookups_total',
  of: ({ enrichment, result }) =>
    String(enrichment).startsWith('remote_adapter ') && results.includes(String(result)),
  always: false,
})

const reported: Readonly<Record<Reporter, readonly Reported[]>> = {
  worker: [
    records('raw'),
    records('good'),
    records('bad'),
    records('failed'),
    records('dropped'),
    records('invalid_enriched', 'invalid'),
    remote('remote_adapters_success', 'answered'),
    remote('remote_adapters_failure', 'failed', 'refused'),
  ],
  collector: [
    { name: 'requests_count', metric: 'millrace_collector_requests_total', always: true },
    {
      name: 'requests_accepted',
      metric: 'millrace_collector_requests_total',
      of: labels => labels['result'] === 'accepted',
      always: true,
    },
    { name: 'records_count', metric: 'millrace_collector_records_total', always: true },
  ],
}

/** Counters since the start, by name. */
export async function totalsOf(reporter: Reporter, metrics: Metrics): Promise<Map<string, number>> {
  const totals = new Map<string, number>()
  for (const { name, metric, of = () => true, always } of reported[reporter]) {
    const series = await metrics.series(metric)
    const counted = series.filter(({ labels }) => of(labels))
    if (!always && counted.length === 0) continue
    totals.set(
      name,
      counted.reduce((sum, { value }) => sum + value, 0),
    )
  }
  return totals
}

/** Longest from arrival to commit in the last batch, in milliseconds. */
export async function lastLatencyMs(metrics: Metrics): Promise<number> {
  const [latest] = await metrics.series('snowplow_enrich_e2e_latency_millis')
  return latest?.value ?? 0
}
