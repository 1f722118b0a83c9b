import { Agent as HttpAgent, type Agent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { SignatureV4 } from '@smithy/signature-v4'
import { MillraceError, messageOf, type Clock } from '../../lib/index.ts'
import { freshCredentials } from './credentials.ts'
import { remedyOf } from './kinesis-error.ts'
import { post } from './socket-post.ts'

/** A service that speaks AWS's Query protocol: parameters in a form, answers in XML. */
export interface QueryService {
  /** As signatures name it, and as hosts begin: `autoscaling`. */
  readonly name: string
  /** Of its API: `2011-01-01`. */
  readonly version: string
  readonly region: string
  /** Another address than AWS's own. */
  readonly endpoint?: string
}

export interface QueryOptions {
  readonly clock: Clock
  /** Of one call. */
  readonly timeoutMs: number
}

/** Seldom calls of a service that is not worth an SDK client of its own. Credentials come by the SDK's chain. */
export class QueryClient {
  readonly #service: QueryService
  readonly #options: QueryOptions
  readonly #url: URL
  readonly #agent: Agent
  readonly #client: KinesisClient
  readonly #signer: SignatureV4

  constructor(service: QueryService, options: QueryOptions) {
    const { name, region, endpoint = defaultEndpoint(service) } = service
    this.#service = service
    this.#options = options
    this.#url = new URL(endpoint)
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent() : new HttpAgent()
    this.#client = new KinesisClient({ ...freshCredentials, region })
    const { credentials, sha256 } = this.#client.config
    this.#signer = new SignatureV4({ service: name, region, credentials, sha256 })
  }

  /** The answer in XML. Throws a MillraceError for any other than a yes. */
  async call(action: string, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
    const body = Buffer.from(
      new URLSearchParams({ Action: action, Version: this.#service.version, ...parameters }).toString(),
    )
    const { clock, timeoutMs } = this.#options
    const headers = await this.#sign(action, body)
    const parts = { agent: this.#agent, connectMs: timeoutMs, answerMs: timeoutMs, clock }
    const posted = await post({ url: this.#url, headers, body }, parts)
    if (!('answer' in posted)) throw this.#failure(action, posted.error?.message ?? 'not sent', 'other')
    const { status, body: answer } = posted.answer
    const xml = answer.toString('utf8')
    if (status === 200) return xml
    const code = elementOf(xml, 'Code') ?? `HTTP ${status}`
    const trouble = code === 'AccessDenied' ? 'denied' : 'other'
    const retryable = status >= 500 || /Throttl/.test(code)
    throw this.#failure(
      action,
      `${code}: ${elementOf(xml, 'Message') ?? 'no reason given'}`,
      trouble,
      retryable,
    )
  }

  close(): void {
    this.#agent.destroy()
    this.#client.destroy()
  }

  async #sign(action: string, body: Buffer): Promise<Record<string, string>> {
    const { host, protocol, hostname, pathname: path } = this.#url
    const headers = {
      host,
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'content-length': String(body.length),
    }
    try {
      const unsigned = { method: 'POST', protocol, hostname, path, headers, body }
      return (await this.#signer.sign(unsigned)).headers
    } catch (error) {
      throw this.#failure(action, messageOf(error), 'no-credentials')
    }
  }

  #failure(
    action: string,
    said: string,
    trouble: 'denied' | 'no-credentials' | 'other',
    retryable = trouble !== 'denied',
  ): MillraceError {
    const message = `cannot call ${this.#service.name}:${action} (${said}); ${remedyOf(trouble)}`
    return new MillraceError('config', message, { retryable })
  }
}

function defaultEndpoint({ name, region }: QueryService): string {
  return `https://${name}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`
}

/** The text of the first such element that holds nothing but text. */
export function elementOf(xml: string, element: string): string | undefined {
  const text = new RegExp(`<${element}>([^<]{1,2000})</${element}>`).exec(xml)?.[1]
  return text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
