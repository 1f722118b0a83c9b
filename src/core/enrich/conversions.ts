import { isUuid } from '../../lib/index.ts'
import { oneLine } from '../one-line.ts'
import { parseDecimal } from './decimal.ts'
import { asciiDigits } from './digits.ts'
import { formatTimestamp, inFourDigitYears } from './timestamps.ts'

/*
 * From the texts of the tracker protocol to the values of columns. A conversion never throws: it gives the value,
 * null for none, or a Refusal that says what was expected. The expectations are Snowplow's own texts.
 */

export class Refusal {
  readonly expectation: string

  constructor(expectation: string) {
    this.expectation = expectation
  }
}

/** Text that cannot break a row; nothing left of it is null. */
export function toText(value: string): string | null {
  const clean = oneLine(value)
  return clean === '' ? null : clean
}

const notInt = new Refusal('cannot be converted to java.lang.Integer')

export function toInt(value: string): number | null | Refusal {
  const length = value.length
  if (length > 0 && length < 10) {
    const small = smallInt(value, 0, length)
    if (small >= 0) return small
  }
  if (isNullWord(value)) return null
  const integer = parseInteger(value)
  if (integer === null || integer < -2_147_483_648n || integer > 2_147_483_647n) return notInt
  return Number(integer)
}

/** Plain ASCII digits, which is what trackers send; -1 for anything else. */
function smallInt(value: string, start: number, end: number): number {
  let result = 0
  for (let at = start; at < end; at++) {
    const digit = value.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return -1
    result = result * 10 + digit
  }
  return result
}

/** Java's `Long.parseLong` without its range. */
function parseInteger(value: string): bigint | null {
  const sign = value.charAt(0)
  const start = sign === '-' || sign === '+' ? 1 : 0
  // Leading zeros are allowed, endless ones are not worth a big number.
  if (value.length === start || value.length > 1000) return null
  const digits = asciiDigits(value, start, value.length)
  if (digits === null) return null
  return sign === '-' ? -BigInt(digits) : BigInt(digits)
}

/** The text of a BigDecimal: no exponent before the point, trailing zeros kept. */
export function toDecimal(value: string): string | null | Refusal {
  if (isNullWord(value)) return null
  const decimal = parseDecimal(value)
  if ('text' in decimal) return decimal.text
  return new Refusal(`cannot be converted to java.math.BigDecimal. Error : ${decimal.error}`)
}

function isNullWord(value: string): boolean {
  return value.length === 4 && value.toLowerCase() === 'null'
}

const notFlag = new Refusal('cannot be converted to Boolean-like java.lang.Byte')

export function toFlag(value: string): number | Refusal {
  if (value === '1') return 1
  return value === '0' ? 0 : notFlag
}

const notUuid = new Refusal('not a valid UUID')

export function toUuid(value: string): string | Refusal {
  return isUuid(value) ? value.toLowerCase() : notUuid
}

const notMilliseconds = new Refusal('not in the expected format: ms since epoch')
const minLong = -9_223_372_036_854_775_808n
const maxLong = 9_223_372_036_854_775_807n

/** Milliseconds since the epoch as `yyyy-MM-dd HH:mm:ss.SSS`. */
export function toTimestamp(value: string): string | Refusal {
  // Thirteen plain digits reach from 2001 to 2286.
  const ms = value.length === 13 ? plainMs(value) : -1
  if (ms >= 0) return formatTimestamp(ms)
  const long = parseInteger(value)
  if (long === null || long < minLong || long > maxLong) return notMilliseconds
  if (inFourDigitYears(Number(long))) return formatTimestamp(Number(long))
  return new Refusal(`formatting as ${formatTimestamp(long)} is not Redshift-compatible`)
}

function plainMs(value: string): number {
  return smallInt(value, 0, 13)
}

export interface Dimensions {
  readonly width: number
  readonly height: number
}

const dimensionsPattern = /^(\d+)x(\d+)$/
const notDimensions = new Refusal('does not conform to regex (\\d+)x(\\d+)')
const hugeDimensions = new Refusal('could not be converted to java.lang.Integer s')

export function toDimensions(value: string): Dimensions | Refusal {
  const mark = value.indexOf('x')
  // Up to nine digits each, which is what trackers send.
  if (mark > 0 && mark < 10 && value.length > mark + 1 && value.length < mark + 11) {
    const width = smallInt(value, 0, mark)
    const height = smallInt(value, mark + 1, value.length)
    if (width >= 0 && height >= 0) return { width, height }
  }
  const match = dimensionsPattern.exec(value)
  if (match === null) return notDimensions
  const width = Number(match[1])
  const height = Number(match[2])
  return width > 2_147_483_647 || height > 2_147_483_647 ? hugeDimensions : { width, height }
}

/** The first address of a list that proxies appended to. */
export function toIp(value: string): string | null {
  const end = value.search(/[,| ]/)
  return toText(end < 0 ? value : value.slice(0, end))
}

const eventTypes: ReadonlyMap<string, string> = new Map([
  ['se', 'struct'],
  ['ev', 'struct'],
  ['ue', 'unstruct'],
  ['ad', 'ad_impression'],
  ['tr', 'transaction'],
  ['ti', 'transaction_item'],
  ['pv', 'page_view'],
  ['pp', 'page_ping'],
])
const notEventType = new Refusal('not recognized as an event type')

export function toEventType(value: string): string | Refusal {
  return eventTypes.get(value) ?? notEventType
}

const platforms: ReadonlySet<string> = new Set(['web', 'iot', 'app', 'mob', 'pc', 'cnsl', 'tv', 'srv'])
const notPlatform = new Refusal('not recognized as a tracking platform')

export function toPlatform(value: string): string | Refusal {
  return platforms.has(value) ? value : notPlatform
}

/** Since Enrich 4.0. */
export function toPlatformOrHeadset(value: string): string | Refusal {
  return value === 'headset' ? value : toPlatform(value)
}

/** Both alphabets, padding optional, anything else skipped: as lenient as the trackers are careless. */
export function decodeBase64(value: string): string {
  const end = value.indexOf('=')
  const data = end < 0 ? value : value.slice(0, end)
  return (decodeStrictBase64(data) ?? Buffer.from(data.replace(foreign, ''), 'base64')).toString('utf8')
}

/** The decoder skips foreign characters, and padding ends the data. */
const foreign = /[^A-Za-z0-9+/_-]/g

/** Nothing was skipped where each character gave its six bits: three times faster than a look at each (bench/core.ts). */
function decodeStrictBase64(data: string): Buffer | null {
  const bytes = Buffer.from(data, 'base64')
  const exact = data.length % 4 !== 1 && bytes.length === Math.floor((data.length * 3) / 4)
  // Beyond ASCII the decoder takes one character for another.
  return exact && Buffer.byteLength(data) === data.length ? bytes : null
}
