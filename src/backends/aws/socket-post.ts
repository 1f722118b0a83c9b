import { request as requestHttp, type Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import type { Clock } from '../../lib/index.ts'

/** One signed request, ready to go. */
export interface Outgoing {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface PostOptions {
  readonly agent: Agent
  readonly clock: Clock
  /** To have a connection. */
  readonly connectMs: number
  /** From the socket write to the end of the answer. */
  readonly answerMs: number
  /** Asked in the last statement before the socket write. */
  readonly mayGo?: () => boolean
  readonly signal?: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export type Posted =
  /** Surely nothing left this machine: `mayGo` said no, or there was no connection. */
  | { readonly sent: false; readonly error?: Error }
  /** `leftAt` is own monotonic time after the last byte was handed to the socket, or the socket was given up. */
  | { readonly sent: true; readonly leftAt: number; readonly answer: HttpAnswer }
  | { readonly sent: true; readonly leftAt: number; readonly error: Error }

// GetRecords brings 10 MiB, a third more in base64, and what is told of 10,000 records: whatever has more is no AWS.
const maxAnswerBytes = 64 * 1024 * 1024

/** Sends one request over HTTP/1.1, once. Never throws and never repeats. */
export function post(outgoing: Outgoing, options: PostOptions): Promise<Posted> {
  return new Exchange(outgoing, options).result
}

/*
 *   connecting ──connected, mayGo──► going ──last byte handed over──► waiting ──► answered
 *
 * Nothing is written while connecting: Node holds the head back until the body comes, and the body is given only to a
 * socket that is connected, in the statement after `mayGo`. Connecting takes its time and may come first in it.
 */
class Exchange {
  readonly result: Promise<Posted>
  readonly #options: PostOptions
  readonly #body: Buffer
  readonly #request: ClientRequest
  readonly #resolve: (posted: Posted) => void
  readonly #abort = () => this.#fail(new Error('aborted'))
  #timer: NodeJS.Timeout
  #going = false
  #leftAt: number | undefined

  constructor({ url, headers, body }: Outgoing, options: PostOptions) {
    const { promise, resolve } = Promise.withResolvers<Posted>()
    this.result = promise
    this.#resolve = resolve
    this.#options = options
    this.#body = body
    const { agent, connectMs, signal } = options
    const secure = url.protocol === 'https:'
    const open = secure ? requestHttps : requestHttp
    this.#request = open(url, { method: 'POST', headers, agent })
    this.#request.on('error', error => this.#fail(error))
    this.#request.once('socket', socket => this.#onSocket(socket, secure ? 'secureConnect' : 'connect'))
    this.#request.once('response', response => void this.#onResponse(response))
    this.#timer = setTimeout(() => this.#fail(new Error(`no connection within ${connectMs} ms`)), connectMs)
    signal?.addEventListener('abort', this.#abort)
    if (signal?.aborted === true) this.#abort()
  }

  #onSocket(socket: Socket, connected: string): void {
    if (socket.connecting) socket.once(connected, () => this.#go())
    else this.#go()
  }

  #go(): void {
    const { mayGo, answerMs } = this.#options
    if (this.#request.destroyed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#fail(new Error(`no answer within ${answerMs} ms`)), answerMs)
    if (mayGo?.() === false) return this.#end({ sent: false })
    this.#going = true
    this.#request.end(this.#body, () => (this.#leftAt ??= this.#options.clock.monotonic()))
  }

  async #onResponse(response: IncomingMessage): Promise<void> {
    try {
      const parts: Buffer[] = []
      let bytes = 0
      for await (const part of response) {
        parts.push(part)
        bytes += part.length
        if (bytes > maxAnswerBytes) throw new Error(`the answer has more than ${maxAnswerBytes} bytes`)
      }
      const body = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
      const answer = { status: response.statusCode ?? 0, headers: response.headers, body }
      this.#end({ sent: true, leftAt: this.#left(), answer })
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error('the answer broke off'))
    }
  }

  #fail(error: Error): void {
    this.#end(this.#going ? { sent: true, leftAt: this.#left(), error } : { sent: false, error })
  }

  #left(): number {
    return (this.#leftAt ??= this.#options.clock.monotonic())
  }

  #end(posted: Posted): void {
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#abort)
    const answered = posted.sent && 'answer' in posted
    // What is left of a request that is over must not leave later.
    if (!answered) this.#request.destroy()
    this.#resolve(posted)
  }
}
