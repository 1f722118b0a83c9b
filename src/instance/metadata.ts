import { Agent, request, type IncomingMessage } from 'node:http'
import { messageOf, MillraceError } from '../lib/index.ts'

/** What the machine under this process tells about itself. */
export interface InstanceMetadata {
  /** The text at a path below `/latest/`; undefined when there is nothing. Throws a retryable MillraceError. */
  get(path: string): Promise<string | undefined>
}

export interface MetadataOptions {
  readonly endpoint: URL
  /** For a whole answer. */
  readonly timeoutMs: number
}

// What is asked for has a few hundred bytes.
const maxBytes = 16 * 1024
// Source: IMDSv2, the longest that a token lives.
const tokenSeconds = 21_600

const ipv4 = 'http://169.254.169.254'
const ipv6 = 'http://[fd00:ec2::254]'

/**
 * Where the metadata service of EC2 is, by the SDK's own variables; undefined where it is switched off. Throws a
 * MillraceError for an address that is none.
 */
export function metadataEndpoint(environment: Readonly<Record<string, string | undefined>>): URL | undefined {
  if (environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined
  const usual = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6' ? ipv6 : ipv4
  const named = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT']
  const url = URL.parse(named === undefined || named === '' ? usual : named)
  if (url?.protocol === 'http:') return url
  const message = `AWS_EC2_METADATA_SERVICE_ENDPOINT is ${named}; give it an address such as ${ipv4}, or leave it out`
  throw new MillraceError('config', message, { retryable: false })
}

/** The metadata service of EC2, version 2: each question carries a token that was asked for before. No proxy, no redirect. */
export class Ec2Metadata implements InstanceMetadata {
  readonly #options: MetadataOptions
  // Its own: an agent of the whole process may be told to use a proxy.
  readonly #agent = new Agent({ keepAlive: false })
  #token: string | undefined

  constructor(options: MetadataOptions) {
    this.#options = options
  }

  async get(path: string): Promise<string | undefined> {
    const first = await this.#ask(path)
    if (first.status !== 401) return textOf(path, first)
    // The token has expired, or the machine was started from an image of a running one.
    this.#token = undefined
    return textOf(path, await this.#ask(path))
  }

  async #ask(path: string): Promise<Answer> {
    this.#token ??= await this.#newToken()
    return await this.#send('GET', path, { 'x-aws-ec2-metadata-token': this.#token })
  }

  async #newToken(): Promise<string> {
    const path = 'api/token'
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds) }
    const token = textOf(path, await this.#send('PUT', path, headers))?.trim() ?? ''
    if (/^[\x21-\x7e]{1,1024}$/.test(token)) return token
    throw failure(path, 'no token came')
  }

  async #send(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const { endpoint, timeoutMs } = this.#options
    const url = new URL(`/latest/${path}`, endpoint)
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
      const asked = request(url, { method, headers: { ...headers }, agent: this.#agent, signal })
      asked.on('error', reject).on('response', resolve).end()
      const answer = await promise
      return { status: answer.statusCode ?? 0, text: await read(answer) }
    } catch (error) {
      const reason = signal.aborted ? `no answer within ${timeoutMs} ms` : messageOf(error)
      throw failure(path, reason, error)
    }
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

async function read(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer) {
    chunks.push(chunk)
    bytes += chunk.length
    // Leaving the loop closes the connection.
    if (bytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function textOf(path: string, { status, text }: Answer): string | undefined {
  if (status === 200) return text
  if (status === 404) return undefined
  throw failure(path, `HTTP ${status}`)
}

function failure(path: string, reason: string, cause?: unknown): MillraceError {
  const message = `cannot read ${path} of the instance metadata (${reason}); see that IMDSv2 is enabled, and its hop limit is 2 for containers`
  return new MillraceError('instance', message, { retryable: true, cause })
}
