import { decodePercents, encodePercent } from '../percent.ts'
import { parseJavaUri, type Uri, type UriError } from './java-uri.ts'

/*
 * A second try at what java.net.URI refuses: macros that nobody filled in, a second `#`, stray percent signs. The text
 * is cut into its parts, and each is decoded and encoded anew, which leaves only letters, digits, `-`, `.`, `_`, `~`
 * and `+` as they are. The result is read as Java reads it. Snowplow does so with the library scala-uri.
 */

const shape = /^([A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([^]*))?$/
const authorityShape = /^(?:([^:[\]@]*)(:[^@]*)?@)?(\[[^\]]*\]|[^:]*)(:\d{1,10})?$/

export function parseRelaxedUri(text: string): Uri | UriError {
  const parts = shape.exec(text)
  if (parts === null) return { error: 'it has no shape of a URI' }
  const [, scheme = '', authority, path = '', query, fragment] = parts
  const authorityText = authority === undefined ? '' : recodeAuthority(authority)
  if (authorityText === null) return { error: `illegal authority: ${authority}` }
  const queryText = query === undefined ? '' : `?${recodeQuery(query)}`
  const fragmentText = fragment === undefined ? '' : `#${recode(fragment)}`
  return parseJavaUri(
    scheme + authorityText + path.split('/').map(recode).join('/') + queryText + fragmentText,
  )
}

function recodeAuthority(authority: string): string | null {
  const parts = authorityShape.exec(authority)
  if (parts === null) return null
  const [, user, password, host = '', port = ''] = parts
  const passwordText = password === undefined ? '' : `:${recode(password.slice(1))}`
  const userText = user === undefined ? '' : `${recode(user)}${passwordText}@`
  return `//${userText}${host}${port}`
}

function recodeQuery(query: string): string {
  return query
    .split('&')
    .map(parameter => {
      const equals = parameter.indexOf('=')
      if (equals < 0) return recode(parameter)
      return `${recode(parameter.slice(0, equals))}=${recode(parameter.slice(equals + 1))}`
    })
    .join('&')
}

const kept = /^[\w.~+-]*$/
const keptByJavaScript = /[!'()*]/g

function recode(part: string): string {
  if (kept.test(part)) return part
  return encodeURIComponent(decodePercents(part).toWellFormed())
    .replaceAll('%2B', '+')
    .replace(keptByJavaScript, encodePercent)
}
