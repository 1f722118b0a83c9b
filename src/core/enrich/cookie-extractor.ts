import type { DerivedContext } from '../event.ts'
import type { EnrichmentKind } from './configuration.ts'

/** Attaches the cookies with the given names. Never fails. */
export const cookieExtractor: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow/cookie_extractor_config/jsonschema/1-0-*',
  name: 'cookie-extractor',
  step: 'cookie-extractor',
  create({ parameters: { cookies } }) {
    if (!Array.isArray(cookies)) return { errors: ['cookies must be a list of names'] }
    const names = new Set(cookies)
    return (_event, { raw }) => extractCookies(raw.payload.headers, names)
  },
}

/** One context per cookie, in the order of the request. A cookie without `=` has no value. */
export function extractCookies(
  headers: readonly string[],
  names: ReadonlySet<unknown>,
): readonly DerivedContext[] {
  return headers.filter(isCookieHeader).flatMap(header =>
    header
      .slice(header.indexOf(':') + 1)
      .split(';')
      .map(readCookie)
      .filter(({ name, value }) => names.has(name) && (name !== '' || value !== null))
      .map(data => ({ schema: 'iglu:org.ietf/http_cookie/jsonschema/1-0-0', data })),
  )
}

function isCookieHeader(header: string): boolean {
  return /^\s*cookie\s*:/i.test(header)
}

function readCookie(pair: string): { readonly name: string; readonly value: string | null } {
  const equals = pair.indexOf('=')
  if (equals < 0) return { name: pair.trim(), value: null }
  const value = pair.slice(equals + 1).trim()
  const quoted = value.length > 1 && value.startsWith('"') && value.endsWith('"')
  return { name: pair.slice(0, equals).trim(), value: quoted ? value.slice(1, -1) : value }
}
