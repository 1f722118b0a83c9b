import { Agent as HttpAgent, type Agent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis'
import { getEndpointFromInstructions } from '@smithy/core/endpoints'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Clock, SeenDates } from '../../lib/index.ts'
import { freshCredentials } from './credentials.ts'
import { post, type Posted } from './socket-post.ts'
import { openStream, type Streamed, type StreamOptions } from './socket-stream.ts'

export interface ConnectionOptions {
  readonly region?: string
  /** Another address than AWS's own. */
  readonly endpoint?: string
  readonly credentials?: NonNullable<KinesisClientConfig['credentials']>
  readonly clock: Clock
  readonly serverDate: SeenDates
  /** How requests leave this machine: over HTTP/1.1 when absent. */
  readonly post?: typeof post
  /** A call of the SDK's client that has not answered by then is made again, and has then failed. Default: 10 s. */
  readonly clientAnswerMs?: number
}

export interface CallOptions {
  /** From the socket write to the end of the answer. */
  readonly answerMs: number
  readonly mayGo?: () => boolean
  readonly signal?: AbortSignal
}

interface Target {
  readonly url: URL
  readonly agent: Agent
}

const connectMs = 3000
// Shorter than whatever lies in between keeps an idle connection: a request on one that is being closed is lost.
const idleSocketMs = 20_000
const contentType = 'application/x-amz-json-1.1'

/**
 * The way to Kinesis. The SDK's client finds region, address and credentials, and makes the seldom calls. Records go in
 * and out by calls of our own: nothing is repeated behind our back, the last moment before the socket write is ours, and
 * records take a fifth of the SDK's processor time (`npm run bench -- kinesis`).
 */
export class Connection {
  readonly client: KinesisClient
  readonly #clock: Clock
  readonly #serverDate: SeenDates
  readonly #signer: SignatureV4
  readonly #post: typeof post
  readonly #closed = new AbortController()
  #target: Promise<Target> | undefined
  /** Server time − own wall clock: signatures are dated by the server's clock, so that they live no longer than meant. */
  #skewMs = 0

  constructor(options: ConnectionOptions) {
    const { region, endpoint, credentials, clock, serverDate, clientAnswerMs = 10_000 } = options
    this.#clock = clock
    this.#serverDate = serverDate
    this.#post = options.post ?? post
    this.client = new KinesisClient({
      ...freshCredentials,
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
      // HTTP/2, the client's default, gains nothing for a few large requests.
      requestHandler: new NodeHttpHandler({
        connectionTimeout: connectMs,
        // Without all three a call whose answer never comes, or breaks off, is waited for, for ever.
        requestTimeout: clientAnswerMs,
        throwOnRequestTimeout: true,
        socketTimeout: clientAnswerMs,
      }),
    })
    const { config, middlewareStack } = this.client
    const see = (reply: unknown) => this.#seeReply(reply)
    middlewareStack.add(
      next => async args => {
        const result = await next(args)
        see(result.response)
        return result
      },
      { step: 'deserialize', priority: 'low', name: 'seeServerDate' },
    )
    this.#signer = new SignatureV4({
      service: 'kinesis',
      region: config.region,
      credentials: config.credentials,
      sha256: config.sha256,
    })
  }

  /** Aborts when the connection is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** The time by the server's clock, as far as it has told. */
  serverNow(): number {
    return this.#clock.now() + this.#skewMs
  }

  /** Server time − this machine's wall clock, as the last reply told; 0 while they agree to the second. */
  get skewMs(): number {
    return this.#skewMs
  }

  /** Makes one call, once. The body is the call's input in JSON. Rejects when there are no credentials. */
  async call(operation: string, body: Buffer, options: CallOptions): Promise<Posted> {
    const { url, agent } = await this.#find()
    const headers = await this.#sign(operation, url, body)
    const parts = { ...options, agent, connectMs, clock: this.#clock }
    const posted = await this.#post({ url, headers, body }, parts)
    if (posted.sent && 'answer' in posted) this.#see(posted.answer.headers.date)
    return posted
  }

  /** Makes one call whose answer goes on and on. */
  async open(operation: string, body: Buffer, options: Omit<StreamOptions, 'agent'>): Promise<Streamed> {
    const { url, agent } = await this.#find()
    const headers = await this.#sign(operation, url, body)
    const streamed = await openStream({ url, headers, body }, { ...options, agent })
    if (streamed.state !== 'failed') this.#see(streamed.answer.headers['date'])
    return streamed
  }

  /** Asks for new credentials: the ones at hand were refused. Where there are none, the next call is refused, too. */
  async renewCredentials(): Promise<void> {
    const { credentials } = this.client.config
    await credentials({ forceRefresh: true }).catch(() => {})
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.client.destroy()
    const target = await this.#target?.catch(() => undefined)
    target?.agent.destroy()
  }

  async #sign(operation: string, url: URL, body: Buffer): Promise<Record<string, string>> {
    const headers = {
      host: url.host,
      'content-type': contentType,
      'content-length': String(body.length),
      'x-amz-target': `Kinesis_20131202.${operation}`,
    }
    const { protocol, hostname, pathname: path } = url
    const unsigned = { method: 'POST', protocol, hostname, path, headers, body }
    const signingDate = new Date(this.serverNow())
    return (await this.#signer.sign(unsigned, { signingDate })).headers
  }

  #seeReply(reply: unknown): void {
    if (typeof reply !== 'object' || reply === null || !('headers' in reply)) return
    const { headers } = reply
    if (typeof headers === 'object' && headers !== null && 'date' in headers) this.#see(headers.date)
  }

  #see(header: unknown): void {
    const date = typeof header === 'string' ? Date.parse(header) : Number.NaN
    if (Number.isNaN(date)) return
    this.#serverDate.see(date)
    // The header has whole seconds: within one the clocks agree as far as anybody can tell.
    const behind = date - this.#clock.now()
    this.#skewMs = behind > -1000 && behind <= 0 ? 0 : behind
  }

  async #find(): Promise<Target> {
    this.#target ??= this.#resolve()
    try {
      return await this.#target
    } catch (error) {
      // A region that nobody knows today may be told tomorrow.
      this.#target = undefined
      throw error
    }
  }

  async #resolve(): Promise<Target> {
    const parameters = { Region: 'region', UseFIPS: 'useFipsEndpoint', UseDualStack: 'useDualstackEndpoint' }
    const entries = Object.entries({ ...parameters, Endpoint: 'endpoint' })
    const instructions = Object.fromEntries(
      entries.map(([key, name]) => [key, { type: 'builtInParams' as const, name }]),
    )
    const supplier = { getEndpointParameterInstructions: () => instructions }
    const { url } = await getEndpointFromInstructions({}, supplier, this.client.config)
    const options = { keepAlive: true, timeout: idleSocketMs }
    return { url, agent: url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options) }
  }
}
