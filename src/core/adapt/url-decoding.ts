import { decodePercents } from '../percent.ts'

/*
 * Percent-encoding in CloudFront's logs, which encode what was encoded already: `%2520` is a space.
 */

export function unescapePercents(text: string): string {
  return text.replaceAll(/%25([\dA-Fa-f]{2})/g, '%$1')
}

const broken = /%(?![\dA-Fa-f]{2})/

/** UTF-8 and `+` as a space, as java.net.URLDecoder reads it; without line breaks, and with spaces for tabs. */
export function decodeOnce(text: string): { readonly text: string } | { readonly error: string } {
  const at = text.search(broken)
  if (at >= 0) {
    const reason =
      at + 2 < text.length
        ? `Illegal hex characters in escape (%) pattern - For input string: "${text.slice(at + 1, at + 3)}"`
        : 'Incomplete trailing escape (%) pattern'
    return { error: `exception URL-decoding (encoding UTF-8): URLDecoder: ${reason}` }
  }
  const decoded = decodePercents(text.replaceAll('+', ' '))
  return { text: decoded.replaceAll(/[\r\n]/g, '').replaceAll('\t', '    ') }
}
