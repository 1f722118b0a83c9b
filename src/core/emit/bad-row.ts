import type { BadRow, EnrichmentFailure, FailureDetail, Json } from '../bad-row.ts'
import { columns, type ColumnName } from '../columns.ts'
import { inFourDigitYears } from '../enrich/timestamps.ts'
import type { CollectorPayload, EnrichedEvent, Parameter, RawEvent } from '../event.ts'
import { javaFloat } from './java-number.ts'
import { firstCharacters as cut } from './size.ts'

/*
 * Bad rows as Snowplow writes them. Source of every name and limit: iglu:com.snowplowanalytics.snowplow.badrows.
 * What we say about a failure is cut to the schemas' limits; what was sent is kept whole, for it may be repaired.
 */

const versions = {
  collector_payload_format_violation: '1-0-0',
  adapter_failures: '1-0-0',
  tracker_protocol_violations: '1-0-1',
  schema_violations: '2-0-1',
  enrichment_failures: '2-0-1',
  size_violation: '1-0-0',
  generic_error: '1-0-0',
} as const satisfies Record<BadRow['type'], string>

/** Who writes a bad row, and when. */
export interface BadRowAuthor {
  readonly processor: { readonly artifact: string; readonly version: string }
  /** ms since the epoch */
  readonly processedAt: number
}

/** One line of compact JSON. */
export function writeBadRow(row: BadRow, { processor, processedAt }: BadRowAuthor): string {
  const schema = `iglu:com.snowplowanalytics.snowplow.badrows/${row.type}/jsonschema/${versions[row.type]}`
  const failure = { timestamp: isoTime(processedAt), ...describeFailure(row) }
  return JSON.stringify({ schema, data: { processor, failure, payload: describePayload(row) } })
}

type JsonObject = { readonly [key: string]: Json }

function describeFailure(row: BadRow): JsonObject {
  switch (row.type) {
    case 'collector_payload_format_violation':
      return { loader: row.loader, message: describeLoaderMessage(row.message) }
    case 'adapter_failures':
    case 'tracker_protocol_violations': {
      const { vendor, version } = row.payload
      return {
        vendor: cut(vendor, 64),
        version: cut(version, 16),
        messages: row.messages.map(describeDetail),
      }
    }
    case 'schema_violations':
      return { messages: row.messages.map(describeDetail) }
    case 'enrichment_failures':
      return { messages: row.messages.map(describeEnrichmentFailure) }
    case 'size_violation': {
      const { maximumAllowedSizeBytes, actualSizeBytes, expectation } = row
      return { maximumAllowedSizeBytes, actualSizeBytes, expectation: cut(expectation, 256) }
    }
    case 'generic_error':
      return { errors: row.errors }
  }
}

type LoaderMessage = Extract<BadRow, { type: 'collector_payload_format_violation' }>['message']

function describeLoaderMessage(message: LoaderMessage): JsonObject {
  if ('error' in message) return { error: cut(message.error, 512) }
  const { payloadField, value, expectation } = message
  return { payloadField: cut(payloadField, 64), value, expectation: cut(expectation, 256) }
}

function describeDetail(detail: FailureDetail): JsonObject {
  switch (detail.type) {
    case 'InputData':
      return {
        field: cut(detail.field, 64),
        value: detail.value,
        expectation: cut(detail.expectation, 256),
      }
    case 'NotJson':
      return { field: cut(detail.field, 64), value: detail.value, error: cut(detail.error, 512) }
    case 'NotIglu':
      return { json: detail.json, error: detail.error }
    case 'CriterionMismatch':
      return { schemaKey: detail.schemaKey, schemaCriterion: detail.schemaCriterion }
    case 'IgluError':
      return { schemaKey: detail.schemaKey, error: detail.error }
    case 'SchemaMapping': {
      const actual = detail.actual === null ? null : cut(detail.actual, 256)
      return { actual, expectedMapping: detail.expectedMapping, expectation: cut(detail.expectation, 256) }
    }
  }
}

function describeEnrichmentFailure({ enrichment, message }: EnrichmentFailure): JsonObject {
  return {
    enrichment: enrichment && { ...enrichment, identifier: cut(enrichment.identifier, 256) },
    message: message.type === 'Simple' ? { error: cut(message.error, 512) } : describeDetail(message),
  }
}

function describePayload(row: BadRow): Json {
  switch (row.type) {
    case 'collector_payload_format_violation':
    case 'generic_error':
      return Buffer.from(row.payload).toString('base64')
    case 'adapter_failures':
    case 'tracker_protocol_violations':
      return describeCollectorPayload(row.payload)
    case 'schema_violations':
    case 'enrichment_failures':
      return { enriched: describeEnriched(row.event), raw: describeRaw(row.raw) }
    case 'size_violation':
      return row.payload
  }
}

function describeCollectorPayload(payload: CollectorPayload): JsonObject {
  return {
    vendor: payload.vendor,
    version: payload.version,
    querystring: payload.querystring.map(describeParameter),
    contentType: payload.contentType,
    body: payload.body,
    collector: payload.collector,
    ...describeRequest(payload),
    networkUserId: payload.networkUserId,
  }
}

function describeRaw({ payload, parameters }: RawEvent): JsonObject {
  return {
    vendor: payload.vendor,
    version: payload.version,
    parameters: Array.from(parameters, describeParameter),
    contentType: payload.contentType,
    loaderName: payload.collector,
    ...describeRequest(payload),
    userId: payload.networkUserId,
  }
}

function describeRequest(payload: CollectorPayload): JsonObject {
  return {
    encoding: payload.encoding,
    hostname: payload.hostname,
    timestamp: payload.timestamp === null ? null : isoTime(payload.timestamp),
    ipAddress: payload.ipAddress,
    useragent: payload.useragent,
    refererUri: payload.refererUri,
    headers: payload.headers,
  }
}

function describeParameter([name, value]: Parameter): JsonObject {
  return { name, value }
}

/** Every column, as far as they were filled when the event failed. */
function describeEnriched(event: EnrichedEvent): JsonObject {
  return Object.fromEntries(columns.map(([name, type]) => [name, describeColumn(event[name], name, type)]))
}

function describeColumn(value: string | number | null, name: ColumnName, type: string): Json {
  if (value === null) return null
  // The schema has this one number as a text.
  if (name === 'txn_id') return String(value)
  return type === 'float' ? Number(javaFloat(Number(value))) : value
}

/** Null where the schemas' `date-time` has no text: the collector's timestamp is 64 bits of anything. */
function isoTime(ms: number): string | null {
  return inFourDigitYears(ms) ? new Date(ms).toISOString() : null
}
