import type { EnrichmentStatus } from '../observe/index.ts'
import { printable, showCount, table } from './table.ts'

/** What each enrichment costs, and how those that ask the outside fare. */
export function renderCosts(enrichments: readonly EnrichmentStatus[]): string[] {
  if (enrichments.length === 0) return []
  const rows = enrichments.map(({ name, events, ms, failures, lookups, openCircuits }) => [
    printable(name, 40),
    showCount(events),
    events === 0 ? '–' : showShort(ms / events),
    showCount(failures),
    ...(lookups === undefined
      ? ['', '', '', '', '']
      : [
          showCount(lookups.calls),
          share(lookups.cached, lookups.asked),
          lookups.calls === 0 ? '–' : showShort(lookups.callMs / lookups.calls),
          showCount(lookups.failed + lookups.refused),
          openCircuits > 0 ? `open (${openCircuits})` : 'closed',
        ]),
  ])
  const head = [
    'ENRICHMENT',
    'EVENTS',
    'EACH',
    'FAILED',
    'CALLS',
    'CACHED',
    'A CALL',
    'UNANSWERED',
    'CIRCUIT',
  ]
  return table([head, ...rows], [1, 2, 3, 4, 5, 6, 7])
}

function showShort(ms: number): string {
  return ms < 1 ? `${(ms * 1000).toFixed(1)} µs` : `${ms.toFixed(1)} ms`
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`
}
