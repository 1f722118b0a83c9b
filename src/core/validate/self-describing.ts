import {
  matchesCriterion,
  parseCriterion,
  parseSelfDescribing,
  schemaKey,
  type SchemaCriterion,
  type SchemaKey,
  type SelfDescribing,
} from '../../iglu/index.ts'
import type { EnrichmentFailure, FailureDetail, Json, SelfDescribingError } from '../bad-row.ts'
import type { DerivedContext } from '../event.ts'
import type { Schemas } from '../options.ts'
import { withSchemas, type Lookup } from './at-hand.ts'
import type { JsonFault, JsonText } from './json-text.ts'
import { elementsOf, membersOf } from './json-tokens.ts'

/*
 * The tracker's self-describing JSONs are held against their schemas, and written anew in the wrappers that
 * consumers know: from their own text, with the keys in the order schema, data.
 */

/** What the tracker sent, parsed; null for what it did not send. */
export interface TrackerJsons {
  readonly contexts: JsonText | JsonFault | null
  readonly unstructEvent: JsonText | JsonFault | null
}

/** What goes into the event's columns when both JSONs are valid. */
export interface ValidJsons {
  readonly contexts: string | null
  readonly unstructEvent: string | null
  /** The schema that the self-describing event was validated with; null when there is none. */
  readonly unstructSchema: SchemaKey | null
  /** One context for each schema that another one replaced. */
  readonly validationInfo: readonly DerivedContext[]
}

/** All that is wrong: the contexts' faults first. */
export interface InvalidJsons {
  readonly errors: readonly FailureDetail[]
}

/** Synchronous while the schemas are at hand. Rejects only with a MillraceError, while a registry is down. */
export function validateTrackerJsons(
  jsons: TrackerJsons,
  schemas: Schemas,
): ValidJsons | InvalidJsons | Promise<ValidJsons | InvalidJsons> {
  if (jsons.contexts === null && jsons.unstructEvent === null) return nothing
  return withSchemas(schemas, lookup => judge(jsons, lookup))
}

const nothing: ValidJsons = { contexts: null, unstructEvent: null, unstructSchema: null, validationInfo: [] }

function judge(jsons: TrackerJsons, lookup: Lookup): ValidJsons | InvalidJsons {
  const contexts = jsons.contexts === null ? noContexts : judgeContexts(jsons.contexts, lookup)
  const unstruct = jsons.unstructEvent === null ? null : judgeUnstructEvent(jsons.unstructEvent, lookup)
  if ('errors' in contexts || (unstruct !== null && 'errors' in unstruct)) {
    return { errors: [...errorsOf(contexts), ...errorsOf(unstruct)] }
  }
  const items = unstruct === null ? contexts.items : [...contexts.items, unstruct.item]
  return {
    contexts: contexts.text,
    unstructEvent: unstruct?.text ?? null,
    unstructSchema: unstruct?.item.schema ?? null,
    validationInfo: validationInfo(items),
  }
}

function errorsOf(judged: object | InvalidJsons | null): readonly FailureDetail[] {
  return judged !== null && 'errors' in judged ? judged.errors : []
}

/** One self-describing JSON that fits its schema. */
interface ValidItem {
  /** The version it was validated with. */
  readonly schema: SchemaKey
  /** The version it names, when another one takes its place. */
  readonly replaced: SchemaKey | null
}

interface Wrapper {
  /** What the JSON is called in bad rows. */
  readonly field: string
  readonly criterion: SchemaCriterion
  readonly schema: SchemaKey
}

function wrapper(field: string, name: string, version: string): Wrapper {
  const vendor = 'com.snowplowanalytics.snowplow'
  const criterion = parseCriterion(`iglu:${vendor}/${name}/jsonschema/1-0-*`)
  if (criterion === undefined) throw new TypeError(`no criterion for ${name}`)
  return { field, criterion, schema: schemaKey(vendor, name, version) }
}

const contextsWrapper = wrapper('contexts', 'contexts', '1-0-1')
const unstructWrapper = wrapper('ue_properties', 'unstruct_event', '1-0-0')

interface JudgedContexts {
  readonly text: string | null
  readonly items: readonly ValidItem[]
}

const noContexts: JudgedContexts = { text: null, items: [] }

function judgeContexts(json: JsonText | JsonFault, lookup: Lookup): JudgedContexts | InvalidJsons {
  const wrapped = unwrap(json, contextsWrapper, lookup)
  if ('type' in wrapped) return { errors: [wrapped] }
  // The published schema of the wrapper asks for an array; a registry of one's own may have another one.
  if (!Array.isArray(wrapped.data)) return { errors: [notIglu(wrapped.json.value, 'INVALID_DATA_PAYLOAD')] }
  const items: ValidItem[] = []
  const errors: FailureDetail[] = []
  for (const item of wrapped.data) {
    const judged = judgeItem(item, wrapped.json.depth, lookup)
    if ('type' in judged) errors.push(judged)
    else items.push(judged)
  }
  return errors.length > 0 ? { errors } : { text: writeContexts(wrapped, items), items }
}

interface JudgedEvent {
  readonly text: string
  readonly item: ValidItem
}

function judgeUnstructEvent(json: JsonText | JsonFault, lookup: Lookup): JudgedEvent | InvalidJsons {
  const wrapped = unwrap(json, unstructWrapper, lookup)
  if ('type' in wrapped) return { errors: [wrapped] }
  const item = judgeItem(wrapped.data, wrapped.json.depth, lookup)
  if ('type' in item) return { errors: [item] }
  return { text: writeUnstructEvent(wrapped, item), item }
}

interface Wrapped extends SelfDescribing {
  readonly json: JsonText
}

/** The content of a valid wrapper, or what is wrong with it. */
function unwrap(
  json: JsonText | JsonFault,
  { field, criterion }: Wrapper,
  lookup: Lookup,
): Wrapped | FailureDetail {
  if ('error' in json) return { type: 'NotJson', field, value: json.text, error: json.error }
  const described = parseSelfDescribing(json.value)
  if (typeof described === 'string') return notIglu(json.value, described)
  const { schema, data } = described
  if (!matchesCriterion(criterion, schema)) {
    return { type: 'CriterionMismatch', schemaKey: schema.uri, schemaCriterion: criterion.uri }
  }
  const checked = check(described, json.depth, lookup)
  return 'type' in checked ? checked : { json, schema, data }
}

function judgeItem(item: unknown, levels: number, lookup: Lookup): ValidItem | FailureDetail {
  const described = parseSelfDescribing(item)
  if (typeof described === 'string') return notIglu(item, described)
  return check(described, levels, lookup)
}

type IgluErrorDetail = Extract<FailureDetail, { type: 'IgluError' }>

function check(
  { schema, data }: SelfDescribing,
  levels: number,
  lookup: Lookup,
): ValidItem | IgluErrorDetail {
  const answer = lookup(schema)
  if (answer.kind === 'missing') return igluError(schema, answer.error)
  const error = answer.schema.check(data, levels)
  if (error !== undefined) return igluError(schema, error)
  const { supersededBy } = answer.schema
  if (supersededBy === undefined) return { schema, replaced: null }
  const { vendor, name, format } = schema
  return { schema: schemaKey(vendor, name, supersededBy, format), replaced: schema }
}

function notIglu(json: unknown, error: SelfDescribingError): FailureDetail {
  return { type: 'NotIglu', json: asJson(json), error }
}

function igluError(schema: SchemaKey, error: object): IgluErrorDetail {
  return { type: 'IgluError', schemaKey: schema.uri, error: asJson(error) }
}

/** For values that came from JSON.parse or are plain data by their type. */
function asJson(value: unknown): Json {
  return value as Json
}

const contextsHead = `{"schema":"${contextsWrapper.schema.uri}","data":`
const unstructHead = `{"schema":"${unstructWrapper.schema.uri}","data":`

/** Mostly the tracker's own text, with the wrapper's version made equal for all. */
function writeContexts(wrapped: Wrapped, items: readonly ValidItem[]): string | null {
  if (items.length === 0) return null
  const asSent = (wrapped.data as readonly object[]).every(isPlain) && items.every(isUnchanged)
  if (asSent) return `${contextsHead}${dataText(wrapped)}}`
  const texts = elementsOf(dataText(wrapped)).map((text, index) => rewriteItem(text, items[index]))
  return `${contextsHead}[${texts.join(',')}]}`
}

function writeUnstructEvent(wrapped: Wrapped, item: ValidItem): string {
  const text = dataText(wrapped)
  if (isUnchanged(item) && isPlain(wrapped.data)) return `${unstructHead}${text}}`
  return `${unstructHead}${rewriteItem(text, item)}}`
}

function isUnchanged({ replaced }: ValidItem): boolean {
  return replaced === null
}

/** Has the keys schema and data, in this order, and no others. */
function isPlain(json: unknown): boolean {
  const keys = Object.keys(Object(json))
  return keys.length === 2 && keys[0] === 'schema' && keys[1] === 'data'
}

/** The text of the member `data`. */
function dataText({ json, schema }: Wrapped): string {
  // Where it begins is known for everything but its schema, if there is no other key.
  const start = schemaStart.length + schema.uri.length + dataStart.length
  return isPlain(json.value) && json.text.startsWith(dataStart, start - dataStart.length)
    ? json.text.slice(start, -1)
    : (membersOf(json.text).get('data') ?? '')
}

const schemaStart = '{"schema":"'
const dataStart = '","data":'

function rewriteItem(text: string, item: ValidItem | undefined): string {
  return `{"schema":"${item?.schema.uri}","data":${membersOf(text).get('data')}}`
}

const validationInfoSchema = 'iglu:com.snowplowanalytics.iglu/validation_info/jsonschema/1-0-0'

/** One for each pair of versions, however often it occurs in the event. */
function validationInfo(items: readonly ValidItem[]): readonly DerivedContext[] {
  if (items.every(isUnchanged)) return nothing.validationInfo
  const infos = new Map<string, DerivedContext>()
  for (const { schema, replaced } of items) {
    if (replaced === null) continue
    const data = { originalSchema: replaced.uri, validatedWith: schema.version }
    infos.set(replaced.uri, { schema: validationInfoSchema, data })
  }
  return [...infos.values()]
}

/** What is wrong with the contexts that enrichments made: one failure per context. */
export function validateDerivedContexts(
  contexts: readonly DerivedContext[],
  schemas: Schemas,
): readonly EnrichmentFailure[] | Promise<readonly EnrichmentFailure[]> {
  if (contexts.length === 0) return []
  return withSchemas(schemas, lookup => contexts.flatMap(context => judgeDerivedContext(context, lookup)))
}

function judgeDerivedContext(context: DerivedContext, lookup: Lookup): readonly EnrichmentFailure[] {
  const described = parseSelfDescribing(context)
  // An enrichment names its schema itself: a bad name is a bug, not a bad event.
  if (typeof described === 'string') throw new TypeError(`${described}: ${context.schema}`)
  const checked = check(described, Infinity, lookup)
  if (!('type' in checked)) return []
  const enrichment = { schemaKey: context.schema, identifier: 'enrichments-contexts-validation' }
  return [{ enrichment, message: checked }]
}
