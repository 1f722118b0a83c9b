import type { IncomingMessage } from 'node:http'
import type { Reservation } from './in-flight-bytes.ts'
import type { RefusalReason } from './refusal.ts'

export type Body =
  { readonly is: 'whole'; readonly bytes: Buffer } | { readonly is: 'unread'; readonly reason: RefusalReason }

/**
 * The request's body, taken from the reservation as it arrives: a declared length alone takes nothing, or a few slow
 * clients could claim all of it. What comes after a body was refused is read and thrown away.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  reservation: Reservation,
): Promise<Body> {
  if (declaredBytes(request) > maxBytes) return Promise.resolve(unread('body-too-large'))
  const { promise, resolve } = Promise.withResolvers<Body>()
  const chunks: Buffer[] = []
  let bytes = 0
  const settle = (body: Body) => {
    request.off('data', keep).off('end', whole).resume()
    resolve(body)
  }
  const keep = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxBytes) settle(unread('body-too-large'))
    else if (!reservation.take(chunk.length)) settle(unread('overloaded'))
    else chunks.push(chunk)
  }
  const whole = () => settle({ is: 'whole', bytes: Buffer.concat(chunks, bytes) })
  request.on('data', keep)
  request.on('end', whole)
  request.on('error', () => settle(unread('aborted')))
  request.on('close', () => settle(unread('aborted')))
  return promise
}

function unread(reason: RefusalReason): Body {
  return { is: 'unread', reason }
}

export function declaredBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0)
}
