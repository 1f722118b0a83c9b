import type { EnrichmentFailure, Failure, FailureDetail, Json } from '../bad-row.ts'
import { columnIndex } from '../columns.ts'
import { atomicSchema } from '../enrich/atomic-violation.ts'
import type { LengthLimit } from '../enrich/lengths.ts'
import type { ConversionError } from '../enrich/setup.ts'
import type { EnrichedEvent } from '../event.ts'

/*
 * Failures as failed events tell them. Snowplow's documentation shows a few of them; where it is silent, the names are
 * those of the bad rows.
 */

/** What could not become the value of a column, all in one failure. */
export function describeConversions(errors: readonly ConversionError[]): Failure {
  return {
    failureType: 'ValidationError',
    errors: errors.map(({ field, expectation }) => ({
      message: expectation,
      source: 'atomic_field',
      path: field,
    })),
    schema: atomicSchema,
    data: Object.fromEntries(errors.map(({ field, value }) => [field, value])),
  }
}

/** What does not fit its column, all in one failure. */
export function describeLengths({ row }: EnrichedEvent, tooLong: readonly LengthLimit[]): Failure {
  return {
    failureType: 'ValidationError',
    errors: tooLong.map(({ column, limit }) => ({
      message: `Field is longer than maximum allowed size ${limit}`,
      source: 'atomic_field',
      path: column,
      keyword: 'maxLength',
      targets: [String(limit)],
    })),
    schema: atomicSchema,
    data: Object.fromEntries(tooLong.map(({ column }) => [column, row[columnIndex[column]] ?? null])),
  }
}

export type FailureSource = 'contexts' | 'unstruct' | 'derived_contexts'

/** A JSON that is not as it should be. `json` is what to show of it; null: nothing. */
export function describeJson(source: FailureSource, detail: FailureDetail, json: Json): Failure {
  switch (detail.type) {
    case 'IgluError':
      return {
        failureType: errorOf(detail),
        errors: messagesOf(detail).map(message => ({ ...message, source })),
        schema: detail.schemaKey,
        data: asData(membersOf(json)['data'] ?? null, 'data'),
      }
    case 'CriterionMismatch': {
      const message = `${detail.schemaKey} is not ${detail.schemaCriterion}`
      return { ...simple('CriterionMismatch', message, source), data: asData(json, source) }
    }
    case 'NotIglu':
      return { ...simple('NotIglu', detail.error, source), data: asData(json, source) }
    case 'NotJson':
      return { ...simple('NotJSON', detail.error, source), data: asData(json, source) }
    case 'InputData':
    case 'SchemaMapping':
      return { ...simple('ValidationError', detail.expectation, source), data: asData(json, source) }
  }
}

/** What an enrichment could not do. `showInput`: whether what it worked with may be told. */
export function describeEnrichment({ enrichment, message }: EnrichmentFailure, showInput: boolean): Failure {
  const source = enrichment?.identifier ?? 'enrich'
  const schema = enrichment?.schemaKey ?? null
  switch (message.type) {
    case 'Simple':
      return { ...simple('EnrichmentError', message.error, source), schema }
    case 'InputData': {
      const { field, value, expectation } = message
      const errors = [{ message: expectation, source, path: field }]
      return { failureType: 'EnrichmentError', errors, schema, data: showInput ? { [field]: value } : null }
    }
    case 'IgluError': {
      const errors = messagesOf(message).map(error => ({ ...error, source }))
      return { failureType: errorOf(message), errors, schema: message.schemaKey, data: null }
    }
  }
}

function simple(failureType: string, message: string, source: string): Failure {
  return { failureType, errors: [{ message, source }], schema: null, data: null }
}

type IgluErrorDetail = Extract<FailureDetail, { type: 'IgluError' }>

function errorOf({ error }: IgluErrorDetail): string {
  const { error: name } = membersOf(error)
  return typeof name === 'string' ? name : 'IgluError'
}

/** Not the history of a lookup, which is never the same twice. */
function messagesOf({ schemaKey, error }: IgluErrorDetail): readonly JsonObject[] {
  const { dataReports, schemaIssues } = membersOf(error)
  if (Array.isArray(dataReports)) return dataReports.map(membersOf)
  if (Array.isArray(schemaIssues)) return schemaIssues.map(membersOf)
  return [{ message: `Resolution error: schema ${schemaKey} not found` }]
}

/** An object, as the schema of failures asks for it. */
function asData(json: Json, name: string): JsonObject | null {
  if (json === null) return null
  return isObject(json) ? json : { [name]: json }
}

type JsonObject = { readonly [key: string]: Json }

function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function membersOf(json: unknown): JsonObject {
  return isObject(json) ? json : {}
}
