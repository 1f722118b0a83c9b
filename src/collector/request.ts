import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** An HTTP request as a value, read to its end. */
export interface HttpRequest {
  /** The path to be recorded. */
  readonly path: string
  /** Without the `?`; as it was sent. */
  readonly querystring: string
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[]
  readonly forwardedFor: string | undefined
  /** Address at the other end of the connection. */
  readonly peer: string | undefined
  readonly body: string
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
}

export interface RequestRead {
  readonly path: string
  readonly querystring: string
  readonly body: string
  readonly receivedAt: number
}

export function httpRequest(message: IncomingMessage, read: RequestRead): HttpRequest {
  const { headers, rawHeaders, socket } = message
  const forwardedFor = headers['x-forwarded-for']
  return {
    ...read,
    headers,
    rawHeaders,
    forwardedFor: typeof forwardedFor === 'string' ? forwardedFor : forwardedFor?.join(','),
    peer: socket.remoteAddress,
  }
}
