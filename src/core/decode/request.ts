import { matchesCriterion, parseSchemaKey, type SchemaCriterion } from '../../iglu/index.ts'
import { readStruct, type ThriftStruct } from './thrift.ts'

/** What a collector wrote about one request, as it stands in the record. */
export interface CollectedRequest {
  readonly ipAddress: string | null
  readonly timestamp: number | null
  readonly encoding: string | null
  readonly collector: string | null
  readonly userAgent: string | null
  readonly refererUri: string | null
  readonly path: string | null
  readonly querystring: string | null
  readonly body: string | null
  readonly headers: readonly string[] | null
  readonly contentType: string | null
  readonly hostname: string | null
  readonly networkUserId: string | null
}

const schemaField = 31337
const wanted: SchemaCriterion = {
  vendor: 'com.snowplowanalytics.snowplow',
  name: 'CollectorPayload',
  format: 'thrift',
  version: '1-0-*',
  uri: 'iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-*',
}

/** Reads a record in either of the formats that collectors write. */
export function readRequest(bytes: Buffer): CollectedRequest | { readonly error: string } {
  const struct = readStruct(bytes)
  if ('reason' in struct) return { error: `error deserializing raw event: ${struct.reason}` }
  const schema = struct.string(schemaField)
  if (schema === null) return readLegacyRequest(struct)
  const error = mismatch(schema)
  return error === null ? readCurrentRequest(struct) : { error }
}

function mismatch(schema: string): string | null {
  const key = parseSchemaKey(schema)
  if (typeof key === 'string') return `could not parse schema: ${key}`
  return matchesCriterion(wanted, key) ? null : `verifying record as ${wanted.uri} failed: found ${key.uri}`
}

// The ids of the published artifact; those in Iglu Central's .thrift text are not what is on the wire.
function readCurrentRequest(struct: ThriftStruct): CollectedRequest {
  return {
    ipAddress: struct.string(100),
    timestamp: struct.i64(200),
    encoding: struct.string(210),
    collector: struct.string(220),
    userAgent: struct.string(300),
    refererUri: struct.string(310),
    path: struct.string(320),
    querystring: struct.string(330),
    body: struct.string(340),
    headers: struct.strings(350),
    contentType: struct.string(360),
    hostname: struct.string(400),
    networkUserId: struct.string(410),
  }
}

/** SnowplowRawEvent, of collectors before 2014: only ever the pixel. */
function readLegacyRequest(struct: ThriftStruct): CollectedRequest {
  return {
    ipAddress: struct.string(40),
    timestamp: struct.i64(1),
    encoding: struct.string(30),
    collector: struct.string(20),
    userAgent: struct.string(50),
    refererUri: struct.string(60),
    path: '/i',
    querystring: struct.struct(41)?.string(3) ?? null,
    body: null,
    headers: struct.strings(70),
    contentType: null,
    hostname: struct.string(45),
    networkUserId: struct.string(80),
  }
}
