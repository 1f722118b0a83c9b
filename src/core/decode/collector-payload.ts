import type { BadRow } from '../bad-row.ts'
import type { CollectorPayload, Parameter } from '../event.ts'
import type { CoreOptions } from '../options.ts'
import { charsetOf, type Charset } from './charset.ts'
import { clientIpOf } from './client-ip.ts'
import { apiOf, type Api } from './path.ts'
import { parseQuerystring } from './querystring.ts'
import { readRequest, type CollectedRequest } from './request.ts'
import { readUuid } from './uuid.ts'

export type DecodedPayload = { readonly payload: CollectorPayload } | { readonly rows: readonly BadRow[] }

type Violation = Extract<BadRow, { type: 'collector_payload_format_violation' }>['message']

/** The request that a record of the raw stream holds, or a bad row for each thing that is wrong with it. */
export function decodePayload(
  data: Uint8Array,
  options: Pick<CoreOptions, 'tryBase64Decoding'>,
): DecodedPayload {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const request = options.tryBase64Decoding ? readPlainOrBase64(bytes) : readRequest(bytes)
  const payload = 'error' in request ? [request] : interpret(request)
  return Array.isArray(payload) ? { rows: payload.map(message => badRow(message, data)) } : { payload }
}

function badRow(message: Violation, payload: Uint8Array): BadRow {
  return { type: 'collector_payload_format_violation', loader: 'thrift', message, payload }
}

const base64 = /^[A-Za-z0-9+/]+={0,2}\s*$/

function readPlainOrBase64(bytes: Buffer): CollectedRequest | { readonly error: string } {
  const request = readRequest(bytes)
  if (!('error' in request)) return request
  const text = bytes.toString('latin1')
  return base64.test(text) ? readRequest(Buffer.from(text, 'base64')) : request
}

function interpret(request: CollectedRequest): CollectorPayload | Violation[] {
  const { encoding } = request
  const charset = encoding === null ? null : charsetOf(encoding)
  if (encoding === null || charset === null) return [{ error: badEncoding(encoding) }]
  const querystring = readQuerystring(request.querystring, charset)
  const api = readPath(request.path)
  const networkUserId = readNetworkUserId(request.networkUserId)
  if (isViolation(querystring) || isViolation(api) || isViolation(networkUserId)) {
    return [querystring, api, networkUserId].filter(isViolation)
  }
  const headers = request.headers ?? []
  return {
    vendor: api.vendor,
    version: api.version,
    querystring,
    contentType: request.contentType,
    body: request.body,
    collector: request.collector ?? '',
    encoding,
    hostname: request.hostname,
    timestamp: request.timestamp,
    ipAddress: clientIpOf(headers, request.ipAddress),
    useragent: request.userAgent,
    refererUri: request.refererUri,
    headers,
    networkUserId,
  }
}

function badEncoding(encoding: string | null): string {
  const reason = encoding === null ? 'no encoding is given' : `unknown encoding ${encoding}`
  return `error deserializing raw event: ${reason}`
}

function readQuerystring(text: string | null, charset: Charset): Parameter[] | Violation {
  if (text === null) return []
  const parameters = parseQuerystring(text, charset.name)
  if (!('error' in parameters)) return parameters
  const what = `could not extract name-value pairs from querystring with encoding ${charset.name}`
  return refuse('querystring', text, `${what}: ${cleanMessage(parameters.error)}`)
}

function readPath(path: string | null): Api | Violation {
  if (path === null) return refuse('path', null, 'request does not contain a path')
  const expectation = 'path does not match (/)vendor/version(/) nor is a legacy /i(ce.png) request'
  return apiOf(path) ?? refuse('path', path, expectation)
}

function readNetworkUserId(text: string | null): string | null | Violation {
  return text === null ? null : (readUuid(text) ?? refuse('networkUserId', text, 'not valid UUID'))
}

function refuse(payloadField: string, value: string | null, expectation: string): Violation {
  return { payloadField, value, expectation }
}

function isViolation(part: unknown): part is Violation {
  return typeof part === 'object' && part !== null && 'payloadField' in part
}

function cleanMessage(message: string): string {
  return message
    .replaceAll('\t', '    ')
    .replaceAll(/[\p{Cc}--[\u0080-\u009f]]/gv, '')
    .trim()
}
