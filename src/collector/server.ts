import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { messageOf, MillraceError } from '../lib/index.ts'
import { healthAnswer, originHeaders, preflightAnswer, refuse, robotsAnswer, type Answer } from './answers.ts'
import { declaredBytes } from './body.ts'
import type { CollectorConfig } from './config.ts'
import type { RefusalReason } from './refusal.ts'
import { routeOf } from './routes.ts'
import { readKeyPair } from './tls.ts'
import { Tracking, type CollectorParts } from './tracking.ts'

/** A collector that answers. */
export interface RunningCollector {
  readonly port: number
  /**
   * Takes no more connections, answers what is in flight, and resolves when all of it is written or the deadline has
   * passed. May be called twice. The producers stay open: they are the caller's.
   */
  stop(): Promise<void>
}

/** Starts the HTTP endpoint. Resolves when it listens; rejects with a MillraceError when it cannot. */
export async function startCollector(
  config: CollectorConfig,
  parts: CollectorParts,
): Promise<RunningCollector> {
  const collector = new Collector(config, parts)
  const port = await collector.listen()
  return { port, stop: () => collector.stop() }
}

// How long a connection is listened to after its request was refused unread. Closed at once, the answer would be
// thrown away with what still arrives, and the client would see a broken connection instead of the reason.
const lingerMs = 2_000

/** What Node calls it when a client does not speak HTTP; anything else is malformed. */
const clientErrors: Readonly<Record<string, RefusalReason>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
}

/** What Node calls it when a client is gone before it is done. */
const hangUps: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE'])

/**
 * Listening → serving → draining → stopped. While draining, whoever is still connected is served, and told to go
 * elsewhere for the next request.
 */
class Collector {
  readonly #config: CollectorConfig
  readonly #parts: CollectorParts
  readonly #tracking: Tracking
  readonly #server: Server
  /** Connections whose client was told that it does not speak HTTP: what becomes of their request is told already. */
  readonly #condemned = new WeakSet<Duplex>()
  /** Open connections, also those that have not finished a TLS handshake: Node's server does not know these. */
  readonly #sockets = new Set<Duplex>()
  /** False as soon as a stop was asked for. */
  #healthy = true
  #draining = false
  #stopped: Promise<void> | null = null

  constructor(config: CollectorConfig, parts: CollectorParts) {
    this.#config = config
    this.#parts = parts
    this.#tracking = new Tracking(config, parts)
    this.#server = this.#createServer()
  }

  async listen(): Promise<number> {
    const { host, port } = this.#config
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject)
    this.#server.listen(port, host, resolve)
    await promise.catch((cause: unknown) => {
      const message = `listen on ${host}:${port} failed: ${messageOf(cause)}; choose another collector port`
      throw new MillraceError('collector', message, { retryable: false, cause })
    })
    // A connection that cannot be accepted, for want of file descriptors, costs that connection.
    const failed = (error: Error) => this.#refused('', refuse('connection-limit', { error: error.message }))
    this.#server.off('error', reject).on('error', failed)
    const bound = (this.#server.address() as AddressInfo).port
    const scheme = this.#config.tls === null ? 'http' : 'https'
    this.#parts.observe({ type: 'collector-ready', scheme, host, port: bound })
    return bound
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const { clock, observe } = this.#parts
    this.#healthy = false
    observe({ type: 'collector-draining' })
    if (this.#config.preTerminationMs > 0) await clock.sleep(this.#config.preTerminationMs)
    this.#draining = true
    // Closing breaks connections that look idle: what has arrived by now is accepted in one turn and read in the next.
    for (let turns = 0; turns < 2; turns++) await new Promise(resolve => setImmediate(resolve))
    const closed = new Promise(resolve => this.#server.close(resolve))
    const drained = new AbortController()
    const finished = Promise.all([closed, this.#tracking.idle()]).then(() => drained.abort())
    await Promise.race([finished, clock.sleep(this.#config.terminationDeadlineMs, drained.signal)])
    this.#server.closeAllConnections()
    for (const socket of this.#sockets) socket.destroy()
    await closed
    observe({ type: 'collector-stopped' })
  }

  #createServer(): Server {
    const { maxHeaderBytes, headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = this.#config
    const settings = {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      // How late Node may notice these time-outs.
      connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs, requestTimeoutMs),
    }
    const { tls } = this.#config
    const server =
      tls === null
        ? createServer(settings)
        : createTlsServer({ ...settings, ...readKeyPair(tls), handshakeTimeout: headersTimeoutMs })
    server.on('connection', (socket: Duplex) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.maxConnections = this.#config.maxConnections
    server.on('request', (message, response) => void this.#handle(message, response))
    server.on('checkContinue', (message, response) => {
      if (declaredBytes(message) <= this.#config.maxBodyBytes) response.writeContinue()
      void this.#handle(message, response)
    })
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#condemn(error, socket))
    server.on('drop', () => this.#refused('', refuse('connection-limit')))
    return server
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.#answer(message)
      if (!this.#condemned.has(message.socket)) this.#refused(pathOf(message), answer)
      this.#send(answer, message, response)
    } catch (bug) {
      const answer = refuse('internal-error', { error: messageOf(bug) })
      this.#refused(pathOf(message), answer)
      if (!response.headersSent) this.#send(answer, message, response)
    }
  }

  async #answer(message: IncomingMessage): Promise<Answer> {
    const route = routeOf(message.method ?? '', message.url ?? '', this.#config.paths)
    if (route.to === 'nowhere') return refuse(route.reason)
    if (route.to === 'preflight') return preflightAnswer(this.#config)
    if (route.to === 'robots') return robotsAnswer
    if (route.to === 'health') return healthAnswer(this.#healthy, this.#tracking.outage)
    if (route.to === 'sinkHealth') return healthAnswer(this.#tracking.healthy)
    return this.#tracking.answer(message, route)
  }

  #refused(path: string, { status, refused }: Answer): void {
    if (refused !== undefined)
      this.#parts.observe({ type: 'request-refused', path: path.slice(0, 256), status, ...refused })
  }

  #send({ status, headers, body }: Answer, message: IncomingMessage, response: ServerResponse): void {
    if (status === 0 || response.destroyed) return
    const { socket } = message
    const unread = status === 413
    // Node calls this once the answer is written and the connection is to be closed.
    if (unread) socket.destroySoon = () => this.#linger(socket)
    response.writeHead(status, {
      ...originHeaders(message.headers.origin),
      ...(this.#config.p3p === null ? {} : { P3P: this.#config.p3p }),
      ...headers,
      'Content-Length': Buffer.byteLength(body),
      ...(unread || this.#draining ? { Connection: 'close' } : {}),
    })
    response.end(body)
  }

  /** Tells a client that it does not speak HTTP, or not fast enough, and hangs up. */
  #condemn(error: NodeJS.ErrnoException, socket: Duplex): void {
    // Whoever went away is told nothing; the request it was sending, if there was one, ends as aborted.
    if (!socket.writable || hangUps.has(error.code ?? '')) {
      socket.destroy()
      return
    }
    const answer = refuse(clientErrors[error.code ?? ''] ?? 'malformed', { error: error.message })
    this.#condemned.add(socket)
    this.#refused('', answer)
    socket.write(
      `HTTP/1.1 ${answer.status} ${String(answer.body)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
    this.#linger(socket)
  }

  /** Says that no more will come, throws away what still does, and hangs up when the client has, or after a while. */
  #linger(socket: Duplex): void {
    const gone = new AbortController()
    socket.once('close', () => gone.abort())
    socket.end()
    socket.resume()
    void this.#parts.clock.sleep(lingerMs, gone.signal).then(() => socket.destroy())
  }
}

function pathOf(message: IncomingMessage): string {
  return message.url?.split('?', 1)[0] ?? ''
}
