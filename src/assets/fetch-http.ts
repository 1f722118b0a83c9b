import { causeOf, chunksWithin, messageOf, MillraceError } from '../lib/index.ts'
import { assetError, tooLarge } from './failure.ts'
import { endOf, type FetchLimits } from './fetch-limits.ts'
import { ifNewer, type Fetched, type FileVersion } from './file-version.ts'
import { sharedBytes } from './shared-bytes.ts'

export interface HttpFile {
  /** As it is told. */
  readonly uri: string
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
}

/** A file over HTTP: asked for only when it is newer than the known one. Rejects with a MillraceError. */
export async function fetchHttp(file: HttpFile, known: FileVersion, limits: FetchLimits): Promise<Fetched> {
  const { uri } = file
  try {
    const answer = await request(file, known, limits)
    return answer.status === 304 ? { kind: 'same' } : await readFile(uri, answer, limits)
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw assetError(uri, `cannot be fetched: ${messageOf(causeOf(error))}`, { cause: error })
  }
}

/** The answer, which is a file or says that it is the known one. */
async function request(file: HttpFile, known: FileVersion, limits: FetchLimits): Promise<Response> {
  const { uri, url, headers } = file
  const answer = await fetch(url, { headers: { ...ifNewer(known), ...headers }, signal: endOf(limits) })
  if (answer.status === 200 || (answer.status === 304 && isKnown(known))) return answer
  await answer.body?.cancel()
  const { status } = answer
  throw new HttpRefusal(uri, answer.headers, status)
}

/** The server answered with something else than a file. */
export class HttpRefusal extends MillraceError {
  readonly status: number
  readonly headers: Headers

  constructor(uri: string, headers: Headers, status: number) {
    const { message } = assetError(uri, `the server answers HTTP ${status}`)
    super('asset', message, { retryable: status >= 500 || status === 429 || status === 408 })
    this.status = status
    this.headers = headers
  }
}

function isKnown({ etag, lastModified }: FileVersion): boolean {
  return etag !== undefined || lastModified !== undefined
}

async function readFile(uri: string, answer: Response, { maxBytes }: FetchLimits): Promise<Fetched> {
  const announced = Number(answer.headers.get('content-length') ?? 0)
  // Of what says that it is larger nothing is read.
  const chunks = await chunksWithin(answer, announced > maxBytes ? 0 : maxBytes)
  if (chunks === undefined) throw tooLarge(uri, maxBytes)
  return { kind: 'file', bytes: sharedBytes(chunks), version: versionOf(answer.headers) }
}

function versionOf(headers: Headers): FileVersion {
  const etag = headers.get('etag')
  const lastModified = headers.get('last-modified')
  return { ...(etag !== null && { etag }), ...(lastModified !== null && { lastModified }) }
}
