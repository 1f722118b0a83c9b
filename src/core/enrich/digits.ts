/*
 * Numbers as Java reads them: `Integer.parseInt`, `Long.parseLong` and `BigDecimal` take the decimal digits of any
 * script of the basic plane. Trackers in Arabic browsers send them.
 */

const anyDigit = /^\p{Nd}$/u

/** The value of a decimal digit, -1 for anything else. */
export function digitValue(unit: number): number {
  if (unit >= 48 && unit <= 57) return unit - 48
  return unit < 128 ? -1 : foreignDigit(unit)
}

/** In every script the ten digits follow one another from a code that ends in hexadecimal 0 or 6. */
function foreignDigit(unit: number): number {
  if (!anyDigit.test(String.fromCharCode(unit))) return -1
  const row = unit & ~15
  return anyDigit.test(String.fromCharCode(row)) ? unit - row : unit - row - 6
}

/** The text with every digit as ASCII; null where something that is no digit stands in `[start, end)`. */
export function asciiDigits(text: string, start: number, end: number): string | null {
  let ascii = true
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at)
    if (digitValue(unit) < 0) return null
    ascii &&= unit < 128
  }
  const digits = text.slice(start, end)
  return ascii ? digits : Array.from(digits, char => digitValue(char.charCodeAt(0))).join('')
}
