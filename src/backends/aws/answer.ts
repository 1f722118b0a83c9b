import { MillraceError, type ErrorCode } from '../../lib/index.ts'
import { remedyOf, troubleNamed } from './kinesis-error.ts'
import type { HttpAnswer } from './socket-post.ts'

/** What kind of no an answer is. Decides who tries again, and whether something was stored. */
export type RefusalKind =
  /** Too fast, or in use: nothing was done, later it may be. */
  | 'throttled'
  /** Expired, unknown or wrongly signed credentials: nothing was done. */
  | 'credentials'
  /** No such stream or shard. */
  | 'missing'
  | 'expired-iterator'
  /** No connection, no answer, or no credentials at hand. */
  | 'unreachable'
  /** The service failed: whether it did what was asked, nobody knows. */
  | 'down'
  /** It will be refused however often it is tried. */
  | 'invalid'

export interface Refusal {
  readonly kind: RefusalKind
  /** As AWS names it: `ResourceNotFoundException`. */
  readonly name: string
  readonly message: string
}

const kinds: readonly (readonly [RefusalKind, RegExp])[] = [
  ['throttled', /throttl|ThroughputExceeded|LimitExceeded|TooManyRequests|SlowDown|^ResourceInUse/i],
  [
    'credentials',
    /ExpiredToken|RequestExpired|UnrecognizedClient|InvalidClientTokenId|Signature|MissingAuthentication/,
  ],
  ['missing', /^ResourceNotFound/],
  ['expired-iterator', /^ExpiredIterator/],
  ['down', /^(InternalFailure|InternalServer|ServiceUnavailable|RequestTimeout)/],
]

/** Absent when the answer is a yes. Source: Kinesis API, common errors. */
export function refusalOf({ status, headers, body }: HttpAnswer): Refusal | undefined {
  if (status === 200) return undefined
  const { name, message } = named(headers['x-amzn-errortype'], body)
  const [kind] = kinds.find(([, pattern]) => pattern.test(name)) ?? []
  if (kind !== undefined) return { kind, name, message }
  if (status === 429) return { kind: 'throttled', name, message }
  return { kind: status >= 500 || status === 408 || status < 400 ? 'down' : 'invalid', name, message }
}

function named(header: string | string[] | undefined, body: Buffer): { name: string; message: string } {
  const parsed = parse(body)
  const type =
    text(parsed, '__type') ?? text(parsed, 'code') ?? (typeof header === 'string' ? header : 'Unknown')
  const message = text(parsed, 'message') ?? text(parsed, 'Message') ?? ''
  // `com.amazonaws.kinesis#ResourceNotFoundException:http://…` at its longest.
  const [name = ''] = type.slice(type.indexOf('#') + 1).split(':')
  return { name, message }
}

/** A JSON object, or an empty one for whatever else a proxy on the way may answer. */
function parse(body: Buffer): object {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}

function text(parsed: object, key: string): string | undefined {
  const value: unknown = Reflect.get(parsed, key)
  return typeof value === 'string' ? value : undefined
}

const remedies: Readonly<Record<RefusalKind, string>> = {
  throttled: 'it is too busy; add shards, or wait',
  credentials: 'look at the credentials and the clock of this machine',
  missing: 'create it first, and look at its name and region',
  'expired-iterator': 'try again',
  down: 'try again',
  unreachable: 'look at the network, the region and the credentials',
  invalid: 'look at the permissions and the configuration',
}

/** The error for a call that nobody tries again. */
export function refusedCall(code: ErrorCode, attempted: string, refusal: Refusal): MillraceError {
  const { kind, name, message } = refusal
  const said = message === '' ? name : `${name}, ${message}`
  const trouble = troubleNamed(name)
  const remedy = trouble === 'denied' || trouble === 'key' ? remedyOf(trouble) : remedies[kind]
  return new MillraceError(code, `cannot ${attempted}: ${said}; ${remedy}`, {
    retryable: kind !== 'invalid',
  })
}
