import { messageOf, MillraceError } from '../../lib/index.ts'

/** What a call was for, so that its failure can be told. */
export interface DynamoPurpose {
  /** `renew the lease of shard-1` */
  readonly doing: string
  readonly table: string
  /** The permission that the call needs: `dynamodb:UpdateItem`. */
  readonly needs: string
}

/** Refusals that another try can get past. Whatever has no 4xx status is retryable anyway. */
const passing: Readonly<Record<string, string>> = {
  ProvisionedThroughputExceededException:
    'the table has too little capacity: switch it to on-demand (PAY_PER_REQUEST) or raise its write capacity',
  ThrottlingException: 'DynamoDB throttles; it goes on by itself, or raise the limits of the table',
  RequestLimitExceeded: "the account's request rate is used up; ask AWS for more",
  LimitExceededException: 'too many tables are being changed at once',
  ResourceInUseException: 'the table is being changed',
  ExpiredTokenException: 'the credentials have expired; new ones are looked for',
  InvalidSignatureException: "this machine's clock is off; the next request is signed with the server's time",
  RequestTimeTooSkewed: "this machine's clock is off; the next request is signed with the server's time",
}

const permanent: Readonly<Record<string, (purpose: DynamoPurpose) => string>> = {
  AccessDeniedException: ({ needs, table }) => `allow ${needs} on the table ${table} to these credentials`,
  UnrecognizedClientException: () => 'the credentials are unknown to AWS; give others',
  ResourceNotFoundException: ({ table }) =>
    `there is no table ${table} in this region and account; name another table or region, or create it`,
  ValidationException: ({ table }) =>
    `is ${table} a lease table? It needs the partition key leaseKey (S) and no sort key`,
}

/** A failed call as everybody else understands it: what was attempted, on which table, and what to do next. */
export function explainDynamo(error: unknown, purpose: DynamoPurpose, timeoutMs: number): MillraceError {
  const name = error instanceof Error ? error.name : ''
  const attempt = `cannot ${purpose.doing} in the DynamoDB table ${purpose.table}`
  if (name === 'TimeoutError' || name === 'AbortError') {
    const message = `${attempt}: no answer within ${timeoutMs} ms`
    return new MillraceError('leases', message, { retryable: true, cause: error })
  }
  const hint = permanent[name]?.(purpose) ?? passing[name] ?? localHint(error)
  const reason = [name === 'Error' ? '' : name, messageOf(error)].filter(text => text !== '').join(': ')
  const message = `${attempt} (${reason})${hint === undefined ? '' : `; ${hint}`}`
  return new MillraceError('leases', message, { retryable: isRetryable(error, name), cause: error })
}

function isRetryable(error: unknown, name: string): boolean {
  if (name in passing) return true
  if (name in permanent || messageOf(error) === missingRegion) return false
  const status = statusOf(error)
  return status === undefined || status >= 500 || status === 429
}

const missingRegion = 'Region is missing'

function localHint(error: unknown): string | undefined {
  if (messageOf(error) === missingRegion) return 'name the region, or set AWS_REGION'
  if (error instanceof Error && error.name === 'CredentialsProviderError')
    return 'give credentials: a role, a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  return undefined
}

/** Undefined when no answer came at all. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const metadata = error.$metadata
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}
