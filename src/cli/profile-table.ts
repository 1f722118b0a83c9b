import type { EnrichmentCost } from '../observe/index.ts'
import { showCount, table } from './table.ts'

/** Where the time went: `elapsedMs` from the first record to the last, the dearest enrichment first. */
export function profileTable(costs: readonly EnrichmentCost[], elapsedMs: number): string[] {
  const enriching = costs.reduce((sum, { ms }) => sum + ms, 0)
  const events = Math.max(0, ...costs.map(cost => cost.events))
  const row = (name: string, ms: number, failures = '', lookups = '') => [
    name,
    `${ms.toFixed(1)} ms`,
    `${Math.round((ms / Math.max(elapsedMs, ms, 0.001)) * 100)} %`,
    events === 0 ? '' : `${((ms * 1000) / events).toFixed(1)} µs`,
    failures,
    lookups,
  ]
  return table(
    [
      ['', 'time', 'share', 'per event', 'failures', 'asked outside'],
      ...costs
        .toSorted((a, b) => b.ms - a.ms)
        .map(cost => row(cost.name, cost.ms, showCount(cost.failures), showLookups(cost))),
      row('everything else', Math.max(0, elapsedMs - enriching)),
    ],
    [1, 2, 3, 4],
  )
}

function showLookups({ lookups }: EnrichmentCost): string {
  if (lookups === undefined) return ''
  const { asked, cached, calls, failed } = lookups
  return `${showCount(asked)}: ${showCount(cached)} cached, ${showCount(calls)} calls, ${showCount(failed)} failed`
}
