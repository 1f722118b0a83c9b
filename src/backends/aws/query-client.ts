import { Agent as HttpAgent, type Agent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { SignatureV4 } from '@smithy/signature-v4'
import { MillraceError, messageOf, type Clock } from '../../lib/index.ts'
import { freshCredentials } from './credentials.ts'
import { remedyOf, troubleNamed } from './kinesis-error.ts'
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

interface Refused {
  readonly status: number
  readonly code: string
  readonly said: string
  /** The server's time, ms since the epoch; NaN when it told none. */
  readonly date: number
}

// Signatures are good for five minutes around the server's time: a smaller difference is not why one was refused.
const worthwhileMs = 60_000

/** Seldom calls of a service that is not worth an SDK client of its own. Credentials come by the SDK's chain. */
export class QueryClient {
  readonly #service: QueryService
  readonly #options: QueryOptions
  readonly #url: URL
  readonly #agent: Agent
  readonly #client: KinesisClient
  readonly #signer: SignatureV4
  /** Server time − own wall clock, as the last refusal for the date of a signature told; 0 until then. */
  #skewMs = 0

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

  /**
   * The answer in XML. A call that is refused because of this machine's clock is made once more, dated by the server's.
   * Throws a MillraceError for any other than a yes.
   */
  async call(action: string, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
    const body = Buffer.from(
      new URLSearchParams({ Action: action, Version: this.#service.version, ...parameters }).toString(),
    )
    const first = await this.#post(action, body)
    if ('xml' in first) return first.xml
    const second = this.#learnSkew(first) ? await this.#post(action, body) : first
    if ('xml' in second) return second.xml
    const { code, said, status } = second
    const trouble = code === 'AccessDenied' ? 'denied' : isClock(code) ? 'clock' : 'other'
    throw this.#failure(action, `${code}: ${said}`, trouble, status >= 500 || /Throttl/.test(code))
  }

  async #post(action: string, body: Buffer): Promise<{ readonly xml: string } | Refused> {
    const { clock, timeoutMs } = this.#options
    const headers = await this.#sign(action, body)
    const parts = { agent: this.#agent, connectMs: timeoutMs, answerMs: timeoutMs, clock }
    const posted = await post({ url: this.#url, headers, body }, parts)
    if (!('answer' in posted)) throw this.#failure(action, posted.error?.message ?? 'not sent', 'other')
    const { status, headers: replied, body: answer } = posted.answer
    const xml = answer.toString('utf8')
    if (status === 200) return { xml }
    const code = elementOf(xml, 'Code') ?? `HTTP ${status}`
    const said = elementOf(xml, 'Message') ?? 'no reason given'
    return { code, said, status, date: Date.parse(String(replied['date'])) }
  }

  /** Whether another signature, by the server's clock, may do better. */
  #learnSkew({ code, date }: Refused): boolean {
    if (!isClock(code) || Number.isNaN(date)) return false
    const skewMs = date - this.#options.clock.now()
    if (Math.abs(skewMs - this.#skewMs) < worthwhileMs) return false
    this.#skewMs = skewMs
    return true
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
      const signingDate = new Date(this.#options.clock.now() + this.#skewMs)
      return (await this.#signer.sign(unsigned, { signingDate })).headers
    } catch (error) {
      throw this.#failure(action, messageOf(error), 'no-credentials')
    }
  }

  #failure(
    action: string,
    said: string,
    trouble: 'denied' | 'no-credentials' | 'clock' | 'other',
    retryable = trouble !== 'denied',
  ): MillraceError {
    const message = `cannot call ${this.#service.name}:${action} (${said}); ${remedyOf(trouble)}`
    return new MillraceError('config', message, { retryable })
  }
}

/** Whether a wrong date of the signature is, or may be, why a call was refused. RequestExpired: a date in the past. */
function isClock(code: string): boolean {
  return code === 'RequestExpired' || troubleNamed(code) === 'clock'
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
