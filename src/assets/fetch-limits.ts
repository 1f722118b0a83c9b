export interface FetchLimits {
  readonly maxBytes: number
  /** For the whole file. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** Aborts when the time is over, or nobody wants the file any more. */
export function endOf({ timeoutMs, signal }: FetchLimits): AbortSignal {
  return AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])])
}
