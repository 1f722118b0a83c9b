import type { SchemaKey } from '../../iglu/index.ts'
import type { EnrichmentFailure } from '../bad-row.ts'
import type { DerivedContext, EnrichedEvent, RawEvent } from '../event.ts'
import type { Uri } from './java-uri.ts'

/**
 * The places of the enrichments, first to last. Snowplow's order, but for the weather, which runs after the IP lookups,
 * whose coordinates it needs, and the referers, which need the page's querystring.
 */
export const steps = [
  'collector-version',
  'page-uri',
  'derived-timestamp',
  'iab',
  'user-agent-utils',
  'ua-parser',
  'currency',
  'referer-uri',
  'page-querystring',
  'referer-parser',
  'campaign-attribution',
  'cross-domain',
  'event-fingerprint',
  'cookie-extractor',
  'http-header-extractor',
  'yauaa',
  'event-schema',
  'ip-lookups',
  'asn-lookups',
  'bot-detection',
  'weather',
  'javascript',
  'sql-query',
  'api-request',
  'event-specification',
  'identity',
  'anon-ip',
  'pii',
] as const
export type Step = (typeof steps)[number]

// Prices and addresses, and what needs to know of those.
const lateOfOld: ReadonlySet<Step> = new Set([
  'currency',
  'ip-lookups',
  'asn-lookups',
  'bot-detection',
  'weather',
])

/** The order that `legacyEnrichmentOrder` of Enrich 3.x keeps: scripts see no converted prices and no places. */
export const legacySteps: readonly Step[] = steps.flatMap(step => {
  if (step === 'javascript') return [step, ...lateOfOld]
  return lateOfOld.has(step) ? [] : [step]
})

/** What an event brings to its enrichments beside its columns. */
export interface EnrichmentInput {
  readonly raw: RawEvent
  /** The schema of the validated unstruct event; null when there is none. */
  readonly unstructSchema: SchemaKey | null
}

/** What an enrichment may see beside the event's columns. */
export interface EnrichmentContext extends EnrichmentInput {
  /** The page's address; null before the step `page-uri` and where there is none. */
  pageUri: Uri | null
  /** The referrer's address; null before the step `referer-uri` and where there is none. */
  refererUri: Uri | null
  /** Parameters of the page's querystring; empty before the step `page-querystring`. */
  querystring: ReadonlyMap<string, string>
  /** What the steps before have attached, newest first. */
  readonly derivedContexts: readonly DerivedContext[]
}

/** Nothing to attach, contexts to attach, or failures. A failure never keeps the later steps from running. */
export type EnrichmentResult =
  undefined | readonly DerivedContext[] | EnrichmentFailed | EnrichmentReplaced | EnrichmentDropped

/** Contexts in place of all that the steps before have attached. */
export interface EnrichmentReplaced {
  readonly replaced: readonly DerivedContext[]
}

/** There shall be nothing of this event: no step comes after this one. */
export interface EnrichmentDropped {
  readonly dropped: true
}

export interface EnrichmentFailed {
  readonly failures: readonly EnrichmentFailure[]
}

/** One thing that is done to every event. It sets columns, and gives the contexts to attach. */
export interface Enrichment {
  readonly name: string
  /** `iglu:` URI of its configuration; null for the steps that are always on. */
  readonly schemaKey: string | null
  readonly step: Step
  readonly enrich: Enrich
}

/** Throws or rejects only with a MillraceError (something outside failed, try the event again) or for a bug. */
export type Enrich = (
  event: EnrichedEvent,
  context: EnrichmentContext,
) => EnrichmentResult | Promise<EnrichmentResult>

/** A failure of a step that is always on, or of data that every step may judge. */
export function inputDataFailure(field: string, value: string | null, expectation: string): EnrichmentFailed {
  return { failures: [{ enrichment: null, message: { type: 'InputData', field, value, expectation } }] }
}

export function simpleFailure(error: string): EnrichmentFailed {
  return { failures: [{ enrichment: null, message: { type: 'Simple', error } }] }
}
