import type { Parameter } from '../event.ts'
import { charsetOf, utf8, type Charset } from './charset.ts'

// What java.net.URI does not let stand in a query or a fragment. It takes any character beyond ASCII that is neither
// a control nor a space; `#` ends a query.
const illegal = /%(?![\dA-Fa-f]{2})|[\p{Cc}\p{Z}"#<>\\^`{|}]/u

// The text is judged as part of this address, and error messages count from its start.
const address = 'http://localhost/?'

/**
 * The names and values of a querystring (without its `?`) or of a form, in their order; the error is what a Java URI
 * says of a character that may not be in one. `+` is a space, `%XX` is a byte in `encoding`; `&` and `;` separate.
 */
export function parseQuerystring(text: string, encoding: string): Parameter[] | { readonly error: string } {
  const charset = charsetOf(encoding)
  if (charset === null) return { error: encoding }
  const at = text.search(illegal)
  if (at === -1) return parametersOf(text, charset)
  if (text[at] !== '#') return { error: illegalAt(text, at, 'query') }
  const inFragment = text.slice(at + 1).search(illegal)
  if (inFragment !== -1) return { error: illegalAt(text, at + 1 + inFragment, 'fragment') }
  return parametersOf(text.slice(0, at), charset)
}

/** The same of any text: what is illegal stands for itself. An unknown encoding is taken for UTF-8. */
export function parseQuerystringLeniently(text: string, encoding: string): Parameter[] {
  const hash = text.indexOf('#')
  return parametersOf(hash === -1 ? text : text.slice(0, hash), charsetOf(encoding) ?? utf8)
}

function illegalAt(text: string, at: number, part: 'query' | 'fragment'): string {
  const reason = text[at] === '%' ? 'Malformed escape pair' : `Illegal character in ${part}`
  return `${reason} at index ${address.length + at}: ${address}${text}`
}

function parametersOf(query: string, charset: Charset): Parameter[] {
  const ascii = Buffer.byteLength(query) === query.length
  const read = ascii ? unescapeAscii : unescape
  const parameters: Parameter[] = []
  for (const pair of query.split(query.includes(';') ? /[&;]/ : '&')) {
    const equals = pair.indexOf('=')
    if (equals === 0 || pair === '') continue
    if (equals === -1) parameters.push([read(pair, charset), null])
    else parameters.push([read(pair.slice(0, equals), charset), read(pair.slice(equals + 1), charset)])
  }
  return parameters
}

/** Characters beyond ASCII stand for themselves, between the bytes of what is around them. */
function unescape(text: string, charset: Charset): string {
  return text.replaceAll(/[^\u0080-\uffff]+/g, ascii => unescapeAscii(ascii, charset))
}

const percent = 0x25
const plus = 0x2b
const space = 0x20

// The whole text becomes bytes before they become text again, because in some encodings the second byte of a
// character is written as a plain letter. As fast as decodeURIComponent, which throws where this does not (bench/core.ts).
function unescapeAscii(text: string, charset: Charset): string {
  if (!text.includes('%') && !text.includes('+')) return text
  const bytes = text.length <= scratch.length ? scratch : Buffer.allocUnsafe(text.length)
  const end = bytes.write(text, 'latin1')
  let length = 0
  for (let at = 0; at < end; at++) {
    let byte = bytes[at] ?? 0
    if (byte === plus) byte = space
    else if (byte === percent && at + 2 < end) {
      const escaped = hex(bytes[at + 1]) * 16 + hex(bytes[at + 2])
      if (escaped >= 0) {
        byte = escaped
        at += 2
      }
    }
    bytes[length++] = byte
  }
  return charset.decode(bytes.subarray(0, length))
}

/** Only ever used between two lines of one function. Most values are shorter; a longer one gets its own. */
const scratch = Buffer.allocUnsafe(16 * 1024)

/** So small that two digits cannot be 0 or more when one of them is none. */
const notHex = -1000

const hexDigits = Int16Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code)
  return /[\da-f]/i.test(character) ? Number.parseInt(character, 16) : notHex
})

function hex(code: number | undefined): number {
  return code === undefined ? notHex : (hexDigits[code] ?? notHex)
}
