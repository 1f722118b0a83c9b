import { matchesCriterion, parseSelfDescribing, type SchemaKey } from '../../iglu/index.ts'
import type { FailureDetail } from '../bad-row.ts'
import type { DerivedContext } from '../event.ts'
import type { Schemas } from '../options.ts'
import { withSchemas, type Lookup } from './at-hand.ts'
import { check, isUnchanged, judgeItem, notIglu, type ValidItem } from './item.ts'
import type { JsonFault, JsonText } from './json-text.ts'
import {
  contextsWrapper,
  unstructWrapper,
  writeContexts,
  writeUnstructEvent,
  type Wrapped,
  type Wrapper,
} from './wrapped.ts'

/*
 * The tracker's self-describing JSONs are held against their schemas, and written anew.
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
  readonly findings: readonly Finding[]
  /** What is left without them. */
  valid(): ValidJsons
}

/** One JSON that is not as it should be. */
export interface Finding {
  readonly column: 'contexts' | 'unstruct_event'
  /** The whole of what was sent, or something in a wrapper that is good itself. */
  readonly part: 'wrapper' | 'item'
  readonly detail: FailureDetail
  /** As it was sent. A text where it is no JSON. */
  readonly json: unknown
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
  const unstructEvent = unstruct === null || 'detail' in unstruct ? null : unstruct
  const findings =
    unstruct !== null && 'detail' in unstruct ? [...contexts.findings, unstruct] : contexts.findings
  if (findings.length === 0) return validJsons(contexts, unstructEvent)
  const errors = findings.map(({ detail }) => detail)
  return { errors, findings, valid: () => validJsons(contexts, unstructEvent) }
}

function validJsons({ wrapped, items }: JudgedContexts, unstruct: JudgedEvent | null): ValidJsons {
  return {
    contexts: wrapped === null ? null : writeContexts(wrapped, items),
    unstructEvent: unstruct === null ? null : writeUnstructEvent(unstruct.wrapped, unstruct.item),
    unstructSchema: unstruct?.item.schema ?? null,
    validationInfo: validationInfo(unstruct === null ? items : [...items, unstruct.item]),
  }
}

interface JudgedContexts {
  /** Null where there is none, or none that can be opened. */
  readonly wrapped: Wrapped | null
  /** In the order of the list that was sent, null for those that are not valid. */
  readonly items: readonly (ValidItem | null)[]
  readonly findings: readonly Finding[]
}

const noContexts: JudgedContexts = { wrapped: null, items: [], findings: [] }

function judgeContexts(json: JsonText | JsonFault, lookup: Lookup): JudgedContexts {
  const wrapped = unwrap(json, contextsWrapper, lookup)
  if ('type' in wrapped) return { ...noContexts, findings: [finding('contexts', wrapped, json)] }
  // The published schema of the wrapper asks for an array; a registry of one's own may have another one.
  if (!Array.isArray(wrapped.data)) {
    const detail = notIglu(wrapped.json.value, 'INVALID_DATA_PAYLOAD')
    return { ...noContexts, findings: [finding('contexts', detail, json)] }
  }
  const findings: Finding[] = []
  const items = wrapped.data.map((item: unknown) => {
    const judged = judgeItem(item, wrapped.json.depth, lookup)
    if (!('type' in judged)) return judged
    findings.push({ column: 'contexts', part: 'item', detail: judged, json: item })
    return null
  })
  return { wrapped, items, findings }
}

interface JudgedEvent {
  readonly wrapped: Wrapped
  readonly item: ValidItem
}

function judgeUnstructEvent(json: JsonText | JsonFault, lookup: Lookup): JudgedEvent | Finding {
  const wrapped = unwrap(json, unstructWrapper, lookup)
  if ('type' in wrapped) return finding('unstruct_event', wrapped, json)
  const item = judgeItem(wrapped.data, wrapped.json.depth, lookup)
  return 'type' in item
    ? { column: 'unstruct_event', part: 'item', detail: item, json: wrapped.data }
    : { wrapped, item }
}

/** Of a wrapper. */
function finding(column: Finding['column'], detail: FailureDetail, json: JsonText | JsonFault): Finding {
  return { column, part: 'wrapper', detail, json: 'error' in json ? json.text : json.value }
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

const validationInfoSchema = 'iglu:com.snowplowanalytics.iglu/validation_info/jsonschema/1-0-0'

/** One for each pair of versions, however often it occurs in the event. */
function validationInfo(items: JudgedContexts['items']): readonly DerivedContext[] {
  if (items.every(isUnchanged)) return nothing.validationInfo
  const infos = new Map<string, DerivedContext>()
  for (const item of items) {
    if (item === null || item.replaced === null) continue
    const { schema, replaced } = item
    const data = { originalSchema: replaced.uri, validatedWith: schema.version }
    infos.set(replaced.uri, { schema: validationInfoSchema, data })
  }
  return [...infos.values()]
}
