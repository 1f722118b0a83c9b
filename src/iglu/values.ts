import { isObject } from '../lib/index.ts'
import type { StepBudget } from './step-budget.ts'

/** The JSON type of a value, as JSON Schema names it. A whole number is an integer however it was written: `1.0` too. */
export type JsonType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null'

export function typeOf(value: unknown): JsonType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'object') return 'object'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value === 'boolean' ? 'boolean' : 'string'
}

/**
 * Equal JSON values, and only those, have equal canonical texts. Takes time in proportion to the text, however deep the
 * value is, which the budget pays.
 */
export function canonicalText(value: unknown, budget?: StepBudget): string {
  if (typeof value !== 'object' || value === null) return plainText(value)
  const pieces: string[] = []
  writeCanonical(value, pieces)
  const text = pieces.join('')
  budget?.spend(pieces.length + text.length / charactersPerStep)
  return text
}

const charactersPerStep = 8

/** JSON would make `null` of a number that is too large for a double. */
function plainText(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

function writeCanonical(value: unknown, pieces: string[]): void {
  if (Array.isArray(value)) {
    pieces.push('[')
    for (const item of value) {
      writeCanonical(item, pieces)
      pieces.push(',')
    }
    pieces.push(']')
  } else if (isObject(value)) {
    pieces.push('{')
    for (const field of Object.keys(value).toSorted()) {
      pieces.push(JSON.stringify(field), ':')
      writeCanonical(value[field], pieces)
      pieces.push(',')
    }
    pieces.push('}')
  } else {
    pieces.push(plainText(value))
  }
}

/** In time proportional to the list. Comparing each pair, as validators do, takes minutes for a hostile list. */
export function hasDuplicates(list: readonly unknown[], budget: StepBudget): boolean {
  if (list.length < 2) return false
  budget.spend(list.length)
  return new Set(list.map(item => canonicalText(item, budget))).size < list.length
}

/** Exact on what the numbers say in decimal: 19.99 is a multiple of 0.01, although division by 0.01 says otherwise. */
export function isMultipleOf(value: number, divisor: number, budget: StepBudget): boolean {
  // JSON.parse makes it of 1e400: its digits are lost.
  if (!Number.isFinite(value)) return false
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0
  const [digits, exponent] = decimal(value)
  const [divisorDigits, divisorExponent] = decimal(divisor)
  budget.spend(8 + Math.abs(exponent - divisorExponent) / 16)
  const scale = Math.min(exponent, divisorExponent)
  const scaled = digits * 10n ** BigInt(exponent - scale)
  return scaled % (divisorDigits * 10n ** BigInt(divisorExponent - scale)) === 0n
}

/** A finite number as digits × 10^exponent. */
function decimal(value: number): readonly [bigint, number] {
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  return [BigInt(whole + fraction), Number(exponent) - fraction.length]
}
