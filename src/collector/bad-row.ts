import type { TooLarge } from './split.ts'

export interface SizeViolationContext {
  readonly processor: { readonly artifact: string; readonly version: string }
  readonly maxBytes: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** A `size_violation` bad row: the beginning of what was too large, and how large it was. */
export function sizeViolation(tooLarge: TooLarge, context: SizeViolationContext): Buffer {
  const { processor, maxBytes, now } = context
  return Buffer.from(
    JSON.stringify({
      schema: 'iglu:com.snowplowanalytics.snowplow.badrows/size_violation/jsonschema/1-0-0',
      data: {
        processor,
        failure: {
          timestamp: new Date(now).toISOString(),
          maximumAllowedSizeBytes: maxBytes,
          actualSizeBytes: tooLarge.bytes,
          expectation: tooLarge.expectation,
        },
        // JSON writes some characters as six bytes: a tenth leaves room for the worst.
        payload: tooLarge.text.slice(0, Math.floor(maxBytes / 10)),
      },
    }),
  )
}
