/** Where something outside failed. One closed list, so that a reader of a log can look each word up. */
export const errorCodes = [
  'config',
  'iglu',
  'source',
  'sink',
  'leases',
  'store',
  'collector',
  'asset',
  'enrichment',
  'instance',
] as const
export type ErrorCode = (typeof errorCodes)[number]

export interface MillraceErrorOptions {
  /** Trying the same thing again later may work. */
  readonly retryable: boolean
  readonly cause?: unknown
}

/** Something outside the program failed. The message says what was attempted, on what, and what to do next. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: ErrorCode
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, { retryable, cause }: MillraceErrorOptions) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retryable = retryable
  }
}

/** Why a call of `fetch` failed: its own error says only "fetch failed". */
export function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
}

/** The message of anything thrown. Never throws itself. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  try {
    return String(thrown)
  } catch {
    return 'something that cannot be printed was thrown'
  }
}
