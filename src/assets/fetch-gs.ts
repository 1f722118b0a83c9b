import { membersOf } from '../lib/index.ts'
import { assetError } from './failure.ts'
import { fetchHttp, HttpRefusal } from './fetch-http.ts'
import type { FetchLimits } from './fetch-limits.ts'
import type { Fetched, FileVersion } from './file-version.ts'
import { encode, parsePlace } from './object-url.ts'

export interface GsOptions {
  /** Another address than Google's own. */
  readonly endpoint?: string
  /** An OAuth 2 access token; without one the machine's own service account is asked where an object is not public. */
  readonly token?: string
}

/** An object of Google Cloud Storage. */
export async function fetchGs(
  uri: string,
  options: GsOptions,
  known: FileVersion,
  limits: FetchLimits,
): Promise<Fetched> {
  const place = parsePlace(uri)
  if (place === null) throw assetError(uri, 'expected gs://bucket/object', { retryable: false })
  const base = (options.endpoint ?? 'https://storage.googleapis.com').replace(/\/$/, '')
  const path = [place.bucket, ...place.key.split('/')].map(encode).join('/')
  const url = new URL(`${base}/${path}`)
  const get = (token: string | undefined) =>
    fetchHttp(
      { uri, url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } },
      known,
      limits,
    )
  try {
    return await get(options.token)
  } catch (error) {
    const token = options.token === undefined && isForbidden(error) ? await machineToken() : undefined
    if (token === undefined) throw error
    return await get(token)
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof HttpRefusal && (error.status === 401 || error.status === 403)
}

const metadataServer =
  'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token'

/** Of the service account of a machine in Google's cloud; undefined elsewhere. */
async function machineToken(): Promise<string | undefined> {
  try {
    const headers = { 'metadata-flavor': 'Google' }
    const answer = await fetch(metadataServer, { headers, signal: AbortSignal.timeout(2000) })
    const { access_token: token } = membersOf(await answer.json())
    return typeof token === 'string' ? token : undefined
  } catch {
    return undefined
  }
}
