import { MillraceError } from '../lib/index.ts'

/** A URI as it may be told: without a password and without a query, which may be a signature. */
export function shownUri(uri: string): string {
  return uri.replace(/\?.*$/s, '').replace(/\/\/[^/@]*@/, '//')
}

/** A file could not be had. */
export function assetError(
  uri: string,
  what: string,
  { retryable = true, cause }: Failure = {},
): MillraceError {
  return new MillraceError('asset', `${shownUri(uri)}: ${what}`, { retryable, cause })
}

export function tooLarge(uri: string, maxBytes: number): MillraceError {
  const what = `has more than ${maxBytes} bytes, which is enrich.maxAssetBytes`
  return assetError(uri, what, { retryable: false })
}

export interface Failure {
  readonly retryable?: boolean
  readonly cause?: unknown
}
