import { columnIndex } from '../../columns.ts'
import type { EnrichedEvent, RawEvent } from '../../event.ts'
import type { EnrichmentKind } from '../configuration.ts'
import { jsonFields } from '../inputs/index.ts'
import { JsonPlaces } from './json-places.ts'
import { parsePiiParameters, type PiiParameters, type ScalarField } from './parameters.ts'
import type { Modifications, ScalarModification } from './modifications.ts'

/** Pseudonyms in place of personal data, the last thing that is done to an event. Never fails. */
export const pii: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow.enrichments/pii_enrichment_config/jsonschema/2-0-*',
  name: 'pii',
  step: 'pii',
  create({ data, parameters }) {
    const parsed = parsePiiParameters({ data, parameters })
    if ('errors' in parsed) return parsed
    const pseudonymizer = new Pseudonymizer(parsed)
    return (event, { raw }) => {
      if (parsed.anonymousOnly && !isAnonymous(raw)) return undefined
      const modifications = pseudonymizer.apply(event)
      if (parsed.emitEvent) event.modifications = modifications
      return undefined
    }
  },
}

/** Trackers ask with this header, whatever its value. */
export function isAnonymous({ payload }: RawEvent): boolean {
  return payload.headers.some(header => /^sp-anonymous\s*:/i.test(header))
}

export class Pseudonymizer {
  readonly #parameters: PiiParameters
  readonly #scalars: readonly ScalarField[]
  readonly #jsons: readonly JsonPlaces[]

  constructor(parameters: PiiParameters) {
    const { places, pseudonym } = parameters
    this.#parameters = parameters
    this.#scalars = places.flatMap(place => ('path' in place ? [] : [place.field]))
    const inJson = places.flatMap(place => ('path' in place ? [place] : []))
    this.#jsons = jsonFields.map(field => new JsonPlaces(field, inJson, pseudonym))
  }

  /** Changes the event. Gives what was changed, newest first as Snowplow does, or null. */
  apply(event: EnrichedEvent): Modifications | null {
    const { hashFunction } = this.#parameters
    const pojo = this.#scalars.flatMap(field => this.#conceal(event, field)).toReversed()
    const json = this.#jsons.flatMap(places => places.conceal(event)).toReversed()
    return pojo.length + json.length === 0 ? null : { hashFunction, pojo, json }
  }

  #conceal(event: EnrichedEvent, fieldName: ScalarField): ScalarModification[] {
    const originalValue = event[fieldName]
    if (originalValue === null || originalValue === '') return []
    const modifiedValue = this.#parameters.pseudonym(originalValue)
    event.row[columnIndex[fieldName]] = modifiedValue
    return [{ fieldName, originalValue, modifiedValue }]
  }
}
