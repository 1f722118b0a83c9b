import type { FailureDetail } from '../../../bad-row.ts'
import { Refusal } from '../../../enrich/conversions.ts'
import type { CollectorPayload } from '../../../event.ts'
import { failed, inputData, type Adapted, type Adapter, type Splitter } from '../../adapter.ts'
import type { AdaptersSchemas } from '../../adapter-schemas.ts'
import { schemaOfType } from '../../event-type.ts'
import { writeJson, type JsonTree } from '../../json-tree.ts'
import type { ParameterMap } from '../../parameter-map.ts'
import { contextsText, selfDescribingText, unstructEventText } from '../../self-describing-text.ts'
import { readForm, together } from '../../webhook.ts'
import { readNumbered } from './numbered.ts'
import {
  contexts,
  hitTypes,
  trackerParameters,
  transactionParameters,
  type Field,
  type Fields,
  type GaSchema,
} from './tables.ts'
import { readValue } from './values.ts'

type Schemas = AdaptersSchemas['googleAnalytics']

/** Google Analytics, Measurement Protocol version 1: each line of the body is a hit. */
export const adaptGoogleAnalytics: Adapter = (payload, { adaptersSchemas }) => {
  const lines = linesOf(payload.body ?? '')
  if (lines.length === 0) return failed(inputData('body', null, 'empty body'))
  return together(
    lines.map((line): Adapted => {
      const parameters = readHit(line, adaptersSchemas.googleAnalytics)
      return 'failures' in parameters ? parameters : { events: [{ payload, parameters }] }
    }),
  )
}

export const splitGoogleAnalytics: Splitter = payload =>
  linesOf(payload.body ?? '').map((line): CollectorPayload => ({ ...payload, body: line }))

function linesOf(body: string): string[] {
  const lines = body.split(/\r\n|[\n\f]/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

interface Failures {
  readonly failures: readonly FailureDetail[]
}

function readHit(line: string, schemas: Schemas): ParameterMap | Failures {
  const sent = readForm(line)
  if ('type' in sent) return { failures: [sent] }
  const type = sent.get('t') ?? null
  if (type === null) {
    const complaint = 'no t parameter provided: cannot determine hit type'
    return { failures: [inputData('body', line, complaint)] }
  }
  const failures: FailureDetail[] = []
  const hit = hitTypes.get(type)
  if (hit === undefined) failures.push(...unknownHit(type, schemas))
  const attached = [...readContexts(sent, type, failures), ...readNumberedContexts(sent, failures)]
  if (failures.length > 0 || hit === undefined) return { failures }
  const data = readEvent(sent, hit.fields)
  if ('type' in data) return { failures: [data] }
  const event = selfDescribingText(schemas[hit.schema], writeJson(data.members))
  return new Map([
    ...(attached.length === 0 ? [] : [['co', attachedText(attached, schemas)] as const]),
    ...trackerParametersOf(sent, type),
    ['e', 'ue'],
    ['ue_pr', unstructEventText(event)],
    ['tv', 'com.google.analytics.measurement-protocol-v1'],
    ['p', 'srv'],
  ])
}

function unknownHit(type: string, schemas: Schemas): FailureDetail[] {
  const mapping = Object.fromEntries(Array.from(hitTypes, ([known, { schema }]) => [known, schemas[schema]]))
  const unmapped = schemaOfType(type, mapping)
  const unmatched = inputData('t', type, 'no matching hit type')
  return typeof unmapped === 'string' ? [unmatched] : [unmatched, unmapped]
}

/** The first problem ends it. */
function readEvent(
  sent: ParameterMap,
  fields: Fields,
): { readonly members: ReadonlyMap<string, JsonTree> } | FailureDetail {
  const members = new Map<string, JsonTree>()
  for (const [parameter, value] of sent) {
    const field = fields.get(parameter)
    if (field === undefined || value === null) continue
    const read = readField(field, value)
    if (typeof read !== 'string') return read
    members.set(field.name, read)
  }
  return { members }
}

function readField({ name, type }: Field, value: string): string | FailureDetail {
  const read = readValue(type, value)
  return read instanceof Refusal ? inputData(name, value, read.expectation) : read
}

interface Context {
  readonly schema: GaSchema
  readonly data: ReadonlyMap<string, JsonTree>
}

const contextFields: ReadonlyMap<string, { readonly schema: GaSchema; readonly field: Field }> = new Map(
  contexts.flatMap(([schema, fields]) =>
    Array.from(fields, ([parameter, field]) => [parameter, { schema, field }] as const),
  ),
)

/** In the order in which their first parameters come. */
function readContexts(sent: ParameterMap, hitType: string, failures: FailureDetail[]): Context[] {
  const found = new Map<GaSchema, Map<string, JsonTree>>()
  for (const [parameter, value] of sent) {
    const known = contextFields.get(parameter)
    if (known === undefined || value === null) continue
    const read = readField(known.field, value)
    if (typeof read === 'string') {
      const data = found.get(known.schema) ?? new Map<string, JsonTree>()
      found.set(known.schema, data.set(known.field.name, read))
    } else failures.push(read)
  }
  // Of a page view the page is the event.
  if (hitType === 'pageview') found.delete('page_view')
  return Array.from(found, ([schema, data]) => ({ schema, data }))
}

/** In the order of their parameters' names. The first problem ends it. */
function readNumberedContexts(sent: ParameterMap, failures: FailureDetail[]): readonly Context[] {
  const numbered = [...sent].flatMap(([name, value]) =>
    value !== null && /\p{Nd}/u.test(name) ? [[name, value] as const] : [],
  )
  numbered.sort(([a], [b]) => (a < b ? -1 : 1))
  const found = readNumbered(numbered, sent.get('cu') ?? null)
  if (!('type' in found)) return found
  failures.push(found)
  return []
}

function attachedText(attached: readonly Context[], schemas: Schemas): string {
  return contextsText(
    attached.map(({ schema, data }) => selfDescribingText(schemas[schema], writeJson(data))),
  )
}

function trackerParametersOf(sent: ParameterMap, hitType: string): (readonly [string, string | null])[] {
  return [...sent].flatMap(([name, value]) => {
    const ofTransaction = hitType === 'transaction' ? transactionParameters.get(name) : undefined
    const target = ofTransaction ?? trackerParameters.get(name)
    return target === undefined ? [] : [[target, value] as const]
  })
}
