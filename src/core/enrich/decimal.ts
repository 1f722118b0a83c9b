import { asciiDigits, digitValue } from './digits.ts'

/*
 * Java's BigDecimal as text: what `new BigDecimal(text)` accepts, and what `toString` prints after a negative scale
 * was set to 0, so that whole numbers never show an exponent. Reference: java.math.BigDecimal, Java 11.
 */

/** A number that needs more appended zeros than this is refused: `1e999999999` would be a gigabyte of zeros. */
const maxAppendedZeros = 1000
const maxInt = 2_147_483_647

export type DecimalText = { readonly text: string } | { readonly error: string }

export function parseDecimal(text: string): DecimalText {
  const end = exponentMark(text)
  const exponent = end === text.length ? 0 : parseExponent(text, end + 1)
  if (typeof exponent !== 'number') return exponent
  const parts = parseSignificand(text, end)
  if ('error' in parts) return parts
  return print(parts, parts.fractionDigits - exponent)
}

interface Significand {
  readonly negative: boolean
  /** Without leading zeros; `0` for zero. */
  readonly digits: string
  readonly fractionDigits: number
}

function exponentMark(text: string): number {
  const at = text.search(/[eE]/)
  return at < 0 ? text.length : at
}

function parseSignificand(text: string, end: number): Significand | { error: string } {
  const sign = text.charAt(0)
  const start = sign === '-' || sign === '+' ? 1 : 0
  const dot = text.indexOf('.', start)
  const wholeEnd = dot < 0 || dot >= end ? end : dot
  const fractionStart = Math.min(wholeEnd + 1, end)
  const whole = asciiDigits(text, start, wholeEnd)
  const fraction = asciiDigits(text, fractionStart, end)
  if (whole === null || fraction === null) return { error: complaint(text, start, end) }
  if (whole === '' && fraction === '') return { error: noDigits(text) }
  const digits = (whole + fraction).replace(/^0+(?=.)/, '')
  return { negative: sign === '-' && digits !== '0', digits, fractionDigits: fraction.length }
}

function parseExponent(text: string, start: number): number | { error: string } {
  const sign = text.charAt(start)
  const from = sign === '-' || sign === '+' ? start + 1 : start
  const digits = asciiDigits(text, from, text.length)
  if (digits === null) return { error: 'Not a digit.' }
  if (digits === '') return { error: 'No exponent digits.' }
  const significant = digits.replace(/^0+(?=.)/, '')
  if (significant.length > 10) return { error: 'Too many nonzero exponent digits.' }
  return sign === '-' ? -Number(significant) : Number(significant)
}

function print({ negative, digits }: Significand, scale: number): DecimalText {
  if (Math.abs(scale) > maxInt) return { error: 'Scale out of range.' }
  const sign = negative ? '-' : ''
  if (scale > 0) return { text: sign + scaled(digits, scale) }
  if (digits === '0' || scale === 0) return { text: sign + digits }
  if (-scale > maxAppendedZeros) return { error: `Exponent too large: ${-scale} zeros would follow.` }
  return { text: sign + digits + '0'.repeat(-scale) }
}

/** Java switches to an exponent where the first digit is more than six places behind the point. */
function scaled(digits: string, scale: number): string {
  const exponent = digits.length - 1 - scale
  if (exponent >= -6) return plain(digits, scale)
  const mantissa = digits.length === 1 ? digits : `${digits.charAt(0)}.${digits.slice(1)}`
  return `${mantissa}E${exponent}`
}

function plain(digits: string, scale: number): string {
  const padded = digits.padStart(scale + 1, '0')
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}

function noDigits(text: string): string {
  return text === '' ? 'Index 0 out of bounds for length 0' : 'No digits found.'
}

/** The first character that Java stumbles over. */
function complaint(text: string, start: number, end: number): string {
  let dots = 0
  for (let at = start; at < end; at++) {
    const char = text.charAt(at)
    if (char === '.' && ++dots > 1) return 'Character array contains more than one decimal point.'
    if (char === '.' || digitValue(char.charCodeAt(0)) >= 0) continue
    return `Character ${char} is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`
  }
  return 'No digits found.'
}
