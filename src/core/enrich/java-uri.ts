import { parseIpv6 } from './ip-address.ts'
import * as characters from './uri-characters.ts'
import { isOf, scanOver } from './uri-characters.ts'

/** The parts of a URI as they are written: nothing is decoded. A part without characters is null. */
export interface Uri {
  readonly text: string
  readonly scheme: string | null
  /** Null too where the authority is not `user@host:port` with a host name that RFC 2396 allows. */
  readonly host: string | null
  readonly port: number | null
  readonly path: string | null
  readonly query: string | null
  readonly fragment: string | null
}

export interface UriError {
  readonly error: string
}

/** A URI as java.net.URI reads it. */
export function parseJavaUri(text: string): Uri | UriError {
  const parser = new JavaUriParser(text)
  parser.parse()
  return parser.problem === '' ? parser : { error: parser.problem }
}

/** Left to right, once. The first thing that is wrong is kept in `problem`; what was read by then is of no use. */
class JavaUriParser implements Uri {
  readonly text: string
  problem = ''
  scheme: string | null = null
  host: string | null = null
  port: number | null = null
  path: string | null = null
  query: string | null = null
  fragment: string | null = null

  constructor(text: string) {
    this.text = text
  }

  parse(): void {
    const { text } = this
    const hash = text.indexOf('#')
    const end = hash < 0 ? text.length : hash
    const colon = this.#schemeEnd(end)
    if (colon >= 0) this.#readScheme(colon)
    const start = colon + 1
    if (colon >= 0 && text.charAt(start) !== '/') this.#readOpaque(start, end)
    else this.#readHierarchical(start, end)
    if (hash >= 0) this.fragment = this.#checked(hash + 1, text.length, characters.uric, 'fragment')
  }

  /** A colon before any slash or question mark ends a scheme; -1 when there is none. */
  #schemeEnd(end: number): number {
    const { text } = this
    for (let at = 0; at < end; at++) {
      const char = text.charCodeAt(at)
      if (char === 58 /* : */) return at
      if (char === 47 /* / */ || char === 63 /* ? */) return -1
    }
    return -1
  }

  #readScheme(end: number): void {
    if (end === 0) this.#fail('Expected scheme name', 0)
    else if (!isOf(this.text, 0, characters.alpha)) this.#fail('Illegal character in scheme name', 0)
    this.scheme = this.#checked(0, end, characters.scheme, 'scheme name')
  }

  /** `mailto:x`: no host, no path, no query. */
  #readOpaque(start: number, end: number): void {
    if (start === end) return this.#fail('Expected scheme-specific part', start)
    // One character only: an escape cannot begin an opaque part.
    this.#checked(start, start + 1, characters.opaqueStart, 'opaque part')
    this.#checked(start, end, characters.uric, 'opaque part')
  }

  #readHierarchical(start: number, end: number): void {
    const { text } = this
    const mark = text.indexOf('?', start)
    const pathEnd = mark < 0 || mark > end ? end : mark
    let pathStart = start
    if (text.startsWith('//', start)) pathStart = this.#readAuthority(start + 2, pathEnd)
    this.path = this.#checked(pathStart, pathEnd, characters.path, 'path')
    if (pathEnd < end) this.query = this.#checked(pathEnd + 1, end, characters.uric, 'query')
  }

  /** Gives where the authority ends. An empty one is allowed where something follows, as in `file:///x`. */
  #readAuthority(start: number, pathEnd: number): number {
    const { text } = this
    const slash = text.indexOf('/', start)
    const end = slash < 0 || slash > pathEnd ? pathEnd : slash
    if (end === text.length && end === start) this.#fail('Expected authority', start)
    if (end > start && !this.#readServer(start, end)) this.#readRegistry(start, end)
    return end
  }

  /** An authority that names no server: anything goes that has legal characters, but host and port stay unknown. */
  #readRegistry(start: number, end: number): void {
    this.host = null
    this.port = null
    const stop = scanOver(this.text, start, end, characters.registryName)
    // Java tells the place of a broken escape, but of another character only that it is in the authority.
    if (stop < end) this.#failAt(this.text.charAt(stop) === '%' ? stop : start, 'authority')
  }

  /** `user@host:port`; false where it is not that. */
  #readServer(start: number, end: number): boolean {
    const { text } = this
    const at = text.indexOf('@', start)
    const hostStart = at < 0 || at >= end ? start : at + 1
    if (hostStart > start && scanOver(text, start, at, characters.userInfo) < at) return false
    const hostEnd =
      text.charAt(hostStart) === '[' ? this.#ipv6End(hostStart, end) : this.#hostEnd(hostStart, end)
    if (hostEnd < 0) return false
    this.host = text.slice(hostStart, hostEnd)
    return hostEnd === end || this.#readPort(hostEnd, end)
  }

  #readPort(colon: number, end: number): boolean {
    const { text } = this
    if (text.charAt(colon) !== ':') return false
    if (scanOver(text, colon + 1, end, characters.digit) < end) return false
    if (colon + 1 < end) this.port = Number(text.slice(colon + 1, end))
    return this.port === null || this.port <= 2_147_483_647
  }

  /** Where a host name or an IPv4 address ends, -1 where none is: labels of letters, digits and inner dashes. */
  #hostEnd(start: number, end: number): number {
    const { text } = this
    let label = start
    let at = start
    for (;;) {
      const labelEnd = scanOver(text, at, end, characters.alphanumeric | characters.dash)
      if (labelEnd === at) break
      if (text.charAt(at) === '-' || text.charAt(labelEnd - 1) === '-') return -1
      label = at
      at = labelEnd
      if (text.charAt(at) !== '.' || at >= end) break
      at++
    }
    if (at === start || (at < end && text.charAt(at) !== ':')) return -1
    return this.#isTopLabel(label, start) || isIpv4(text.slice(start, at)) ? at : -1
  }

  /** The last label of several begins with a letter. */
  #isTopLabel(label: number, start: number): boolean {
    return label === start || isOf(this.text, label, characters.alpha)
  }

  #ipv6End(start: number, end: number): number {
    const close = this.text.indexOf(']', start)
    if (close < 0 || close >= end) return -1
    const [address = '', scope] = this.text.slice(start + 1, close).split('%', 2)
    if (parseIpv6(address) === null) return -1
    const scopeLegal = scope === undefined || /^[A-Za-z0-9_.]+$/.test(scope)
    return scopeLegal ? close + 1 : -1
  }

  #checked(start: number, end: number, mask: number, part: string): string | null {
    const stop = scanOver(this.text, start, end, mask)
    if (stop < end) this.#failAt(stop, part)
    return start === end ? null : this.text.slice(start, end)
  }

  #failAt(at: number, part: string): void {
    const escape = this.text.charAt(at) === '%'
    this.#fail(escape ? 'Malformed escape pair' : `Illegal character in ${part}`, at)
  }

  #fail(reason: string, at: number): void {
    if (this.problem === '') this.problem = `${reason} at index ${at}: ${this.text}`
  }
}

const ipv4 = /^(\d{1,3}\.){3}\d{1,3}$/

function isIpv4(host: string): boolean {
  return ipv4.test(host) && host.split('.').every(octet => Number(octet) < 256)
}
