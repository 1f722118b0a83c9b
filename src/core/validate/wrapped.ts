import {
  parseCriterion,
  schemaKey,
  type SchemaCriterion,
  type SchemaKey,
  type SelfDescribing,
} from '../../iglu/index.ts'
import { isUnchanged, type ValidItem } from './item.ts'
import type { JsonText } from './json-text.ts'
import { elementsOf, membersOf } from './json-tokens.ts'

/*
 * The wrappers around contexts and unstruct events, written anew for consumers: from the tracker's own text, with the
 * keys in the order schema, data.
 */

export interface Wrapper {
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

export const contextsWrapper = wrapper('contexts', 'contexts', '1-0-1')
export const unstructWrapper = wrapper('ue_properties', 'unstruct_event', '1-0-0')

/** A wrapper that is valid, with its content still to be judged. */
export interface Wrapped extends SelfDescribing {
  readonly json: JsonText
}

const contextsHead = `{"schema":"${contextsWrapper.schema.uri}","data":`
const unstructHead = `{"schema":"${unstructWrapper.schema.uri}","data":`

/** Mostly the tracker's own text, with the wrapper's version made equal for all. An item that is null is left out. */
export function writeContexts(wrapped: Wrapped, items: readonly (ValidItem | null)[]): string | null {
  if (items.every(item => item === null)) return null
  const asSent = (wrapped.data as readonly object[]).every(isPlain) && items.every(isUnchanged)
  if (asSent) return `${contextsHead}${dataText(wrapped)}}`
  const texts = elementsOf(dataText(wrapped)).flatMap((text, index) => {
    const item = items[index] ?? null
    return item === null ? [] : [rewriteItem(text, item)]
  })
  return `${contextsHead}[${texts.join(',')}]}`
}

export function writeUnstructEvent(wrapped: Wrapped, item: ValidItem): string {
  const text = dataText(wrapped)
  if (isUnchanged(item) && isPlain(wrapped.data)) return `${unstructHead}${text}}`
  return `${unstructHead}${rewriteItem(text, item)}}`
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

function rewriteItem(text: string, item: ValidItem): string {
  return `{"schema":"${item.schema.uri}","data":${membersOf(text).get('data')}}`
}
