import { parseCriterion, type SchemaCriterion } from '../../../iglu/index.ts'
import { membersOf, type Members } from '../../../lib/index.ts'
import { compileJsonPath, type JsonPath } from '../../json-path/index.ts'
import type { EnrichmentConfig, ParameterErrors } from '../configuration.ts'
import { jsonFields, type JsonField } from '../inputs/index.ts'
import { hashFunctions, isHashFunction, pseudonyms, type HashFunction, type Pseudonym } from './pseudonym.ts'

/** Columns that may hold personal data as they are. */
const scalarFields = [
  'user_id',
  'user_ipaddress',
  'user_fingerprint',
  'domain_userid',
  'network_userid',
  'ip_organization',
  'ip_domain',
  'tr_orderid',
  'ti_orderid',
  'mkt_term',
  'mkt_content',
  'se_category',
  'se_action',
  'se_label',
  'se_property',
  'mkt_clickid',
  'refr_domain_userid',
  'domain_sessionid',
] as const
export type ScalarField = (typeof scalarFields)[number]

/** Personal data in a column of its own. */
export interface ScalarPlace {
  readonly field: ScalarField
}

/** Personal data in those self-describing JSONs of a column that match the criterion. */
export interface JsonPlace {
  readonly field: JsonField
  readonly criterion: SchemaCriterion
  readonly path: JsonPath
  /** The path as it was configured. */
  readonly pathText: string
}

export interface PiiParameters {
  /** In the order of the configuration. */
  readonly places: readonly (ScalarPlace | JsonPlace)[]
  readonly hashFunction: HashFunction
  readonly pseudonym: Pseudonym
  /** Whether what was replaced is told in an event of its own. */
  readonly emitEvent: boolean
  /** Only where the visitor asked to stay anonymous. */
  readonly anonymousOnly: boolean
}

export function parsePiiParameters({
  data,
  parameters,
}: Pick<EnrichmentConfig, 'data' | 'parameters'>): PiiParameters | ParameterErrors {
  const { pii, strategy } = parameters
  const errors: string[] = []
  const places = (Array.isArray(pii) ? pii : []).map((place: unknown, index) => {
    const parsed = parsePlace(membersOf(place))
    if (typeof parsed !== 'string') return parsed
    errors.push(`pii[${index}]: ${parsed}`)
    return undefined
  })
  const { hashFunction, salt } = membersOf(membersOf(strategy)['pseudonymize'])
  if (!isHashFunction(hashFunction)) errors.push(`hashFunction must be one of ${hashFunctions.join(', ')}`)
  if (typeof salt !== 'string') errors.push('salt must be a text')
  if (errors.length > 0 || !isHashFunction(hashFunction) || typeof salt !== 'string') return { errors }
  return {
    places: places.filter(place => place !== undefined),
    hashFunction,
    pseudonym: pseudonyms(hashFunction, salt),
    emitEvent: data['emitEvent'] === true,
    anonymousOnly: data['anonymousOnly'] === true,
  }
}

/** The place, or what is wrong with it. */
function parsePlace({ pojo, json }: Members): ScalarPlace | JsonPlace | string {
  if (json !== undefined) return parseJsonPlace(membersOf(json))
  const { field } = membersOf(pojo)
  const scalar = scalarFields.find(known => known === field)
  return scalar === undefined ? `field must be one of ${scalarFields.join(', ')}` : { field: scalar }
}

function parseJsonPlace({ field: name, schemaCriterion, jsonPath }: Members): JsonPlace | string {
  const field = jsonFields.find(known => known === name)
  const criterion = parseCriterion(String(schemaCriterion))
  const pathText = String(jsonPath)
  // `$$` is how a path is written where `$` begins a variable. Many configurations were copied from such a place.
  const path = compileJsonPath(pathText.replace(/^\$\$/, '$'))
  if (field === undefined) return `field must be one of ${jsonFields.join(', ')}`
  if (criterion === undefined) return `${String(schemaCriterion)} is no schema criterion`
  if ('error' in path) return `the JSON path ${pathText} cannot be used: ${path.error}`
  return { field, criterion, path, pathText }
}
