import { parseDecimal } from '../../../enrich/decimal.ts'
import { Refusal, toInt } from '../../../enrich/conversions.ts'
import { fromText } from '../../json-tree.ts'

/** What a value of the Measurement Protocol is: `money` has two decimals. */
export type ValueType = 'text' | 'int' | 'double' | 'money' | 'boolean'

/** The value as a JSON token, or what was expected. */
export function readValue(type: ValueType, value: string): string | Refusal {
  switch (type) {
    case 'text':
      return fromText(value)
    case 'int':
      return readInt(value)
    case 'double':
      return readNumber(value, text => text)
    case 'money':
      return readNumber(value, toTwoDecimals)
    case 'boolean':
      if (value === '1') return 'true'
      return value === '0' ? 'false' : notBoolean
  }
}

const notInt = new Refusal('cannot be converted to java.lang.Integer')
const notDouble = new Refusal('cannot be converted to Double')
const notBoolean = new Refusal('cannot be converted to boolean, only 1 or 0 are supported')

function readInt(value: string): string | Refusal {
  const int = toInt(value)
  if (int instanceof Refusal) return int
  return int === null ? notInt : String(int)
}

function readNumber(value: string, round: (text: string) => string): string | Refusal {
  const decimal = parseDecimal(value)
  if ('error' in decimal) return notDouble
  const number = Number(round(decimal.text))
  // JSON has no infinity.
  return Number.isFinite(number) ? String(number) : 'null'
}

const plain = /^(-?\d+)\.(\d+)$/

/** Half to even, which looks at every digit and not at the double that they make. */
function toTwoDecimals(text: string): string {
  // So small that Java writes an exponent.
  if (text.includes('E')) return '0'
  const [, whole = '', decimals = ''] = plain.exec(text) ?? []
  if (decimals.length <= 2) return text
  const kept = decimals.slice(0, 2)
  const rest = decimals.slice(2)
  const half = `5${'0'.repeat(rest.length - 1)}`
  const up = rest > half || (rest === half && '13579'.includes(kept.charAt(1)))
  if (!up) return `${whole}.${kept}`
  const digits = whole.replace('-', '') + kept
  // More than a double can hold: what is behind the point is beyond it.
  if (digits.length > 300) return whole
  const sum = String(BigInt(digits) + 1n).padStart(digits.length, '0')
  return `${whole.startsWith('-') ? '-' : ''}${sum.slice(0, -2)}.${sum.slice(-2)}`
}
