import { withoutCredentials } from '../lib/index.ts'
import { assetError } from './failure.ts'
import { fetchGs, type GsOptions } from './fetch-gs.ts'
import { fetchHttp, type HttpFile } from './fetch-http.ts'
import { fetchLocal } from './fetch-local.ts'
import { fetchS3, type S3Options } from './fetch-s3.ts'
import type { FetchLimits } from './fetch-limits.ts'
import type { Fetched, FileVersion } from './file-version.ts'

export interface Places extends FetchLimits {
  readonly s3: S3Options
  readonly gs: GsOptions
}

/** Fetches a file from wherever it is, unless it is the known one. Rejects with a MillraceError. */
export async function fetchAsset(uri: string, known: FileVersion, places: Places): Promise<Fetched> {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(uri)?.[1]?.toLowerCase()
  switch (scheme) {
    case undefined:
    case 'file':
    case 'bundled':
      return await fetchLocal(uri, known, places)
    case 'http':
    case 'https':
      return await fetchHttp(httpFile(uri), known, places)
    case 's3':
      return await fetchS3(uri, places.s3, known, places)
    case 'gs':
      return await fetchGs(uri, places.gs, known, places)
    default:
      throw assetError(uri, 'expected a path or a URI of file, http, https, s3 or gs', { retryable: false })
  }
}

/** A name and password in the URI are sent as such. */
function httpFile(uri: string): HttpFile {
  const parsed = URL.parse(uri)
  if (parsed === null) throw assetError(uri, 'is no URL', { retryable: false })
  const { url, authorization } = withoutCredentials(parsed)
  return { uri, url, ...(authorization !== undefined && { headers: { authorization } }) }
}
