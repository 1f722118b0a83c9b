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

/** Everything the collector tells. A path that was refused is whatever somebody sent: never make it a metric's label. */
export type CollectorEvent =
  | { readonly type: 'collector-ready'; readonly host: string; readonly port: number }
  | { readonly type: 'collector-stopped' }
  /** The records of this request are durable. `bytes`: of the records. */
  | {
      readonly type: 'request-accepted'
      readonly path: string
      readonly records: number
      readonly bytes: number
      readonly ms: number
    }
  /** Answered, but not recorded: the visitor asked not to be. */
  | { readonly type: 'request-ignored'; readonly path: string }
  /** `status` 0: nobody was left to be answered. */
  | {
      readonly type: 'request-refused'
      readonly path: string
      readonly status: number
      readonly reason: RefusalReason
      readonly error?: string
    }
  /** An event, or a request that cannot be split, fits in no record. `kept`: in the bad stream; otherwise it is lost. */
  | {
      readonly type: 'request-too-large'
      readonly path: string
      readonly bytes: number
      readonly limitBytes: number
      readonly kept: boolean
    }
  /** The event could not be taken, but a person was waiting at a link: sent on all the same. */
  | { readonly type: 'redirect-unrecorded'; readonly path: string; readonly reason: RefusalReason }
  /** One call to the stream, for all requests in it. */
  | {
      readonly type: 'collector-batch-written'
      readonly stream: string
      readonly requests: number
      readonly records: number
      readonly bytes: number
      readonly ms: number
    }
  /** The stream did not take the records; the trackers were told to send them again. */
  | {
      readonly type: 'collector-sink-failed'
      readonly stream: string
      readonly requests: number
      readonly records: number
      readonly bytes: number
      readonly error: string
    }
