import { causeOf, chunksWithin, membersOf, messageOf, withoutCredentials } from '../lib/index.ts'
import type { HttpRequest, HttpResponse } from '../core/index.ts'
import { OutsideFailure } from './circuit.ts'

export interface HttpOptions {
  /** Where a request really goes: tests put a server of their own in the place of a public one. */
  readonly rewrite?: (url: URL) => URL
  /** A longer response is an error. */
  readonly maxBytes?: number
}

const defaultMaxBytes = 1024 * 1024
const maxRedirects = 3
const redirects = new Set([301, 302, 303, 307, 308])
// Said by proxies and by servers that are too busy: nothing that the question has to do with.
const outsideStatuses = new Set([429, 502, 503, 504])

/**
 * One call over HTTP, bounded in the size of its answer and in its redirects. An error is one of this question;
 * throws an OutsideFailure when the server cannot be reached, breaks off or says that it is overloaded. No message
 * holds more of the URL than its host.
 */
export async function callHttp(
  request: HttpRequest,
  signal: AbortSignal,
  { rewrite = url => url, maxBytes = defaultMaxBytes }: HttpOptions = {},
): Promise<HttpResponse | { readonly error: string }> {
  const url = URL.parse(request.url)
  if (url === null) return { error: 'the URL is invalid' }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { error: 'the URL is not one of HTTP' }
  const { url: target, authorization } = withoutCredentials(rewrite(url))
  const headers = { ...(authorization !== undefined && { authorization }), ...request.headers }
  try {
    const response = await twice(request, () => follow(target, { ...request, headers }, signal))
    if ('error' in response) return response
    if (outsideStatuses.has(response.status)) {
      await response.body?.cancel()
      throw new OutsideFailure(`Request failed with status ${response.status}`)
    }
    return await read(response, maxBytes)
  } catch (error) {
    if (error instanceof OutsideFailure) throw error
    throw new OutsideFailure(`${target.host} cannot be reached: ${reasonOf(error)}`)
  }
}

// A connection that was kept may have been closed at the other end at this very moment.
const closedUnderUs = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** Tries a GET once more when its connection breaks before there is an answer. */
async function twice<T>({ method }: HttpRequest, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (method !== 'GET' || !closedUnderUs.has(reasonOf(error))) throw error
    return await call()
  }
}

async function follow(
  url: URL,
  { method, headers = {}, body }: HttpRequest,
  signal: AbortSignal,
): Promise<Response | { readonly error: string }> {
  let target = url
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const response = await fetch(target.href, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body !== undefined && { body }),
    })
    // A redirected POST would become a GET, or be done twice.
    if (!redirects.has(response.status) || method !== 'GET') return response
    await response.body?.cancel()
    const next = URL.parse(response.headers.get('location') ?? '', target.href)
    if (next === null || !mayFollow(target, next)) return { error: 'the response is a redirect to elsewhere' }
    target = next
  }
  return { error: `the response redirects more than ${maxRedirects} times` }
}

/** Credentials go along, so a redirect may change neither the host nor leave HTTPS. */
function mayFollow(from: URL, to: URL): boolean {
  if (from.hostname !== to.hostname) return false
  return to.protocol === from.protocol || (from.protocol === 'http:' && to.protocol === 'https:')
}

async function read(
  response: Response,
  maxBytes: number,
): Promise<HttpResponse | { readonly error: string }> {
  const chunks = await chunksWithin(response, maxBytes)
  if (chunks === undefined) return { error: `the response has more than ${maxBytes} bytes` }
  return { status: response.status, body: Buffer.concat(chunks).toString('utf8') }
}

/** By its code where it has one. */
function reasonOf(error: unknown): string {
  const cause = causeOf(error)
  const { code } = membersOf(cause)
  return typeof code === 'string' ? code : messageOf(cause)
}
