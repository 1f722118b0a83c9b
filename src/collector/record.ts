import type { ThriftPayload } from '../core/index.ts'
import type { CollectorConfig } from './config.ts'
import type { HttpRequest } from './request.ts'
import type { Visitor } from './visitor.ts'

/** Headers that say where a request came from. */
const addressHeaders = ['x-forwarded-for', 'forwarded'] as const

/** Headers that say who sent a request; left out for a visitor who wants to stay anonymous. */
const identifyingHeaders: ReadonlySet<string> = new Set([
  ...addressHeaders,
  'authorization',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'client-ip',
  'cookie',
  'cookie2',
  'fastly-client-ip',
  'fly-client-ip',
  'proxy-authorization',
  'remote-address',
  'true-client-ip',
  'via',
  'x-appengine-user-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'x-real-ip',
])

// Enrich takes a visitor's address from these before it looks at the record's: where only some proxies are trusted,
// what the others wrote must not get that far.
const forgeableHeaders: ReadonlySet<string> = new Set(addressHeaders)
const nothing: ReadonlySet<string> = new Set()

/** The request as it is written into the raw stream. */
export function payloadOf(request: HttpRequest, visitor: Visitor, config: CollectorConfig): ThriftPayload {
  const { headers } = request
  const { artifact, version } = config.processor
  return {
    ipAddress: visitor.ipAddress,
    timestamp: request.receivedAt,
    encoding: 'UTF-8',
    collector: `${artifact}-${version}`,
    userAgent: headerText(headers['user-agent']),
    refererUri: headerText(headers.referer),
    path: request.path,
    querystring: request.querystring === '' ? undefined : request.querystring,
    body: request.body === '' ? undefined : request.body,
    headers: headerLines(request.rawHeaders, leftOut(visitor, config)),
    contentType: contentType(headers['content-type']),
    hostname: hostname(headers.host),
    networkUserId: visitor.networkUserId,
  }
}

function leftOut(visitor: Visitor, config: CollectorConfig): ReadonlySet<string> {
  if (visitor.anonymous) return identifyingHeaders
  return config.trustedProxies === 'all' ? nothing : forgeableHeaders
}

function headerLines(rawHeaders: readonly string[], left: ReadonlySet<string>): string[] {
  const lines: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!left.has(name.toLowerCase())) lines.push(`${name}: ${headerText(rawHeaders[index + 1])}`)
  }
  return lines
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Node reads headers as latin1; apps put their names into User-Agent in UTF-8. */
function headerText(value: string): string
function headerText(value: string | undefined): string | undefined
function headerText(value: string | undefined): string | undefined {
  if (value === undefined || !/[\u0080-\u00ff]/.test(value)) return value
  try {
    return utf8.decode(Buffer.from(value, 'latin1'))
  } catch {
    return value
  }
}

/** Enrich compares content types as text, and knows `application/json; charset=utf-8`. */
function contentType(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const parts = value.toLowerCase().split(';')
  return parts.map(part => part.trim().replace(/^(charset=)"(.*)"$/, '$1$2')).join('; ')
}

function hostname(host: string | undefined): string | undefined {
  return host?.replace(/:\d*$/, '')
}
