import { decodeOnce } from '../../../src/core/adapt/url-decoding.ts'
import { firstAddressIn, clientIpOf } from '../../../src/core/decode/client-ip.ts'
import { decodePayload } from '../../../src/core/decode/collector-payload.ts'
import { isPixelPath } from '../../../src/core/decode/path.ts'
import { parseQuerystring } from '../../../src/core/decode/querystring.ts'
import type { BadRow, CollectorPayload } from '../../../src/core/index.ts'
import { reasonsNotToRun } from '../not-covered.ts'
import { NotCovered, type GoldenFunction } from './types.ts'

/* Snowplow's functions between the bytes of a record and its payload, by ours. */

export type Fields = Readonly<Record<string, unknown>>

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`not a text: ${JSON.stringify(value)}`)
  return value
}

export function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : text(value)
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : []
}

function bytes(value: unknown): Uint8Array {
  const { base64, utf8 } = fields(value)
  return base64 === undefined ? Buffer.from(text(utf8)) : Buffer.from(text(base64), 'base64')
}

/** A payload in the words of the corpus. */
export function describePayload(payload: CollectorPayload): Fields {
  const { querystring, body } = payload
  return { _type: 'CollectorPayload', ...describeCommon(payload), querystring, body }
}

/** What a payload and its raw events have in common. */
export function describeCommon(payload: CollectorPayload): Fields {
  const { timestamp } = payload
  return {
    api: { _type: 'Api', vendor: payload.vendor, version: payload.version },
    contentType: payload.contentType,
    source: {
      _type: 'Source',
      name: payload.collector,
      encoding: payload.encoding,
      hostname: payload.hostname,
    },
    context: {
      _type: 'Context',
      timestamp: timestamp === null ? null : new Date(timestamp).toISOString(),
      ipAddress: payload.ipAddress,
      useragent: payload.useragent,
      refererUri: payload.refererUri,
      headers: payload.headers,
      userId: payload.networkUserId,
    },
  }
}

function describeRow(row: BadRow, processor: unknown): Fields {
  if (row.type !== 'collector_payload_format_violation') throw new TypeError(`unexpected ${row.type}`)
  const { message, loader, payload } = row
  const described =
    'error' in message ? { _type: 'Fallback', ...message } : { _type: 'InputData', ...message }
  return {
    _type: 'CPFormatViolation',
    processor,
    failure: { _type: 'CPFormatViolation', loader, message: described },
    payload: { _type: 'RawPayload', line: Buffer.from(payload).toString('base64') },
  }
}

const toCollectorPayload: GoldenFunction = ({ args }) => {
  const { line, processor, tryBase64Decoding } = fields(args)
  const decoded = decodePayload(bytes(line), { tryBase64Decoding: tryBase64Decoding === true })
  if ('payload' in decoded) return { valid: describePayload(decoded.payload) }
  return { invalid: decoded.rows.map(row => describeRow(row, processor)) }
}

/** Of the headers of a request, or of the field of a CloudFront log, which is escaped. */
const extractIpAddress: GoldenFunction = ({ args }) => {
  const { xForwardedFor, lastIp } = fields(args)
  if (Array.isArray(xForwardedFor)) return clientIpOf(texts(xForwardedFor), textOrNull(lastIp))
  const field = textOrNull(xForwardedFor)
  return (field === null ? null : firstAddressIn(decodeURIComponent(field))) ?? textOrNull(lastIp)
}

function pairsOf(querystring: string | null, encoding: string): unknown {
  if (querystring === null) return { right: [] }
  const parameters = parseQuerystring(querystring, encoding)
  return 'error' in parameters ? { left: parameters.error } : { right: parameters }
}

/** As java.net.URLDecoder reads it, which refuses what is no escape. Only access logs are read so strictly. */
const decodeString: GoldenFunction = ({ args }) => {
  const [encoding, value] = Array.isArray(args) ? args.map(text) : []
  if (encoding !== 'UTF-8' || value === undefined) throw new TypeError(`not UTF-8: ${encoding}`)
  const decoded = decodeOnce(value)
  return 'error' in decoded ? { left: decoded.error } : { right: decoded.text }
}

/** Of a stream's records. */
const getLoader: GoldenFunction = ({ args }) => {
  const { collectorOrProtocol } = fields(args)
  if (collectorOrProtocol === 'thrift') return { right: { _type: 'ThriftLoader' } }
  throw new NotCovered(reasonsNotToRun.loaders)
}

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'ThriftLoader.toCollectorPayload': toCollectorPayload,
  'IpAddressExtractor.extractIpAddress': extractIpAddress,
  'ConversionUtils.decodeString': decodeString,
  'Loader.getLoader': getLoader,
  'CollectorPayload.isIceRequest': ({ args }) => isPixelPath(text(fields(args)['path'])),
  'Loader.parseQuerystring': ({ args }) => {
    const { qs, encoding } = fields(args)
    return pairsOf(textOrNull(qs), text(encoding))
  },
  'ConversionUtils.extractQuerystring': ({ args }) => {
    const { uri, encoding } = fields(args)
    const query = /\?(.*)$/s.exec(text(uri))?.[1]
    return pairsOf(query ?? null, text(encoding))
  },
}
