import type { CollectorConfig } from './config.ts'
import type { RefusalReason } from './refusal.ts'

/** An HTTP response as a value. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  /** Of the visitor whose events were recorded. */
  readonly networkUserId?: string
  /** Why the request was not recorded, where it should have been. */
  readonly refused?: { readonly reason: RefusalReason; readonly error?: string }
}

// One transparent pixel: what an <img> that carries an event has to show.
const pixel = Buffer.from('R0lGODlhAQABAPAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64')

function plainAnswer(status: number, body: string): Answer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=UTF-8' }, body }
}

const okAnswer = plainAnswer(200, 'ok')

const pixelAnswer: Answer = {
  status: 200,
  headers: { 'Content-Type': 'image/gif', 'Cache-Control': 'no-cache, no-store, must-revalidate' },
  body: pixel,
}

/** What a tracker gets whose events are taken: `ok` when it posted them, otherwise a pixel. */
export function trackerAnswer(method: string | undefined): Answer {
  return method === 'POST' ? okAnswer : pixelAnswer
}

/** To the same address with one parameter more: a browser resolves what begins with a question mark against it. */
export function bounceAnswer(querystring: string, parameter: string): Answer {
  const more = `${encodeURIComponent(parameter)}=true`
  const headers = { 'Cache-Control': 'no-cache, no-store, must-revalidate' }
  const location = querystring === '' ? `?${more}` : `?${querystring}&${more}`
  return { status: 302, headers: { ...headers, Location: location }, body: '' }
}

export function redirectAnswer(location: string): Answer {
  return { status: 302, headers: { Location: location }, body: '' }
}

export function withCookie(answer: Answer, cookie: string | null | undefined): Answer {
  return cookie == null ? answer : { ...answer, headers: { ...answer.headers, 'Set-Cookie': cookie } }
}

export const robotsAnswer = plainAnswer(200, 'User-agent: *\nDisallow: /\n')

export function healthAnswer(healthy: boolean, outage?: string): Answer {
  if (outage !== undefined) return plainAnswer(503, `Service Unavailable: ${outage}`)
  return healthy ? plainAnswer(200, 'OK') : plainAnswer(503, 'Service Unavailable')
}

/** What a browser asks before it lets a page post to us. */
export function preflightAnswer({ cors }: CollectorConfig): Answer {
  const headers = {
    'Access-Control-Allow-Headers': cors.allowedHeaders.join(', '),
    'Access-Control-Allow-Methods': 'GET, HEAD, POST, OPTIONS',
    'Access-Control-Max-Age': String(cors.maxAgeSeconds),
  }
  return { status: 200, headers, body: '' }
}

/** Headers of every answer: any page may send events, with its visitor's cookie. */
export function originHeaders(origin: string | undefined): Readonly<Record<string, string>> {
  if (origin === undefined) return { 'Access-Control-Allow-Origin': '*' }
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
    Vary: 'Origin',
  }
}

// Trackers give up on 400, 401, 403, 410 and 422, and send again whatever else is no success. So what may work later
// is 503, and what never will is one of those, except where it is no tracker that asks.
const refusals: Readonly<Record<RefusalReason, readonly [status: number, body: string]>> = {
  'not-found': [404, 'Not Found'],
  'redirects-off': [404, 'Not Found'],
  'method-not-allowed': [405, 'Method Not Allowed'],
  malformed: [400, 'Bad Request'],
  'redirect-refused': [400, 'Bad Request'],
  timeout: [408, 'Request Timeout'],
  // No tracker posts megabytes: whoever gets this has to be told in HTTP's own words.
  'body-too-large': [413, 'Content Too Large'],
  'unsupported-encoding': [415, 'Unsupported Media Type'],
  'too-large-to-keep': [422, 'Unprocessable Content'],
  'headers-too-large': [431, 'Request Header Fields Too Large'],
  'internal-error': [500, 'Internal Server Error'],
  overloaded: [503, 'Service Unavailable'],
  'sink-unavailable': [503, 'Service Unavailable'],
  // Nobody is left to read these.
  aborted: [0, ''],
  'connection-limit': [0, ''],
}

export interface RefusalDetail {
  readonly retryAfterSeconds?: number
  readonly error?: string
}

export function refuse(reason: RefusalReason, { retryAfterSeconds = 0, error }: RefusalDetail = {}): Answer {
  const [status, body] = refusals[reason]
  const { headers } = plainAnswer(status, body)
  return {
    status,
    headers: status === 503 ? { ...headers, 'Retry-After': String(retryAfterSeconds) } : headers,
    body,
    refused: error === undefined ? { reason } : { reason, error },
  }
}
