import { messageOf, MillraceError } from '../lib/index.ts'
import { clientAddress, unknownAddress } from './address.ts'
import type { CollectorConfig } from './config.ts'
import { readCookie } from './cookie.ts'
import type { HttpRequest } from './request.ts'

/** Who sent a request, as far as they let themselves be known. */
export interface Visitor {
  readonly anonymous: boolean
  readonly ipAddress: string
  readonly networkUserId: string
  /** The id is not one that was made up for this request. */
  readonly known: boolean
}

/** Whom nobody knows, and is not to be known. */
export const nobody = '00000000-0000-0000-0000-000000000000'

const anonymous: Visitor = {
  anonymous: true,
  ipAddress: unknownAddress,
  networkUserId: nobody,
  known: true,
}

export function visitorOf(request: HttpRequest, config: CollectorConfig, newId: () => string): Visitor {
  if (request.headers['sp-anonymous'] !== undefined) return anonymous
  const { cookieBounce, cookie, trustedProxies } = config
  const id =
    uuid(parameter(request.querystring, 'nuid')) ?? uuid(readCookie(request.headers.cookie, cookie.name))
  const back = cookieBounce.enabled && parameter(request.querystring, cookieBounce.name) !== null
  return {
    anonymous: false,
    ipAddress: clientAddress(request.forwardedFor, request.peer, trustedProxies),
    networkUserId: id ?? (back ? cookieBounce.fallbackNetworkUserId : newId()),
    known: id !== undefined || back,
  }
}

/** Whether the visitor is sent back to the same address, this time perhaps with a cookie. */
export function bounces(request: HttpRequest, visitor: Visitor, { cookieBounce }: CollectorConfig): boolean {
  if (!cookieBounce.enabled || visitor.known) return false
  return request.method !== 'POST' && !request.path.startsWith('/r/')
}

/** The cookie by which a visitor asks not to be tracked. */
export interface DoNotTrack {
  readonly name: string
  readonly pattern: RegExp
}

/** Throws a MillraceError where the configured value is no regular expression. */
export function doNotTrackOf({ doNotTrackCookie }: CollectorConfig): DoNotTrack | null {
  if (doNotTrackCookie === null) return null
  const { name, value } = doNotTrackCookie
  try {
    return { name, pattern: new RegExp(`^(?:${value})$`) }
  } catch (cause) {
    const message = `doNotTrackCookie.value is no regular expression: ${messageOf(cause)}`
    throw new MillraceError('config', message, { retryable: false, cause })
  }
}

export function asksNotToBeTracked(request: HttpRequest, { name, pattern }: DoNotTrack): boolean {
  const value = readCookie(request.headers.cookie, name)
  return value !== undefined && pattern.test(value)
}

function parameter(querystring: string, name: string): string | null {
  // Few requests have it, and looking is cheaper than parsing (bench/collector.ts).
  return querystring.includes(`${name}=`) ? new URLSearchParams(querystring).get(name) : null
}

/** Anything but a UUID would make every event of this visitor bad, and could add attributes to the cookie. */
function uuid(text: string | null | undefined): string | undefined {
  return text != null && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text : undefined
}
