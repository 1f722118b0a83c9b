import { isIPv6 } from 'node:net'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { isUuid } from '../lib/index.ts'

/**
 * The formats that Snowplow's validator knows, with its rules: any other name is accepted whatever the text.
 *
 * Some are looser than ajv-formats (`uri` lets a lone `%` pass, as many real links need) and some stricter (`uuid`
 * refuses `urn:uuid:`). All take time in proportion to the text.
 */
export const formats: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['date-time', isDateTime],
  ['date', matcher(fullFormats.date)],
  ['time', text => /^\d{2}:\d{2}:\d{2}(?:\.\d+)?$/.test(text)],
  ['email', matcher(fullFormats.email)],
  ['uri', isUri],
  ['uuid', isUuid],
  ['ipv4', text => ipv4.test(text)],
  ['ip-address', text => ipv4.test(text)],
  ['ipv6', text => isIPv6(text) && !text.includes('%')],
  ['hostname', text => hostname.test(text)],
  ['alpha', text => /^[a-zA-Z]+$/.test(text)],
  ['alphanumeric', text => /^[a-zA-Z0-9]+$/.test(text)],
  ['phone', text => /^\+(?:[0-9] ?){6,14}[0-9]$/.test(text)],
  ['utc-millisec', text => /^[0-9]+(?:\.[0-9]+)?$/.test(text)],
])

const ipv4 =
  /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$/
const hostLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const hostname = new RegExp(String.raw`^${hostLabel}(?:\.${hostLabel})*$`)

const dateTime = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/

// The digits stand at known places: reading them there is three times as fast as groups (bench/core.ts).
function isDateTime(text: string): boolean {
  if (!dateTime.test(text) || !isDay(text)) return false
  const minutes = twoDigits(text, 14)
  const seconds = twoDigits(text, 17)
  return (
    twoDigits(text, 11) < 24 &&
    minutes < 60 &&
    // A leap second is the last one of an hour, wherever the clock stands.
    (seconds < 60 || (seconds === 60 && minutes === 59)) &&
    (/[Zz]$/.test(text) || isOffset(text))
  )
}

/** `+01:30` at the end. */
function isOffset(text: string): boolean {
  return twoDigits(text, text.length - 5) < 24 && twoDigits(text, text.length - 2) < 60
}

const daysOfMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** `yyyy-MM-dd` at the start. */
function isDay(text: string): boolean {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  const leapDay = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0
  return day > 0 && day <= (daysOfMonths[month - 1] ?? 0) + leapDay
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48
}

const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/
const pathText = /^[A-Za-z0-9._~\-%!$&'()*+,;=:@/]*$/
const queryText = /^[A-Za-z0-9._~\-%!$&'()*+,;=:@/?]*$/
const hostText = /^[A-Za-z0-9._~\-!$&'()*+,;=%:[\]]*$/
const userText = /^[A-Za-z0-9._~\-%!$&'()*+,;=:]*$/

/** RFC 3986 as far as the characters go. Taken apart by hand: as one expression it would backtrack on long texts. */
function isUri(text: string): boolean {
  const start = scheme.exec(text)?.[0].length
  if (start === undefined) return false
  const [beforeFragment, fragment] = splitAt(text.slice(start), '#')
  const [hierarchy, query] = splitAt(beforeFragment, '?')
  return isHierarchy(hierarchy) && queryText.test(query) && queryText.test(fragment)
}

function isHierarchy(text: string): boolean {
  if (!text.startsWith('//')) return pathText.test(text)
  const [authority] = splitAt(text.slice(2), '/')
  const [user, host] = authority.includes('@') ? splitAt(authority, '@') : ['', authority]
  return userText.test(user) && hostText.test(host) && pathText.test(text.slice(2 + authority.length))
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}

/** ajv-formats writes a format as an expression, a function, or either of them beside a way to compare. */
function matcher(format: unknown): (text: string) => boolean {
  if (typeof format === 'object' && format !== null && 'validate' in format) return matcher(format.validate)
  if (format instanceof RegExp) return text => format.test(text)
  if (typeof format === 'function') return text => format(text) === true
  throw new TypeError('ajv-formats changed the shape of a format')
}
