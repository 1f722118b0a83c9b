import { columnIndex } from '../columns.ts'
import type { Enrichment } from './enrichment.ts'
import { formatTimestamp, parseTimestamp } from './timestamps.ts'

export interface EventTimes {
  readonly true: string | null
  readonly sent: string | null
  readonly created: string | null
  readonly collector: string | null
}

/** When it happened, by the best clock there is: the collector's, less the time that the event waited on the device. */
export function derivedTimestamp({ true: known, sent, created, collector }: EventTimes): string | null {
  if (known !== null) return known
  if (sent === null || created === null || collector === null) return collector
  const waitedMs = parseTimestamp(sent) - parseTimestamp(created)
  return waitedMs > 0 ? formatTimestamp(parseTimestamp(collector) - waitedMs) : collector
}

/** Sets derived_tstamp. Always on. */
export const derivedTimestampStep: Enrichment = {
  name: 'derived-timestamp',
  schemaKey: null,
  step: 'derived-timestamp',
  enrich(event) {
    event.row[columnIndex.derived_tstamp] = derivedTimestamp({
      true: event.true_tstamp,
      sent: event.dvce_sent_tstamp,
      created: event.dvce_created_tstamp,
      collector: event.collector_tstamp,
    })
    return undefined
  },
}
