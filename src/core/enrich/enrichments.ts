import type { EnrichmentFailure } from '../bad-row.ts'
import type { DerivedContext, EnrichedEvent } from '../event.ts'
import { collectorVersion } from './collector-version.ts'
import {
  legacySteps,
  steps,
  type Enrichment,
  type EnrichmentContext,
  type EnrichmentInput,
  type EnrichmentResult,
  type Step,
} from './enrichment.ts'
import { eventSchema } from './event-schema.ts'
import { derivedTimestampStep } from './event-time.ts'
import type { Uri } from './java-uri.ts'
import { crossDomain, pageQuerystring, pageUri, refererUri } from './page.ts'
import type { Profiler } from './profiler.ts'

/** What the enrichments found so far. With one failure or more, the event is bad. */
export interface Enriched extends EnrichmentContext {
  /** Newest step first. */
  readonly failures: readonly EnrichmentFailure[]
  /** Whether there shall be nothing of the event, whatever failed. */
  readonly dropped: boolean
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

export interface EnrichmentsOptions {
  /** Absent: nothing is measured. */
  readonly profiler?: Profiler | undefined
  /** Snowplow's `legacyEnrichmentOrder`. */
  readonly legacyOrder?: boolean | undefined
}

/**
 * All enrichments of a pipeline in their order, with those that are always on. One event goes through `enrich`; when
 * nothing failed and the derived contexts have been validated, `conceal` hides what must not leave. Both stay
 * synchronous until an enrichment is not.
 */
export class Enrichments {
  readonly #enriching: readonly Enrichment[]
  readonly #concealing: readonly Enrichment[]
  readonly #profiler: Profiler | undefined

  constructor(configured: readonly Enrichment[], { profiler, legacyOrder = false }: EnrichmentsOptions = {}) {
    this.#profiler = profiler
    const place = new Map((legacyOrder ? legacySteps : steps).map((step, index) => [step, index]))
    const placeOf = (step: Step): number => place.get(step) ?? steps.length
    const all = [...alwaysOn, ...configured].sort((a, b) => placeOf(a.step) - placeOf(b.step))
    const firstToConceal = placeOf('anon-ip')
    this.#enriching = all.filter(({ step }) => placeOf(step) < firstToConceal)
    this.#concealing = all.filter(({ step }) => placeOf(step) >= firstToConceal)
  }

  /** Of those that somebody has configured, in their order. */
  get names(): readonly string[] {
    return [...this.#enriching, ...this.#concealing].flatMap(one =>
      one.schemaKey === null ? [] : [one.name],
    )
  }

  /** Whether `conceal` puts pseudonyms in place of personal data. */
  get pseudonymizes(): boolean {
    return this.#concealing.some(({ step }) => step === 'pii')
  }

  /** Runs every step, also after one that failed. */
  enrich(event: EnrichedEvent, input: EnrichmentInput): Enriched | Promise<Enriched> {
    const timed = this.#profiler?.next() === true
    return run(this.#enriching, event, new Run(input, { profiler: this.#profiler, timed }))
  }

  /** IP anonymisation and pseudonyms. `enriched` is what `enrich` gave. */
  conceal(event: EnrichedEvent, enriched: Enriched): Enriched | Promise<Enriched> {
    if (this.#concealing.length === 0) return enriched
    const watch = enriched instanceof Run ? enriched.watch : unwatched
    return run(this.#concealing, event, new Run(enriched, watch, enriched))
  }
}

/** Who measures, and whether this event is one of the sample that is timed. */
interface Watch {
  readonly profiler: Profiler | undefined
  readonly timed: boolean
}

const unwatched: Watch = { profiler: undefined, timed: false }

function run(list: readonly Enrichment[], event: EnrichedEvent, state: Run, from = 0): Run | Promise<Run> {
  const { timed } = state.watch
  for (let at = from; at < list.length; at++) {
    const one = list[at]
    if (one === undefined) continue
    const result = timed ? timedResult(one, event, state) : one.enrich(event, state)
    if (result instanceof Promise) return runOn(list, event, state, { pending: result, at })
    if (result !== undefined) state.add(result, one)
    if (state.dropped) break
  }
  return state
}

interface Pause {
  readonly pending: Promise<EnrichmentResult>
  readonly at: number
}

async function runOn(
  list: readonly Enrichment[],
  event: EnrichedEvent,
  state: Run,
  { pending, at }: Pause,
): Promise<Run> {
  const result = await pending
  const one = list[at]
  if (result !== undefined && one !== undefined) state.add(result, one)
  return state.dropped ? state : run(list, event, state, at + 1)
}

/** Steps that are always on are no cost that anybody could choose. */
function timedResult(
  one: Enrichment,
  event: EnrichedEvent,
  state: Run,
): EnrichmentResult | Promise<EnrichmentResult> {
  const { profiler } = state.watch
  if (profiler === undefined || one.schemaKey === null) return one.enrich(event, state)
  const began = profiler.now()
  const result = one.enrich(event, state)
  if (result instanceof Promise) return result.finally(() => profiler.took(one.name, profiler.now() - began))
  profiler.took(one.name, profiler.now() - began)
  return result
}

const noParameters: ReadonlyMap<string, string> = new Map()

class Run implements Enriched {
  readonly raw: EnrichmentInput['raw']
  readonly unstructSchema: EnrichmentInput['unstructSchema']
  pageUri: Uri | null
  refererUri: Uri | null
  querystring: ReadonlyMap<string, string>
  failures: readonly EnrichmentFailure[]
  dropped = false
  derivedContexts: readonly DerivedContext[]
  readonly watch: Watch

  constructor(input: EnrichmentInput, watch: Watch, before?: Enriched) {
    this.watch = watch
    this.raw = input.raw
    this.unstructSchema = input.unstructSchema
    this.pageUri = before?.pageUri ?? null
    this.refererUri = before?.refererUri ?? null
    this.querystring = before?.querystring ?? noParameters
    this.failures = before?.failures ?? []
    this.derivedContexts = before?.derivedContexts ?? []
  }

  /** Newest first, in both lists. */
  add(result: Exclude<EnrichmentResult, undefined>, by: Enrichment): void {
    if ('failures' in result) {
      this.failures = [...result.failures, ...this.failures]
      if (by.schemaKey !== null) this.watch.profiler?.failed(by.name)
    } else if ('dropped' in result) this.dropped = true
    else if ('replaced' in result) this.derivedContexts = result.replaced
    else if (result.length > 0) this.derivedContexts = [...result, ...this.derivedContexts]
  }
}
