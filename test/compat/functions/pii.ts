import { parsePiiParameters } from '../../../src/core/enrich/pii/parameters.ts'
import { Pseudonymizer } from '../../../src/core/enrich/pii/index.ts'
import { EnrichedEvent } from '../../../src/core/index.ts'
import { isFields, type Fields } from '../corpus.ts'
import type { GoldenFunction } from './types.ts'

/* Snowplow's pseudonyms, by ours. */

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

function itemsOf(contexts: unknown): Fields[] {
  const { data } = fieldsOf(contexts)
  return Array.isArray(data) ? data.map(fieldsOf) : []
}

/**
 * The original's JSON library adds what a path does not find, and a function takes it out again. Here nothing is added:
 * the same paths and pseudonyms on the same JSON must leave what that function leaves.
 */
const removeAddedFields: GoldenFunction = ({ args }) => {
  const { hashed, original } = fieldsOf(args)
  const before = itemsOf(original)
  const changes = itemsOf(hashed).flatMap(({ schema, data }, index) =>
    Object.entries(fieldsOf(data)).flatMap(([name, after]) => {
      const sent = fieldsOf(before[index]?.['data'])[name]
      return sent === after ? [] : [{ schema, name, sent, after }]
    }),
  )
  const pii = changes.map(({ schema, name }) => ({
    json: { field: 'contexts', schemaCriterion: schema, jsonPath: `$.${name}` },
  }))
  const pseudonyms = new Map(changes.map(({ sent, after }) => [sent, after]))
  const event = Object.assign(new EnrichedEvent(), { contexts: JSON.stringify(original) })
  const parameters = parsePiiParameters({ data: {}, parameters: { pii, strategy } })
  if ('errors' in parameters) throw new TypeError(parameters.errors.join())
  new Pseudonymizer({ ...parameters, pseudonym: text => String(pseudonyms.get(text)) }).apply(event)
  return JSON.parse(event.contexts ?? 'null') as unknown
}

const strategy = { pseudonymize: { hashFunction: 'SHA-256', salt: '' } }

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'PiiPseudonymizerEnrichment.removeAddedFields': removeAddedFields,
}
