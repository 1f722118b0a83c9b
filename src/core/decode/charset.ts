/** A character encoding: its canonical name, and bytes into text. Bytes that mean nothing become U+FFFD. */
export interface Charset {
  readonly name: string
  decode(bytes: Buffer): string
}

export const utf8: Charset = { name: 'UTF-8', decode: bytes => bytes.toString('utf8') }

// WHATWG calls both of these windows-1252, which gives 0x80 to 0x9F another meaning than Java does.
const latin1: Charset = { name: 'ISO-8859-1', decode: bytes => bytes.toString('latin1') }
const ascii: Charset = {
  name: 'US-ASCII',
  decode: bytes => bytes.toString('latin1').replaceAll(/[\u0080-\u00ff]/g, '\ufffd'),
}

const charsets = new Map<string, Charset>([
  ['UTF-8', utf8],
  ['utf-8', utf8],
  ['utf8', utf8],
  ['iso-8859-1', latin1],
  ['iso8859_1', latin1],
  ['latin1', latin1],
  ['us-ascii', ascii],
  ['ascii', ascii],
])

/** The encoding of that name, in any case; null when there is none. */
export function charsetOf(name: string): Charset | null {
  const known = charsets.get(name) ?? charsets.get(name.toLowerCase())
  if (known !== undefined) return known
  const made = makeCharset(name)
  // Only names that exist are kept, so that hostile records cannot fill the map.
  if (made !== null) charsets.set(name.toLowerCase(), made)
  return made
}

// TextDecoder would forgive spaces around the name.
const legalName = /^[a-z0-9][a-z0-9+.:_-]*$/i

function makeCharset(name: string): Charset | null {
  if (!legalName.test(name)) return null
  try {
    const decoder = new TextDecoder(name)
    return { name: decoder.encoding.toUpperCase(), decode: bytes => decoder.decode(bytes) }
  } catch {
    return null
  }
}
