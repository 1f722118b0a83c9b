import { isLowerCaseUuid } from '../../lib/index.ts'

const fiveNumbers = /^([\da-f]+)-([\da-f]+)-([\da-f]+)-([\da-f]+)-([\da-f]+)$/i
const digits = [8, 4, 4, 4, 12] as const

/** A UUID in its canonical form. As on the JVM, leading zeros may be missing, and digits in front are cut off. */
export function readUuid(text: string): string | null {
  if (isLowerCaseUuid(text)) return text
  if (text.length > 36) return null
  const numbers = fiveNumbers.exec(text)?.slice(1)
  if (numbers === undefined) return null
  return digits.map((count, index) => toDigits(numbers[index] ?? '', count)).join('-')
}

function toDigits(number: string, count: number): string {
  return number.toLowerCase().padStart(count, '0').slice(-count)
}
