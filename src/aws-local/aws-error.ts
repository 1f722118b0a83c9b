export interface AwsErrorOptions {
  /** HTTP status; 400 where AWS blames the caller. */
  readonly status?: number
  /** Fields that stand beside the message. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** What a service answers instead of a result: `code` is the word that the SDK turns into a class. */
export class AwsError extends Error {
  override readonly name = 'AwsError'
  readonly code: string
  readonly status: number
  readonly fields: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, { status = 400, fields = {} }: AwsErrorOptions = {}) {
    super(message)
    this.code = code
    this.status = status
    this.fields = fields
  }
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message)
}

export function inUse(message: string): AwsError {
  return new AwsError('ResourceInUseException', message)
}

export function invalidArgument(message: string): AwsError {
  return new AwsError('InvalidArgumentException', message)
}

export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceededException', message)
}

export function throttled(message: string): AwsError {
  return new AwsError('ProvisionedThroughputExceededException', message)
}
