import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** An HTTP request as a value, read to its end. */
export interface HttpRequest {
  readonly method: string | undefined
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
  readonly body: Buffer
  readonly receivedAt: number
}

export function httpRequest(message: IncomingMessage, read: RequestRead): HttpRequest {
  const { method, headers, rawHeaders, socket } = message
  const forwardedFor = headers['x-forwarded-for']
  return {
    ...read,
    method,
    body: decodeText(read.body, headers['content-type']),
    headers,
    rawHeaders,
    forwardedFor: typeof forwardedFor === 'string' ? forwardedFor : forwardedFor?.join(','),
    peer: socket.remoteAddress,
  }
}

/** Records are UTF-8, whatever charset the body came in. */
function decodeText(bytes: Buffer, contentType: string | undefined): string {
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8'
  if (/^utf-?8$/i.test(charset)) return bytes.toString()
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    // No charset of that name.
    return bytes.toString()
  }
}
