import { hash } from 'node:crypto'
import type { HttpRequest } from '../services.ts'

/** The headers that Yauaa looks at beside the user agent, lower-case, by the names that its service has for them. */
const clientHints: ReadonlyMap<string, string> = new Map([
  ['sec-ch-ua', 'secChUa'],
  ['sec-ch-ua-arch', 'secChUaArch'],
  ['sec-ch-ua-bitness', 'secChUaBitness'],
  ['sec-ch-ua-full-version', 'secChUaFullVersion'],
  ['sec-ch-ua-full-version-list', 'secChUaFullVersionList'],
  ['sec-ch-ua-mobile', 'secChUaMobile'],
  ['sec-ch-ua-model', 'secChUaModel'],
  ['sec-ch-ua-platform', 'secChUaPlatform'],
  ['sec-ch-ua-platform-version', 'secChUaPlatformVersion'],
  ['sec-ch-ua-wow64', 'secChUaWoW64'],
])

export type YauaaHeaders = Readonly<Record<string, string>>

/**
 * What is asked about: the user agent and the client hints among `headers` (`Name: value`). Of a header that comes
 * twice the last counts. The names are in a fixed order, so that equal questions read alike.
 */
export function headersOf(userAgent: string, headers: readonly string[]): YauaaHeaders {
  const found = new Map<string, string>()
  for (const header of headers) {
    const colon = header.indexOf(':')
    const name = clientHints.get(header.slice(0, Math.max(colon, 0)).trim().toLowerCase())
    if (name !== undefined) found.set(name, header.slice(colon + 1).trim())
  }
  const hints = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  return { userAgent, ...Object.fromEntries(hints) }
}

const query =
  'query ($headers: RequestHeadersInput) { analyze(requestHeaders: $headers) { fields { fieldName value } } }'

/**
 * A question to Yauaa's own web service. Its REST interface does not take client hints; this one, GraphQL, does since
 * 7.4.0. Values are variables: nothing that a visitor sends is ever part of the query.
 */
export function questionOf(url: string, headers: YauaaHeaders): HttpRequest {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query, variables: { headers } }),
  }
}

/** A cache of many must not be large: user agents are long. */
export function cacheKeyOf(headers: YauaaHeaders): string {
  return hash('sha256', JSON.stringify(headers), 'base64')
}
