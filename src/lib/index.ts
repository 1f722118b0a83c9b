export { Backoff, type BackoffOptions } from './backoff.ts'
export { systemClock, type Clock } from './clock.ts'
export { errorCodes, messageOf, MillraceError, type ErrorCode, type MillraceErrorOptions } from './error.ts'
export { PackReader, PackWriter } from './pack.ts'
