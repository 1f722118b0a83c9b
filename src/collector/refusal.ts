/** Why a request was not recorded. */
export const refusalReasons = [
  'not-found',
  'method-not-allowed',
  'malformed',
  'headers-too-large',
  'body-too-large',
  'unsupported-encoding',
  'timeout',
  'aborted',
  'connection-limit',
  'redirect-refused',
  'redirects-off',
  'overloaded',
  'sink-unavailable',
  'too-large-to-keep',
  'internal-error',
] as const
export type RefusalReason = (typeof refusalReasons)[number]
