import type { CollectorPayload, EnrichedEvent, RawEvent } from './event.ts'

/*
 * Why an event or a payload failed, as values. `emit/bad-row.ts` writes them as Snowplow's bad-row JSON.
 * Source of every shape: iglu:com.snowplowanalytics.snowplow.badrows.
 */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export type SelfDescribingError =
  'INVALID_IGLUURI' | 'INVALID_SCHEMAVER' | 'INVALID_DATA_PAYLOAD' | 'INVALID_SCHEMA'

/** What an adapter or the validation found wrong. The names are Snowplow's. */
export type FailureDetail =
  | {
      readonly type: 'InputData'
      readonly field: string
      readonly value: string | null
      readonly expectation: string
    }
  | {
      readonly type: 'NotJson'
      readonly field: string
      readonly value: string | null
      readonly error: string
    }
  | { readonly type: 'NotIglu'; readonly json: Json; readonly error: SelfDescribingError }
  | { readonly type: 'CriterionMismatch'; readonly schemaKey: string; readonly schemaCriterion: string }
  /** `error` is the Iglu client's error object: ResolutionError or ValidationError. */
  | { readonly type: 'IgluError'; readonly schemaKey: string; readonly error: Json }
  | {
      readonly type: 'SchemaMapping'
      readonly actual: string | null
      readonly expectedMapping: Readonly<Record<string, string>>
      readonly expectation: string
    }

/** Which enrichment of those that somebody has configured. */
export interface EnrichmentInformation {
  readonly schemaKey: string
  readonly identifier: string
}

/** What went wrong in one enrichment; `enrichment` is null for the steps that are always on. */
export interface EnrichmentFailure {
  readonly enrichment: EnrichmentInformation | null
  readonly message:
    | { readonly type: 'Simple'; readonly error: string }
    | Extract<FailureDetail, { type: 'InputData' | 'IgluError' }>
}

/** One failure record: which kind, why, and the payload as far as it had come. */
export type BadRow =
  | {
      readonly type: 'collector_payload_format_violation'
      readonly loader: string
      readonly message:
        | { readonly payloadField: string; readonly value: string | null; readonly expectation: string }
        | { readonly error: string }
      readonly payload: Uint8Array
    }
  | {
      readonly type: 'adapter_failures' | 'tracker_protocol_violations'
      readonly messages: readonly FailureDetail[]
      readonly payload: CollectorPayload
    }
  | {
      readonly type: 'schema_violations'
      readonly messages: readonly FailureDetail[]
      readonly event: EnrichedEvent
      readonly raw: RawEvent
    }
  | {
      readonly type: 'enrichment_failures'
      readonly messages: readonly EnrichmentFailure[]
      readonly event: EnrichedEvent
      readonly raw: RawEvent
    }
  | {
      readonly type: 'size_violation'
      readonly maximumAllowedSizeBytes: number
      readonly actualSizeBytes: number
      readonly expectation: string
      readonly payload: string
    }
  | { readonly type: 'generic_error'; readonly errors: readonly string[]; readonly payload: Uint8Array }

/**
 * Something that went wrong, as an event tells it of itself.
 * Source: iglu:com.snowplowanalytics.snowplow/failure/jsonschema/1-0-0; each error has a `message` and a `source`.
 */
export interface Failure {
  readonly failureType: string
  readonly errors: readonly { readonly [key: string]: Json }[]
  /** Of the data, where they name one. */
  readonly schema: string | null
  /** What was sent. */
  readonly data: { readonly [key: string]: Json } | null
}

/** What is left of a bad event without that which is wrong with it. */
export interface FailedEvent {
  readonly event: EnrichedEvent
  readonly failures: readonly Failure[]
}

/** What became of one event, or of a payload that never became events. */
export type Outcome =
  /** `invalid`: a column is too long, and that was accepted. */
  | { readonly kind: 'good'; readonly event: EnrichedEvent; readonly invalid?: true }
  /** `failed`: where failed events are asked for and there is one. */
  | { readonly kind: 'bad'; readonly row: BadRow; readonly failed?: FailedEvent }
  /** A script decided that there shall be nothing of it. */
  | { readonly kind: 'dropped' }
