import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { orAborted, SeenDates } from '../../lib/index.ts'
import { freshCredentials } from './credentials.ts'
import { explainDynamo, type DynamoPurpose } from './dynamo-error.ts'
import { kinesisTrouble } from './kinesis-error.ts'

export interface DynamoOptions {
  readonly region?: string
  /** For a local double: `http://localhost:8000`. */
  readonly endpoint?: string
  /** Longest that one request may take, connection included. At most a third of the time between two renewals. */
  readonly timeoutMs?: number
  /** Fed with the date of every reply. */
  readonly dates?: SeenDates
}

export interface Reply<Output> {
  readonly output: Output
  /** The server's date in this reply, ms since the epoch; to the second. */
  readonly repliedAt?: number
}

export type SendOptions = { readonly abortSignal: AbortSignal }
type Send<Output> = (client: DynamoDBClient, options: SendOptions) => Promise<Output>

// A worker renews all its leases at once.
const maxSockets = 128

/**
 * DynamoDB, one request per call. Nothing is sent twice behind the caller's back: a write whose reply is lost may have been
 * applied, and only the caller knows what that means.
 */
export class DynamoClient {
  readonly dates: SeenDates
  readonly #client: DynamoDBClient
  readonly #timeoutMs: number
  /** By the output of each call that is not collected yet. */
  readonly #repliedAt = new WeakMap<object, number>()

  constructor({ region, endpoint, timeoutMs = 1000, dates = new SeenDates() }: DynamoOptions = {}) {
    this.dates = dates
    this.#timeoutMs = timeoutMs
    const agent = { keepAlive: true, maxSockets }
    this.#client = new DynamoDBClient({
      ...freshCredentials,
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({
        httpAgent: agent,
        httpsAgent: agent,
        // The SDK asks STS for credentials through it, too, and those questions have no time-out of ours.
        requestTimeout: 10_000,
        throwOnRequestTimeout: true,
      }),
    })
    this.#client.middlewareStack.add(
      next => async args => {
        try {
          const result = await next(args)
          const date = this.#see(result.response)
          if (date !== undefined && result.output !== undefined) this.#repliedAt.set(result.output, date)
          return result
        } catch (error) {
          if (typeof error === 'object' && error !== null && '$response' in error) this.#see(error.$response)
          throw error
        }
      },
      { name: 'seeDate', step: 'deserialize', priority: 'high' },
    )
  }

  /** Throws a MillraceError when there is no answer, or another one than `send` asked for. */
  async call<Output extends object>(purpose: DynamoPurpose, send: Send<Output>): Promise<Reply<Output>> {
    try {
      const abortSignal = AbortSignal.timeout(this.#timeoutMs)
      // The SDK looks for credentials however long that takes; what it finds too late it does not send.
      const output = await orAborted(send(this.#client, { abortSignal }), abortSignal)
      if (output === 'aborted') throw abortSignal.reason
      const repliedAt = this.#repliedAt.get(output)
      return repliedAt === undefined ? { output } : { output, repliedAt }
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) throw error
      if (kinesisTrouble(error) === 'credentials') this.#renewCredentials()
      throw explainDynamo(error, purpose, this.#timeoutMs)
    }
  }

  /** A conditional write. `'refused'`: the item is not as the condition says, and nothing has changed. */
  async attempt<Output extends object>(
    purpose: DynamoPurpose,
    send: Send<Output>,
  ): Promise<Reply<Output> | 'refused'> {
    try {
      return await this.call(purpose, send)
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return 'refused'
      throw error
    }
  }

  close(): void {
    this.#client.destroy()
  }

  /** For the next call: this one has its time-out. Where there are none, that call says so. */
  #renewCredentials(): void {
    this.#client.config.credentials({ forceRefresh: true }).catch(() => {})
  }

  #see(response: unknown): number | undefined {
    const date = dateOf(response)
    if (date !== undefined) this.dates.see(date)
    return date
  }
}

function dateOf(response: unknown): number | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined
  const { headers } = response
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined
  const date = Date.parse(String(headers.date))
  return Number.isNaN(date) ? undefined : date
}
