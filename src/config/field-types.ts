import { z } from 'zod'
import { parseDuration, parseSize } from './units.ts'

// What the values of fields are made of, in the words that a person reads when one is wrong.

/** Text that an environment variable or a quoted value brought, where a number or a yes or no is meant. */
function fromText(value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (/^-?\d{1,15}$/.test(value.trim())) return Number(value)
  if (/^(?:true|yes|on)$/i.test(value)) return true
  if (/^(?:false|no|off)$/i.test(value)) return false
  return value
}

export const between = (least: number, most: number) =>
  z.preprocess(fromText, z.int(`expected a whole number from ${least} to ${most}`).min(least).max(most))
export const yesOrNo = z.preprocess(fromText, z.boolean('expected true or false'))
export const name = z
  .string('expected a name')
  .regex(
    /^[a-zA-Z0-9_.-]{1,128}$/,
    'expected 1 to 128 characters of a-z A-Z 0-9 _ . - as stream and table names have',
  )
export const port = between(0, 65_535)

function measure(parse: (text: string) => number | undefined, expected: string) {
  return z.union([z.number(), z.string()], expected).transform((value, context) => {
    const parsed = parse(String(value))
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: expected, input: value })
    return z.NEVER
  })
}

/** A number of milliseconds, or text such as `10 seconds`. */
export const duration = measure(
  parseDuration,
  'expected a duration such as "10 seconds", or a number of milliseconds',
)
/** A number of bytes, or text such as `1 MiB`. */
export const size = measure(parseSize, 'expected a size such as "1 MiB", or a number of bytes')

export const atLeast = (least: number, unit: string) =>
  [(value: number) => value >= least, { error: `expected at least ${least} ${unit}` }] as const

export const bytes = (value: number) => size.refine(...atLeast(1024, 'bytes')).default(value)
