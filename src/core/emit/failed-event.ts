import type { FailedEvent } from '../bad-row.ts'
import { columnIndex } from '../columns.ts'
import { withMoreContexts } from '../enrich/derived-contexts.ts'
import { formatTimestamp, isoOf } from '../enrich/timestamps.ts'
import type { EnrichedEvent } from '../event.ts'
import type { BadRowAuthor } from './bad-row.ts'

const failureSchema = 'iglu:com.snowplowanalytics.snowplow/failure/jsonschema/1-0-0'

/** What is left of a bad event, with a context for each failure behind its own derived ones. */
export function failedEvent(
  { event, failures }: FailedEvent,
  { processor, processedAt }: BadRowAuthor,
): EnrichedEvent {
  const told = event.copy()
  const author = {
    timestamp: isoOf(formatTimestamp(processedAt)),
    componentName: processor.artifact,
    componentVersion: processor.version,
  }
  const contexts = failures.map(failure => ({ schema: failureSchema, data: { ...failure, ...author } }))
  const slot = columnIndex.derived_contexts
  told.row[slot] = withMoreContexts(told.derived_contexts, contexts)
  return told
}
