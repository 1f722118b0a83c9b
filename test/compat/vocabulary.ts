import {
  columns,
  EnrichedEvent,
  type BadRow,
  type DerivedContext,
  type EnrichmentFailure,
  type FailureDetail,
  type RawEvent,
} from '../../src/core/index.ts'
import { isFields, type Fields } from './corpus.ts'
import { describeFailure, readPayload } from './functions/adapt.ts'

/* From the words of the corpus to our values, and back. */

const names: ReadonlySet<string> = new Set(columns.map(([name]) => name))

/** An event with the columns that the corpus says were set. */
export function readEvent(value: unknown): EnrichedEvent {
  const event = new EnrichedEvent()
  for (const [name, sent] of Object.entries(isFields(value) ? value : {})) {
    if (names.has(name)) Object.assign(event, { [name]: sent })
  }
  return event
}

export function describeEvent(event: EnrichedEvent): Fields {
  const values = columns.map(([name]) => [name, event[name]])
  return { _type: 'EnrichedEvent', ...Object.fromEntries(values) }
}

export function readRawEvent(value: unknown): RawEvent {
  const raw = isFields(value) ? value : {}
  const parameters = isFields(raw['parameters']) ? raw['parameters'] : {}
  return {
    payload: readPayload({ ...raw, querystring: [] }),
    parameters: new Map(Object.entries(parameters) as [string, string | null][]),
  }
}

export function readContexts(value: unknown): DerivedContext[] {
  const contexts = Array.isArray(value) ? value : []
  return contexts.map(({ schema, data }: DerivedContext) => ({ schema, data }))
}

const rowTypes = {
  collector_payload_format_violation: 'CPFormatViolation',
  adapter_failures: 'AdapterFailures',
  tracker_protocol_violations: 'TrackerProtocolViolations',
  schema_violations: 'SchemaViolations',
  enrichment_failures: 'EnrichmentFailures',
  size_violation: 'SizeViolation',
  generic_error: 'GenericError',
} as const

/** Processor, failure and payload in this order: the corpus counts them. */
export function describeRow(row: BadRow, processor: unknown): Fields {
  const type = rowTypes[row.type]
  const messages = 'messages' in row ? row.messages.map(describeMessage) : []
  return { _type: type, processor, failure: { _type: type, messages }, payload: {} }
}

function describeMessage(message: FailureDetail | EnrichmentFailure): Fields {
  if (!('enrichment' in message)) return describeFailure(message)
  const { enrichment } = message
  const detail = message.message
  const described =
    detail.type === 'Simple' ? { _type: 'Simple', error: detail.error } : describeFailure(detail)
  return { _type: 'EnrichmentFailure', enrichment, message: described }
}
