import type { z } from 'zod'
import { parse } from '../request.ts'
import type { Kinesis } from './kinesis.ts'

/** A JSON object, or the frames of an event stream, which end when the signal aborts. */
export type Answer =
  | { readonly kind: 'json'; readonly body: object }
  | { readonly kind: 'events'; readonly frames: (signal: AbortSignal) => AsyncIterable<Buffer> }

export type Operation = (kinesis: Kinesis, body: unknown) => Answer

/** An operation that checks its input first and answers with an object, or with nothing. */
export function operation<S extends z.ZodType>(
  schema: S,
  run: (kinesis: Kinesis, input: z.output<S>) => object | void,
): Operation {
  return (kinesis, body) => ({ kind: 'json', body: run(kinesis, parse(schema, body)) ?? {} })
}
