import type { EnrichmentFailure } from '../bad-row.ts'
import type { DerivedContext, EnrichedEvent } from '../event.ts'
import { collectorVersion } from './collector-version.ts'
import {
  steps,
  type Enrichment,
  type EnrichmentContext,
  type EnrichmentInput,
  type EnrichmentResult,
} from './enrichment.ts'
import { eventSchema } from './event-schema.ts'
import { derivedTimestampStep } from './event-time.ts'
import type { Uri } from './java-uri.ts'
import { crossDomain, pageQuerystring, pageUri, refererUri } from './page.ts'

/** What the enrichments found so far. With one failure or more, the event is bad. */
export interface Enriched extends EnrichmentContext {
  /** Newest step first. */
  readonly failures: readonly EnrichmentFailure[]
}

const alwaysOn: readonly Enrichment[] = [
  collectorVersion,
  pageUri,
  derivedTimestampStep,
  refererUri,
  pageQuerystring,
  crossDomain,
  eventSchema,
]

const place = new Map(steps.map((step, index) => [step, index]))
const placeOf = ({ step }: Enrichment): number => place.get(step) ?? steps.length
const firstToConceal = steps.indexOf('anon-ip')

/**
 * All enrichments of a pipeline in their order, with those that are always on. One event goes through `enrich`; when
 * nothing failed and the derived contexts have been validated, `conceal` hides what must not leave. Both stay
 * synchronous until an enrichment is not.
 */
export class Enrichments {
  readonly #enriching: readonly Enrichment[]
  readonly #concealing: readonly Enrichment[]

  constructor(configured: readonly Enrichment[]) {
    const all = [...alwaysOn, ...configured].sort((a, b) => placeOf(a) - placeOf(b))
    this.#enriching = all.filter(one => placeOf(one) < firstToConceal)
    this.#concealing = all.filter(one => placeOf(one) >= firstToConceal)
  }

  /** Runs every step, also after one that failed. */
  enrich(event: EnrichedEvent, input: EnrichmentInput): Enriched | Promise<Enriched> {
    return run(this.#enriching, event, new Run(input))
  }

  /** IP anonymisation and pseudonyms. `enriched` is what `enrich` gave. */
  conceal(event: EnrichedEvent, enriched: Enriched): Enriched | Promise<Enriched> {
    if (this.#concealing.length === 0) return enriched
    return run(this.#concealing, event, new Run(enriched, enriched))
  }
}

function run(list: readonly Enrichment[], event: EnrichedEvent, state: Run, from = 0): Run | Promise<Run> {
  for (let at = from; at < list.length; at++) {
    const result = list[at]?.enrich(event, state)
    if (result instanceof Promise) return runOn(list, event, state, { pending: result, next: at + 1 })
    if (result !== undefined) state.add(result)
  }
  return state
}

interface Pause {
  readonly pending: Promise<EnrichmentResult>
  readonly next: number
}

async function runOn(
  list: readonly Enrichment[],
  event: EnrichedEvent,
  state: Run,
  pause: Pause,
): Promise<Run> {
  const result = await pause.pending
  if (result !== undefined) state.add(result)
  return run(list, event, state, pause.next)
}

const noParameters: ReadonlyMap<string, string> = new Map()

class Run implements Enriched {
  readonly raw: EnrichmentInput['raw']
  readonly unstructSchema: EnrichmentInput['unstructSchema']
  pageUri: Uri | null
  refererUri: Uri | null
  querystring: ReadonlyMap<string, string>
  failures: readonly EnrichmentFailure[]
  derivedContexts: readonly DerivedContext[]

  constructor(input: EnrichmentInput, before?: Enriched) {
    this.raw = input.raw
    this.unstructSchema = input.unstructSchema
    this.pageUri = before?.pageUri ?? null
    this.refererUri = before?.refererUri ?? null
    this.querystring = before?.querystring ?? noParameters
    this.failures = before?.failures ?? []
    this.derivedContexts = before?.derivedContexts ?? []
  }

  /** Newest first, in both lists. */
  add(result: Exclude<EnrichmentResult, undefined>): void {
    if ('failures' in result) this.failures = [...result.failures, ...this.failures]
    else if (result.length > 0) this.derivedContexts = [...result, ...this.derivedContexts]
  }
}
