/** Names one version of one schema. Made by `parseSchemaKey` or `schemaKey`, so that `uri` always agrees with the parts. */
export interface SchemaKey {
  readonly vendor: string
  readonly name: string
  readonly format: string
  /** MODEL-REVISION-ADDITION, for example `1-0-2`. */
  readonly version: string
  /** The whole key as text, `iglu:vendor/name/format/version`. */
  readonly uri: string
}

/** Why a text is not a schema key, in Snowplow's words. */
export type SchemaKeyError = 'INVALID_IGLUURI' | 'INVALID_SCHEMAVER'

/** Why a JSON value is not self-describing, in Snowplow's words. */
export type SelfDescribingError = SchemaKeyError | 'INVALID_DATA_PAYLOAD' | 'INVALID_SCHEMA'

export interface SelfDescribing {
  readonly schema: SchemaKey
  readonly data: unknown
}

// Snowplow first looks for three runs of digits, possibly empty, and only then asks whether they make a version: so
// `1-0` is a bad URI and `01-0-0` a bad version.
const uriShape = /^iglu:([a-zA-Z0-9\-_.]+)\/([a-zA-Z0-9\-_]+)\/([a-zA-Z0-9\-_]+)\/([0-9]*-[0-9]*-[0-9]*)$/
const versionShape = /^([1-9][0-9]*)-(0|[1-9][0-9]*)-(0|[1-9][0-9]*)$/

// The parts of a version are 32-bit integers in every other implementation.
const maxVersionPart = 2 ** 31 - 1

// Far more schemas than one pipeline sees. Texts that are longer than any real key are parsed each time instead, so
// that hostile input cannot fill the memory. Forgetting all at once is three times as fast as keeping track of the
// oldest, and eight keys are read per event (bench/core.ts).
const maxCached = 4096
const maxCachedLength = 512
const parsed = new Map<string, SchemaKey | SchemaKeyError>()

/** The key that a URI names, or why it names none. Equal texts give the same object while they are in use. */
export function parseSchemaKey(uri: string): SchemaKey | SchemaKeyError {
  const known = parsed.get(uri)
  if (known !== undefined) return known
  const result = readSchemaKey(uri)
  if (parsed.size >= maxCached) parsed.clear()
  if (uri.length <= maxCachedLength) parsed.set(uri, result)
  return result
}

/** The key with these parts, which the caller knows to be well formed. */
export function schemaKey(vendor: string, name: string, version: string, format = 'jsonschema'): SchemaKey {
  return { vendor, name, format, version, uri: `iglu:${vendor}/${name}/${format}/${version}` }
}

/** Orders two versions: negative, zero or positive. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('-')
  const right = b.split('-')
  for (let part = 0; part < 3; part++) {
    const difference = Number(left[part]) - Number(right[part])
    if (difference !== 0) return difference
  }
  return 0
}

/** Whether a text is a full version, as in `1-0-2`. */
export function isVersion(text: string): boolean {
  const parts = versionShape.exec(text)
  return parts !== null && parts.slice(1).every(part => Number(part) <= maxVersionPart)
}

/** Splits `{"schema": "iglu:…", "data": …}`. Other fields are allowed and ignored, as in Snowplow. */
export function parseSelfDescribing(json: unknown): SelfDescribing | SelfDescribingError {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'INVALID_DATA_PAYLOAD'
  const uri = 'schema' in json && Object.hasOwn(json, 'schema') ? json.schema : undefined
  if (typeof uri !== 'string') return 'INVALID_DATA_PAYLOAD'
  const schema = parseSchemaKey(uri)
  if (typeof schema === 'string') return schema
  if (!('data' in json) || json.data === undefined) return 'INVALID_DATA_PAYLOAD'
  return { schema, data: json.data }
}

function readSchemaKey(uri: string): SchemaKey | SchemaKeyError {
  const parts = uriShape.exec(uri)
  if (parts === null) return 'INVALID_IGLUURI'
  const [, vendor = '', name = '', format = '', version = ''] = parts
  if (!isVersion(version)) return 'INVALID_SCHEMAVER'
  return { vendor, name, format, version, uri }
}
