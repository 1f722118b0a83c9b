import { messageOf, MillraceError } from '../lib/index.ts'
import { adapt } from './adapt/registry.ts'
import type { BadRow, EnrichmentFailure, Outcome } from './bad-row.ts'
import { decodePayload } from './decode/collector-payload.ts'
import { emitOutcome, type CoreOutput } from './emit/emit.ts'
import { conversionViolations, lengthViolation } from './enrich/atomic-violation.ts'
import { derivedContextsText } from './enrich/derived-contexts.ts'
import type { Enriched, Enrichments } from './enrich/enrichments.ts'
import { findTooLong, lengthFailures, lengthLimits, type LengthLimit } from './enrich/lengths.ts'
import { setupEvent, type ConversionError, type EventSetup } from './enrich/setup.ts'
import type { CollectorPayload, EnrichedEvent, RawEvent, RawRecord } from './event.ts'
import type { CoreOptions, Schemas } from './options.ts'
import { readTrackerJsons } from './validate/read-jsons.ts'
import { validateDerivedContexts, validateTrackerJsons, type ValidJsons } from './validate/self-describing.ts'

/** Bytes in, events out. The same record gives the same bytes, whenever and wherever it is processed. */
export interface Core {
  /**
   * What became of every event in a record. Synchronous while all schemas are at hand. Rejects (or throws) only with a
   * MillraceError, when something outside failed: then nothing of the record is done, and it may be tried again.
   */
  process(record: RawRecord): Outcome[] | Promise<Outcome[]>
  /** The records to be written for what `process` gave. Never throws. */
  emit(outcomes: readonly Outcome[], record: RawRecord): CoreOutput[]
}

export interface CoreParts {
  readonly schemas: Schemas
  readonly enrichments: Enrichments
  readonly options: CoreOptions
}

export function createCore(parts: CoreParts): Core {
  const pipeline = new Pipeline(parts)
  const { options } = parts
  return {
    process(record) {
      // The whole record fails with a bug, not one event of it: who repairs the bad row sends all of its events again.
      try {
        const outcomes = pipeline.process(record)
        return outcomes instanceof Promise ? outcomes.catch(error => genericError(error, record)) : outcomes
      } catch (error) {
        return genericError(error, record)
      }
    },
    emit: (outcomes, record) =>
      outcomes.map((outcome, index) => emitOutcome(outcome, { record, index, options })),
  }
}

function genericError(error: unknown, record: RawRecord): Outcome[] {
  if (error instanceof MillraceError) throw error
  return [bad({ type: 'generic_error', errors: describeBug(error), payload: record.data })]
}

/** Where it was thrown, without the folders of the machine: the row must be the same wherever it is made. */
function describeBug(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 6) : []
  return [messageOf(error), ...stack.map(line => line.trim().replace(/\(?(?:file:\/\/)?\/\S*\//, ''))]
}

function bad(row: BadRow): Outcome {
  return { kind: 'bad', row }
}

/** An event on its way, with what it came from. */
interface Passage {
  readonly raw: RawEvent
  readonly event: EnrichedEvent
}

/** decode → adapt → set up → validate → enrich → validate → conceal: each step synchronous while it can be. */
class Pipeline {
  readonly #schemas: Schemas
  readonly #enrichments: Enrichments
  readonly #options: CoreOptions
  readonly #lengthLimits: readonly LengthLimit[]

  constructor({ schemas, enrichments, options }: CoreParts) {
    this.#schemas = schemas
    this.#enrichments = enrichments
    this.#options = options
    this.#lengthLimits = lengthLimits(options)
  }

  process(record: RawRecord): Outcome[] | Promise<Outcome[]> {
    const decoded = decodePayload(record.data, this.#options)
    return 'rows' in decoded ? decoded.rows.map(bad) : this.#adapt(decoded.payload, record)
  }

  #adapt(payload: CollectorPayload, record: RawRecord): Outcome[] | Promise<Outcome[]> {
    return after(adapt(payload, this.#schemas, this.#options.maxJsonDepth), adapted => {
      if ('row' in adapted) return [bad(adapted.row)]
      return all(adapted.events.map((raw, index) => this.#setUp(raw, record, index)))
    })
  }

  #setUp(raw: RawEvent, record: RawRecord, index: number): Outcome | Promise<Outcome> {
    const setup = setupEvent(raw, { record, index }, this.#options)
    const jsons = readTrackerJsons(setup, this.#options.maxJsonDepth)
    if (setup.errors.length > 0) return bad(this.#badColumns(setup, raw))
    const passage = { raw, event: setup.event }
    return after(validateTrackerJsons(jsons, this.#schemas), validated => {
      if ('errors' in validated)
        return bad({ type: 'schema_violations', messages: validated.errors, ...passage })
      return this.#enrich(passage, validated)
    })
  }

  #enrich(passage: Passage, valid: ValidJsons): Outcome | Promise<Outcome> {
    const { raw, event } = passage
    event.contexts = valid.contexts
    event.unstruct_event = valid.unstructEvent
    return after(this.#enrichments.enrich(event, { raw, unstructSchema: valid.unstructSchema }), enriched =>
      enriched.failures.length > 0
        ? enrichmentFailures(passage, enriched.failures)
        : this.#attach(passage, enriched, valid),
    )
  }

  #attach(passage: Passage, enriched: Enriched, valid: ValidJsons): Outcome | Promise<Outcome> {
    const { derivedContexts } = enriched
    passage.event.derived_contexts = derivedContextsText([...derivedContexts, ...valid.validationInfo])
    return after(validateDerivedContexts(derivedContexts, this.#schemas), failures =>
      failures.length > 0 ? enrichmentFailures(passage, failures) : this.#conceal(passage, enriched),
    )
  }

  #conceal(passage: Passage, enriched: Enriched): Outcome | Promise<Outcome> {
    return after(this.#enrichments.conceal(passage.event, enriched), ({ failures }) =>
      failures.length > 0 ? enrichmentFailures(passage, failures) : this.#measure(passage),
    )
  }

  #measure(passage: Passage): Outcome {
    const { event } = passage
    const tooLong = findTooLong(event, this.#lengthLimits)
    if (tooLong.length === 0 || this.#options.acceptInvalid) return { kind: 'good', event }
    if (this.#options.compatibility === '3.9') return enrichmentFailures(passage, lengthFailures(tooLong))
    return bad({ type: 'schema_violations', messages: [lengthViolation(event, tooLong)], ...passage })
  }

  #badColumns({ event, errors }: EventSetup, raw: RawEvent): BadRow {
    if (this.#options.compatibility !== '3.9') {
      return { type: 'schema_violations', messages: conversionViolations(errors), event, raw }
    }
    return { type: 'enrichment_failures', messages: errors.map(asEnrichmentFailure), event, raw }
  }
}

function asEnrichmentFailure(message: ConversionError): EnrichmentFailure {
  return { enrichment: null, message }
}

function enrichmentFailures({ raw, event }: Passage, messages: readonly EnrichmentFailure[]): Outcome {
  return bad({ type: 'enrichment_failures', messages, event, raw })
}

/** What comes next, at once if it can be: awaiting what is already there would cost a turn of the event loop. */
function after<T, U>(value: T | Promise<T>, step: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(step) : step(value)
}

function all<T>(values: readonly (T | Promise<T>)[]): T[] | Promise<T[]> {
  const atHand = values.filter(value => isAtHand(value))
  return atHand.length === values.length ? atHand : Promise.all(values)
}

function isAtHand<T>(value: T | Promise<T>): value is T {
  return !(value instanceof Promise)
}
