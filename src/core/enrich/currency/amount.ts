/*
 * Decimal arithmetic as Joda-Money and Scala-Forex do it: a rate has ten places, an amount as many as its currency, and
 * halves go to the even neighbour.
 */

/** `units` / 10^`scale` */
export interface Decimal {
  readonly units: bigint
  readonly scale: number
}

const rateScale = 10
const maxScale = 400

/** Of the text of a number, with or without exponent; undefined when it is none, or out of any reason. */
export function parseAmount(text: string): Decimal | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text)
  if (parts === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts
  if (whole === '' && fraction === '') return undefined
  const scale = fraction.length - Number(exponent)
  if (Math.abs(scale) > maxScale || whole.length > maxScale) return undefined
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  return scale >= 0 ? { units: digits, scale } : { units: digits * 10n ** BigInt(-scale), scale: 0 }
}

/** How much of the second currency one of the first is, where both are given for one of a third. */
export function crossRate(from: Decimal, to: Decimal): Decimal | undefined {
  if (from.units <= 0n || to.units <= 0n) return undefined
  const one = 10n ** BigInt(from.scale + rateScale)
  const inverse = divideHalfEven(one, from.units)
  return { units: inverse * to.units, scale: rateScale + to.scale }
}

/** The product as plain text with this many places. */
export function multiply(amount: Decimal, rate: Decimal, places: number): string {
  return print(
    rescale({ units: amount.units * rate.units, scale: amount.scale + rate.scale }, places),
    places,
  )
}

function rescale({ units, scale }: Decimal, places: number): bigint {
  return scale <= places
    ? units * 10n ** BigInt(places - scale)
    : divideHalfEven(units, 10n ** BigInt(scale - places))
}

function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  const twice = 2n * abs(dividend % divisor)
  const awayFromZero = twice > divisor || (twice === divisor && quotient % 2n !== 0n)
  return awayFromZero ? quotient + (dividend < 0n ? -1n : 1n) : quotient
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}

function print(units: bigint, places: number): string {
  const digits = String(abs(units)).padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  return `${units < 0n ? '-' : ''}${places === 0 ? whole : `${whole}.${digits.slice(-places)}`}`
}
