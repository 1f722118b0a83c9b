/**
 * Java's `Float.toString`: the shortest digits that mean the same 32-bit number, with a point, and with an exponent
 * below 1e-3 and from 1e7 on.
 */
export function javaFloat(value: number): string {
  const float = Math.fround(value)
  if (!Number.isFinite(float)) return String(float)
  if (float === 0) return Object.is(float, -0) ? '-0.0' : '0.0'
  const [digits = '', exponent = ''] = shortest(float).split('e')
  const sign = float < 0 ? '-' : ''
  return sign + place(digits.replace(/[-.]/g, ''), Number(exponent))
}

/** In the form `-d.ddde-n`. Nine digits always suffice for 32 bits. */
function shortest(float: number): string {
  for (let digits = 0; digits < 8; digits++) {
    const text = float.toExponential(digits)
    if (Math.fround(Number(text)) === float) return text
  }
  return float.toExponential(8)
}

function place(digits: string, exponent: number): string {
  if (exponent < -3 || exponent >= 7) return `${digits.charAt(0)}.${digits.slice(1) || '0'}E${exponent}`
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${whole}.${digits.slice(exponent + 1) || '0'}`
}
