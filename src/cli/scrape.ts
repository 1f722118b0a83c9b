import { chunksWithin } from '../lib/index.ts'
import type { EnrichmentStatus } from '../observe/index.ts'

/** Longest that a look at one worker's metrics may take. */
const scrapeMs = 1000
const maxBytes = 4 * 1024 * 1024

/** What the enrichments of the worker behind this address cost; undefined where nobody answers. */
export async function scrapeCosts(url: string): Promise<EnrichmentStatus[] | undefined> {
  try {
    const response = await fetch(new URL('/metrics', url), { signal: AbortSignal.timeout(scrapeMs) })
    if (!response.ok) return undefined
    const chunks = await chunksWithin(response, maxBytes)
    return chunks && parseCosts(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

const sample = /^(millrace_\w+)\{enrichment="([^"]*)"(?:,result="(\w+)")?\} (\S+)$/

/** Of Prometheus' text format. */
export function parseCosts(metrics: string): EnrichmentStatus[] {
  const found = new Map<string, Map<string, number>>()
  for (const line of metrics.split('\n')) {
    const [, metric, name, result, value] = sample.exec(line) ?? []
    if (metric === undefined || name === undefined) continue
    const values = found.get(name) ?? new Map<string, number>()
    values.set(result === undefined ? metric : `${metric} ${result}`, Number(value))
    found.set(name, values)
  }
  return Array.from(found, ([name, values]) => statusOf(name, values)).sort((a, b) => b.ms - a.ms)
}

function statusOf(name: string, values: ReadonlyMap<string, number>): EnrichmentStatus {
  const of = (metric: string) => values.get(metric) ?? 0
  const result = (kind: string) => of(`millrace_lookups_total ${kind}`)
  const failed = result('failed')
  const refused = result('refused')
  const calls = result('answered') + failed
  const asksOutside = values.has('millrace_lookup_seconds_total')
  return {
    name,
    events: of('millrace_enrichment_events_total'),
    ms: of('millrace_enrichment_seconds_total') * 1000,
    failures: of('millrace_enrichment_failures_total'),
    openCircuits: of('millrace_circuits_open'),
    ...(asksOutside && {
      lookups: {
        asked: result('cached') + result('shared') + calls + refused,
        cached: result('cached'),
        calls,
        failed,
        refused,
        callMs: of('millrace_lookup_seconds_total') * 1000,
      },
    }),
  }
}

/** One table for many workers. */
export function mergeCosts(workers: readonly (readonly EnrichmentStatus[])[]): EnrichmentStatus[] {
  const merged = new Map<string, EnrichmentStatus>()
  for (const one of workers.flat()) {
    const other = merged.get(one.name)
    merged.set(one.name, other === undefined ? one : sumOf(other, one))
  }
  return [...merged.values()].sort((a, b) => b.ms - a.ms)
}

function sumOf(a: EnrichmentStatus, b: EnrichmentStatus): EnrichmentStatus {
  const lookups = { asked: 0, cached: 0, calls: 0, failed: 0, refused: 0, callMs: 0 }
  for (const one of [a.lookups, b.lookups]) {
    lookups.asked += one?.asked ?? 0
    lookups.cached += one?.cached ?? 0
    lookups.calls += one?.calls ?? 0
    lookups.failed += one?.failed ?? 0
    lookups.refused += one?.refused ?? 0
    lookups.callMs += one?.callMs ?? 0
  }
  return {
    name: a.name,
    events: a.events + b.events,
    ms: a.ms + b.ms,
    failures: a.failures + b.failures,
    openCircuits: a.openCircuits + b.openCircuits,
    ...((a.lookups ?? b.lookups) !== undefined && { lookups }),
  }
}
