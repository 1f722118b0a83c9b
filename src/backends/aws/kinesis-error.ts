import { messageOf } from '../../lib/index.ts'

/** Why a call of the SDK failed, in kinds that each have one remedy. */
export type KinesisTrouble =
  | 'missing'
  | 'key'
  | 'denied'
  | 'credentials'
  | 'no-credentials'
  | 'no-region'
  | 'throttled'
  | 'clock'
  | 'other'

const kinds: readonly (readonly [KinesisTrouble, RegExp])[] = [
  ['missing', /^ResourceNotFoundException$/],
  ['key', /^KMS(?!Throttling)/],
  ['denied', /AccessDenied|NotAuthorized/],
  ['no-credentials', /^CredentialsProviderError$/],
  ['throttled', /Throttl|ThroughputExceeded|LimitExceeded|TooManyRequests/],
  ['clock', /RequestTimeTooSkewed|InvalidSignature|SignatureDoesNotMatch/],
  [
    'credentials',
    /ExpiredToken|RequestExpired|UnrecognizedClient|InvalidClientTokenId|MissingAuthentication/,
  ],
]

export function kinesisTrouble(error: unknown): KinesisTrouble {
  if (messageOf(error) === 'Region is missing') return 'no-region'
  return troubleNamed(error instanceof Error ? error.name : '')
}

/** `name`: as AWS calls it, `AccessDeniedException`. */
export function troubleNamed(name: string): KinesisTrouble {
  return kinds.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other'
}

const remedies: Readonly<Record<KinesisTrouble, string>> = {
  missing: 'create it first, and look at its name and region',
  key: 'see that the key which encrypts the stream is enabled, and that these credentials may kms:Decrypt to read and kms:GenerateDataKey to write',
  denied: 'allow it to these credentials; millrace doctor --policy prints the policy',
  credentials: 'the credentials are expired or unknown to AWS; give others',
  'no-credentials': 'give credentials: a role, a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  'no-region': 'name the region in aws.region, or set AWS_REGION',
  throttled: 'it is too busy; try again',
  clock: "correct this machine's clock, and look at the credentials",
  other: 'look at the network, the region and the endpoint',
}

/** What to do about it. */
export function remedyOf(trouble: KinesisTrouble): string {
  return remedies[trouble]
}

/** What was said: the kind of a refusal, and its text. */
export function saidBy(error: unknown): string {
  const name = error instanceof Error && error.name !== 'Error' ? `${error.name}: ` : ''
  const text = messageOf(error)
  // A refused connection has several causes, one for each address, and no message of its own.
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
  return `${name}${text === '' ? code : text}`
}
