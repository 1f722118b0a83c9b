import { after, all } from '../after.ts'
import type { FailedEvent, Failure, FailureDetail } from '../bad-row.ts'
import { columnIndex } from '../columns.ts'
import { derivedContextsText } from '../enrich/derived-contexts.ts'
import type { Enriched, Enrichments } from '../enrich/enrichments.ts'
import { findTooLong, type LengthLimit } from '../enrich/lengths.ts'
import type { EventSetup } from '../enrich/setup.ts'
import type { EnrichedEvent, RawEvent } from '../event.ts'
import type { CoreOptions, Schemas } from '../options.ts'
import { findInvalidContexts, type InvalidContext } from '../validate/derived-contexts.ts'
import { validateChangedJsons } from '../validate/changed-jsons.ts'
import {
  validateTrackerJsons,
  type Finding,
  type InvalidJsons,
  type TrackerJsons,
  type ValidJsons,
} from '../validate/self-describing.ts'
import { concealJson, type InvalidJson } from './conceal-json.ts'
import {
  describeConversions,
  describeEnrichment,
  describeJson,
  describeLengths,
  type FailureSource,
} from './describe.ts'

export interface SalvageParts {
  readonly schemas: Schemas
  readonly enrichments: Enrichments
  readonly options: Pick<CoreOptions, 'acceptInvalid' | 'maxJsonDepth'>
  readonly lengthLimits: readonly LengthLimit[]
}

/** An event on its way through what is left to be done. */
interface Remains {
  readonly raw: RawEvent
  /** A copy: the bad row shows the event as it was when it failed. */
  readonly event: EnrichedEvent
  /** Grows with every step. */
  readonly failures: Failure[]
  readonly findings: readonly Finding[]
}

/** A JSON, and what is wrong with it. */
interface Invalid extends InvalidJson {
  readonly detail: FailureDetail
}

interface Failed {
  readonly raw: RawEvent
  readonly event: EnrichedEvent
}

export type Salvaged = FailedEvent | undefined | Promise<FailedEvent | undefined>

/**
 * Goes on with an event that is bad, from the step where it failed, without what is wrong with it. What fails later is
 * told too. An enrichment that has run is not run again. Of a failed event everything is concealed that is concealed
 * of a good one; where that fails, nothing leaves.
 */
export class Salvage {
  readonly #parts: SalvageParts

  constructor(parts: SalvageParts) {
    this.#parts = parts
  }

  /** Columns could not be set, or a JSON could not be read. */
  afterSetup(setup: EventSetup, jsons: TrackerJsons, raw: RawEvent): Salvaged {
    const { event, errors } = setup
    const unreadable = findUnreadable(setup)
    const fields = new Set(unreadable.map(({ detail }) => detail.field))
    const columns = errors.filter(({ field }) => !fields.has(field))
    const failures = columns.length > 0 ? [describeConversions(columns)] : []
    return after(validateTrackerJsons(jsons, this.#parts.schemas), validated => {
      const [valid, findings] =
        'errors' in validated ? [validated.valid(), validated.findings] : [validated, []]
      const remains = { raw, event: event.copy(), failures, findings: [...unreadable, ...findings] }
      return this.#enrich(remains, valid)
    })
  }

  /** JSONs are not valid. */
  afterValidation({ raw, event }: Failed, invalid: InvalidJsons): Salvaged {
    const remains = { raw, event: event.copy(), failures: [], findings: invalid.findings }
    return this.#enrich(remains, invalid.valid())
  }

  /** Enrichments failed, or what they attached is not valid. */
  afterEnriching({ raw, event }: Failed, enriched: Enriched, valid: ValidJsons): Salvaged {
    return this.#validateAgain({ raw, event: event.copy(), failures: [], findings: [] }, enriched, valid)
  }

  /** Values are too long, and all is concealed. */
  afterConcealing(event: EnrichedEvent): FailedEvent {
    return this.#measure({ event: event.copy(), failures: [] })
  }

  #enrich(remains: Remains, valid: ValidJsons): Salvaged {
    const { raw, event } = remains
    setJsons(event, valid)
    const input = { raw, unstructSchema: valid.unstructSchema }
    return after(this.#parts.enrichments.enrich(event, input), enriched =>
      this.#validateAgain(remains, enriched, valid),
    )
  }

  /** What the tracker sent may have been changed by a script, which may also want nothing of the event. */
  #validateAgain(remains: Remains, enriched: Enriched, valid: ValidJsons): Salvaged {
    if (enriched.dropped) return undefined
    const { schemas, options } = this.#parts
    const tools = { schemas, maxJsonDepth: options.maxJsonDepth }
    return after(validateChangedJsons(remains.event, valid, tools), changed => {
      const left = 'errors' in changed ? changed.valid() : changed
      setJsons(remains.event, left)
      if (!('errors' in changed)) return this.#attach(remains, enriched, changed)
      const validationInfo = [...valid.validationInfo, ...left.validationInfo]
      const findings = [...remains.findings, ...changed.findings]
      return this.#attach({ ...remains, findings }, enriched, { ...left, validationInfo })
    })
  }

  #attach(remains: Remains, enriched: Enriched, { validationInfo }: ValidJsons): Salvaged {
    const { event, failures } = remains
    const { schemas, enrichments } = this.#parts
    failures.push(
      // A step that is always on worked with nothing but columns.
      ...enriched.failures.map(failure =>
        describeEnrichment(failure, failure.enrichment === null || !enrichments.pseudonymizes),
      ),
    )
    return after(findInvalidContexts(enriched.derivedContexts, schemas), invalid => {
      const wrong = new Set(invalid.map(({ context }) => context))
      const right = enriched.derivedContexts.filter(context => !wrong.has(context))
      event.row[columnIndex.derived_contexts] = derivedContextsText(right, validationInfo)
      const context = { ...enriched, derivedContexts: right, failures: [] }
      return this.#conceal(remains, context, invalid.map(ofEnrichment))
    })
  }

  #conceal(remains: Remains, enriched: Enriched, derived: readonly Invalid[]): Salvaged {
    const { event, failures, findings } = remains
    const { enrichments } = this.#parts
    return after(enrichments.conceal(event, enriched), concealed => {
      if (concealed.failures.length > 0) return undefined
      const described = [...findings, ...derived].map((invalid: Invalid) =>
        after(concealJson(invalid, enrichments, enriched), json =>
          describeJson(sources[invalid.column], invalid.detail, json),
        ),
      )
      return after(all(described), found => this.#measure({ event, failures: [...failures, ...found] }))
    })
  }

  #measure({ event, failures }: Pick<Remains, 'event' | 'failures'>): FailedEvent {
    const { options, lengthLimits } = this.#parts
    const tooLong = options.acceptInvalid ? [] : findTooLong(event, lengthLimits)
    if (tooLong.length > 0) failures.push(describeLengths(event, tooLong))
    for (const { slot } of tooLong) event.row[slot] = null
    return { event, failures }
  }
}

function setJsons({ row }: EnrichedEvent, { contexts, unstructEvent }: ValidJsons): void {
  row[columnIndex.contexts] = contexts
  row[columnIndex.unstruct_event] = unstructEvent
}

const sources: Readonly<Record<InvalidJson['column'], FailureSource>> = {
  contexts: 'contexts',
  unstruct_event: 'unstruct',
  derived_contexts: 'derived_contexts',
}

type Unreadable = Finding & { readonly detail: Extract<FailureDetail, { type: 'NotJson' }> }

/** What was sent as JSON and is none. */
function findUnreadable({ jsons, errors }: EventSetup): readonly Unreadable[] {
  return errors.flatMap(({ field, value, expectation }): Unreadable[] => {
    const json = jsons.find(({ parameter }) => parameter === field)
    if (json === undefined) return []
    const detail = { type: 'NotJson', field, value, error: expectation } as const
    return [{ column: json.column, part: 'wrapper', detail, json: json.text }]
  })
}

function ofEnrichment({ context, detail }: InvalidContext): Invalid {
  return { column: 'derived_contexts', part: 'item', detail, json: context }
}
