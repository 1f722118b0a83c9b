import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { messageOf, MillraceError } from '../lib/index.ts'
import type { Observe } from './events.ts'
import type { Health } from './health.ts'
import type { Metrics } from './metrics.ts'

export interface MonitoringOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly metrics: Metrics
  readonly health: Health
  readonly observe: Observe
}

export interface Monitoring {
  readonly host: string
  readonly port: number
  stop(): Promise<void>
}

/**
 * Serves `/metrics` for Prometheus, `/health` (200: alive, 503: replace me) and `/ready` (200: give me work). Whoever
 * asks slowly or never goes away costs a connection, nothing else.
 */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const server = createServer((request, response) => void answer(request, response, options))
  server.requestTimeout = 10_000
  server.maxConnections = 100
  const { host } = options
  const port = await listen(server, options)
  options.observe({ type: 'monitoring-ready', host, port })
  let stopped: Promise<void> | undefined
  return { host, port, stop: () => (stopped ??= close(server)) }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: MonitoringOptions,
): Promise<void> {
  const path = request.url?.split('?', 1)[0]
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') send(response, 405, 'GET only\n', 'text/plain')
    else if (path === '/metrics')
      send(response, 200, await options.metrics.text(), options.metrics.contentType)
    else if (path === '/health') report(response, options.health, 'alive')
    else if (path === '/ready') report(response, options.health, 'ready')
    else send(response, 404, '/metrics, /health and /ready are here\n', 'text/plain')
  } catch (error) {
    options.observe({ type: 'bug', error: messageOf(error) })
    if (!response.headersSent) send(response, 500, 'failed\n', 'text/plain')
  }
}

function report(response: ServerResponse, health: Health, what: 'alive' | 'ready'): void {
  const report = health.report()
  send(response, report[what] ? 200 : 503, `${JSON.stringify(report)}\n`, 'application/json')
}

function send(response: ServerResponse, status: number, body: string, type: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}

async function listen(server: Server, { host, port }: MonitoringOptions): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve)
    })
  } catch (error) {
    throw new MillraceError(
      'config',
      `monitoring.http: listening on ${host}:${port} failed (${messageOf(error)}); choose another monitoring.http.port, 0 for any that is free, or set monitoring.http.enabled to false`,
      { retryable: false, cause: error },
    )
  }
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

async function close(server: Server): Promise<void> {
  await new Promise<void>(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
