import type { EnrichmentCost } from '../observe/index.ts'
import { showCount, table } from './table.ts'

/**
 * Where the time went: `elapsedMs` from the first record to the last, the dearest enrichment first. Events that wait for
 * the outside do so at once: the times of their waits may be more than all the time there was.
 */
export function profileTable(costs: readonly EnrichmentCost[], elapsedMs: number): string[] {
  const enriching = costs.reduce((sum, { ms }) => sum + ms, 0)
  const events = Math.max(0, ...costs.map(cost => cost.events))
  const whole = Math.max(elapsedMs, enriching, 0.001)
  const row = (name: string, ms: number, failures = '', lookups = '') => [
    name,
    `${ms.toFixed(1)} ms`,
    `${Math.round((ms / whole) * 100)} %`,
    events === 0 ? '' : `${((ms * 1000) / events).toFixed(1)} µs`,
    failures,
    lookups,
  ]
  const lines = table(
    [
      ['', 'time', 'share', 'per event', 'failures', 'asked outside'],
      ...costs
        .toSorted((a, b) => b.ms - a.ms)
        .map(cost => row(cost.name, cost.ms, showCount(cost.failures), showLookups(cost))),
      row('everything else', Math.max(0, elapsedMs - enriching)),
    ],
    [1, 2, 3, 4],
  )
  if (enriching <= elapsedMs) return lines
  return [...lines, `It took ${elapsedMs.toFixed(1)} ms: events waited at once, and each wait is counted.`]
}

function showLookups({ lookups }: EnrichmentCost): string {
  if (lookups === undefined) return ''
  const { asked, cached, calls, failed } = lookups
  return `${showCount(asked)}: ${showCount(cached)} cached, ${showCount(calls)} calls, ${showCount(failed)} failed`
}
