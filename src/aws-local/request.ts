import { z } from 'zod'
import { isObject, parseJson } from '../lib/index.ts'
import { AwsError, invalid } from './aws-error.ts'

/** Reads the body of a request. Throws a SerializationException for a wrong type, a ValidationException for a value. */
export function readBody(body: Buffer): Readonly<Record<string, unknown>> {
  const value = parseJson(body.toString('utf8') || '{}')
  if (isObject(value)) return value
  throw new AwsError('SerializationException', 'The body is not a JSON object.')
}

export function parse<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body, { reportInput: true })
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = issue?.path.join('.') ?? ''
  if (issue?.code === 'invalid_type' && issue.input !== undefined) {
    throw new AwsError('SerializationException', `${path}: ${issue.message}`)
  }
  throw invalid(
    `1 validation error detected: Value at '${path}' failed to satisfy constraint: ${issue?.message}`,
  )
}

const name = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[a-zA-Z0-9_.-]+$/)

export const fields = {
  name,
  arn: z.string().min(1).max(2048),
  shardId: name,
  hashKey: z.string().regex(/^(0|[1-9]\d{0,38})$/),
  sequence: z.string().regex(/^(0|([1-9]\d{0,128}))$/),
  tags: z.record(z.string().min(1).max(128), z.string().max(256)),
  /** Whole bytes in base64. */
  blob: z.string().refine(text => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text), 'not base64'),
  /** Seconds since the epoch → ms. */
  timestamp: z.number().transform(seconds => Math.round(seconds * 1000)),
  limit: (most: number) => z.int().min(1).max(most).default(most),
} as const

export const streamReference = {
  StreamName: name.optional(),
  StreamARN: fields.arn.optional(),
} as const
