import type { RemoteAdapters } from './adapt/remote.ts'
import type { BadRow, EnrichmentFailure, FailureDetail, Outcome } from './bad-row.ts'
import { columnIndex } from './columns.ts'
import { conversionViolations, lengthViolation } from './enrich/atomic-violation.ts'
import { derivedContextsText } from './enrich/derived-contexts.ts'
import type { Enriched, Enrichments } from './enrich/enrichments.ts'
import {
  findTooLong,
  hasTooLong,
  lengthFailures,
  lengthLimits,
  longestBySlot,
  type LengthLimit,
} from './enrich/lengths.ts'
import { setupEvent, type ConversionError, type EventSetup, type EventSource } from './enrich/setup.ts'
import type { EnrichedEvent, RawEvent, RecordOrigin } from './event.ts'
import type { CoreOptions, Schemas } from './options.ts'
import { after } from './after.ts'
import { validateChangedJsons } from './validate/changed-jsons.ts'
import { Salvage, type Salvaged } from './failed/salvage.ts'
import { validateDerivedContexts } from './validate/derived-contexts.ts'
import { readTrackerJsons } from './validate/read-jsons.ts'
import { validateTrackerJsons, type ValidJsons } from './validate/self-describing.ts'

export interface CoreParts {
  readonly schemas: Schemas
  readonly enrichments: Enrichments
  readonly options: CoreOptions
  /** A self-describing JSON that each good event gets as its last derived context; not validated. */
  readonly ownContext?: (origin: RecordOrigin, index: number) => string
  readonly remoteAdapters?: RemoteAdapters
}

/** An event on its way, with what it came from. */
interface Passage {
  readonly raw: RawEvent
  readonly event: EnrichedEvent
  readonly source: EventSource
}

/**
 * Takes one event from the tracker's words to its columns: set up → validate → enrich → validate → conceal → measure.
 * Each step calls the next when nothing is wrong, at once while it can.
 */
export class EventPipeline {
  readonly #schemas: Schemas
  readonly #enrichments: Enrichments
  readonly #options: CoreOptions
  readonly #ownContext: CoreParts['ownContext']
  readonly #lengthLimits: readonly LengthLimit[]
  readonly #longest: Int32Array
  /** Absent where nobody asked for failed events. */
  readonly #salvage: Salvage | undefined

  constructor({ schemas, enrichments, options, ownContext }: CoreParts) {
    this.#schemas = schemas
    this.#enrichments = enrichments
    this.#options = options
    this.#ownContext = ownContext
    this.#lengthLimits = lengthLimits(options)
    this.#longest = longestBySlot(this.#lengthLimits)
    const salvageParts = { schemas, enrichments, options, lengthLimits: this.#lengthLimits }
    this.#salvage = options.emitFailed ? new Salvage(salvageParts) : undefined
  }

  run(raw: RawEvent, source: EventSource): Outcome | Promise<Outcome> {
    const setup = setupEvent(raw, source, this.#options)
    const jsons = readTrackerJsons(setup, this.#options.maxJsonDepth)
    if (setup.errors.length > 0) {
      return this.#fail(this.#badColumns(setup, raw), salvage => salvage.afterSetup(setup, jsons, raw))
    }
    const passage = { raw, event: setup.event, source }
    return after(validateTrackerJsons(jsons, this.#schemas), validated => {
      if (!('errors' in validated)) return this.#enrich(passage, validated)
      const row = schemaViolations(passage, validated.errors)
      return this.#fail(row, salvage => salvage.afterValidation(passage, validated))
    })
  }

  #enrich(passage: Passage, valid: ValidJsons): Outcome | Promise<Outcome> {
    const { raw, event } = passage
    event.row[columnIndex.contexts] = valid.contexts
    event.row[columnIndex.unstruct_event] = valid.unstructEvent
    return after(this.#enrichments.enrich(event, { raw, unstructSchema: valid.unstructSchema }), enriched => {
      if (enriched.dropped) return dropped
      if (enriched.failures.length === 0) return this.#validateAgain(passage, enriched, valid)
      return this.#fail(enrichmentFailures(passage, enriched.failures), salvage =>
        salvage.afterEnriching(passage, enriched, valid),
      )
    })
  }

  /** What the tracker sent may have been changed by a script. */
  #validateAgain(passage: Passage, enriched: Enriched, valid: ValidJsons): Outcome | Promise<Outcome> {
    const { row } = passage.event
    const tools = { schemas: this.#schemas, maxJsonDepth: this.#options.maxJsonDepth }
    return after(validateChangedJsons(passage.event, valid, tools), changed => {
      if ('errors' in changed)
        return this.#fail(schemaViolations(passage, changed.errors), salvage =>
          salvage.afterEnriching(passage, enriched, valid),
        )
      row[columnIndex.contexts] = changed.contexts
      row[columnIndex.unstruct_event] = changed.unstructEvent
      return this.#attach(passage, enriched, changed)
    })
  }

  #attach(passage: Passage, enriched: Enriched, valid: ValidJsons): Outcome | Promise<Outcome> {
    const { derivedContexts } = enriched
    const { record, index } = passage.source
    const own = this.#ownContext?.(record.origin, index)
    const attached = derivedContextsText(derivedContexts, valid.validationInfo, own)
    passage.event.row[columnIndex.derived_contexts] = attached
    return after(validateDerivedContexts(derivedContexts, this.#schemas), failures =>
      failures.length > 0
        ? this.#fail(enrichmentFailures(passage, failures), salvage =>
            salvage.afterEnriching(passage, enriched, valid),
          )
        : this.#conceal(passage, enriched),
    )
  }

  /** There is no failed event of what could not be concealed. */
  #conceal(passage: Passage, enriched: Enriched): Outcome | Promise<Outcome> {
    return after(this.#enrichments.conceal(passage.event, enriched), ({ failures }) =>
      failures.length > 0 ? bad(enrichmentFailures(passage, failures)) : this.#measure(passage),
    )
  }

  #measure(passage: Passage): Outcome | Promise<Outcome> {
    const { event } = passage
    if (!hasTooLong(event, this.#longest)) return { kind: 'good', event }
    if (this.#options.acceptInvalid) return { kind: 'good', event, invalid: true }
    const tooLong = findTooLong(event, this.#lengthLimits)
    return this.#fail(this.#badLengths(passage, tooLong), salvage => salvage.afterConcealing(event))
  }

  /** The bad row, and what is left of the event. */
  #fail(row: BadRow, rescue: (salvage: Salvage) => Salvaged): Outcome | Promise<Outcome> {
    if (this.#salvage === undefined) return bad(row)
    return after(rescue(this.#salvage), failed =>
      failed === undefined ? bad(row) : { kind: 'bad', row, failed },
    )
  }

  #badLengths(passage: Passage, tooLong: readonly LengthLimit[]): BadRow {
    if (this.#options.compatibility === '3.9') return enrichmentFailures(passage, lengthFailures(tooLong))
    return schemaViolations(passage, [lengthViolation(passage.event, tooLong)])
  }

  #badColumns({ event, errors }: EventSetup, raw: RawEvent): BadRow {
    if (this.#options.compatibility !== '3.9') {
      return { type: 'schema_violations', messages: conversionViolations(errors), event, raw }
    }
    return { type: 'enrichment_failures', messages: errors.map(asEnrichmentFailure), event, raw }
  }
}

const dropped: Outcome = { kind: 'dropped' }

function asEnrichmentFailure(message: ConversionError): EnrichmentFailure {
  return { enrichment: null, message }
}

function schemaViolations({ raw, event }: Passage, messages: readonly FailureDetail[]): BadRow {
  return { type: 'schema_violations', messages, event, raw }
}

function enrichmentFailures({ raw, event }: Passage, messages: readonly EnrichmentFailure[]): BadRow {
  return { type: 'enrichment_failures', messages, event, raw }
}

export function bad(row: BadRow): Outcome {
  return { kind: 'bad', row }
}
