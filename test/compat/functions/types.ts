/** One call of a golden case, in the corpus' own vocabulary (see its README). `_result_of` is already resolved. */
export interface GoldenCall {
  /** By parameter name when it is known, else positional. */
  readonly args: unknown
  /** The object the method is called on. */
  readonly receiver: unknown
  /** The case's config: enrichments, adapter_schemas, iglu, feature_flags; or null. */
  readonly config: unknown
  /** The case's whole input, for the few cases that have more than a call. */
  readonly input: Readonly<Record<string, unknown>>
}

/**
 * Calls our counterpart of one of Snowplow's functions. Gives its result in the corpus' vocabulary: `{ right | left |
 * valid | invalid: value }` where the original gives one of two sides, the plain value otherwise. May give a promise.
 */
export type GoldenFunction = (call: GoldenCall) => unknown

/** Thrown by a golden function that has no counterpart here to call; the reason is listed with the case. */
export class NotCovered extends Error {
  readonly reason: string

  constructor(reason: string) {
    super(`not covered: ${reason}`)
    this.reason = reason
  }
}
