import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { SignatureV4, type SignatureV4Init } from '@smithy/signature-v4'
import { assetError } from './failure.ts'
import { fetchHttp, HttpRefusal } from './fetch-http.ts'
import type { FetchLimits } from './fetch-limits.ts'
import { ifNewer, type Fetched, type FileVersion } from './file-version.ts'
import { parsePlace, s3Url, type ObjectPlace } from './object-url.ts'

export interface S3Options {
  /** Where the bucket is, as far as known. */
  readonly region: string
  /** Another address than AWS's own. */
  readonly endpoint?: string
  /** In place of those that the environment has. */
  readonly credentials?: SignatureV4Init['credentials']
}

/** An object of S3, with the credentials of the environment, or unsigned where it has none. */
export async function fetchS3(
  uri: string,
  options: S3Options,
  known: FileVersion,
  limits: FetchLimits,
): Promise<Fetched> {
  const place = parsePlace(uri)
  if (place === null) throw assetError(uri, 'expected s3://bucket/key', { retryable: false })
  const get = async (region: string) =>
    await fetchHttp(await signed(uri, place, { ...options, region }, known), known, limits)
  try {
    return await get(options.region)
  } catch (error) {
    const region = otherRegion(error, options.region)
    if (region === null) throw named(error, uri)
    return await get(region).catch((again: unknown) => {
      throw named(again, uri)
    })
  }
}

/** S3 answers so too for an object that is not there, to whoever may not list its bucket. */
function named(error: unknown, uri: string): unknown {
  if (!(error instanceof HttpRefusal) || error.status !== 403) return error
  const answer =
    'the server answers HTTP 403; allow s3:GetObject on it (millrace doctor --policy), and see that it is there'
  return assetError(uri, answer, { retryable: false, cause: error })
}

/** S3 says where a bucket is when it is asked in the wrong region. */
function otherRegion(error: unknown, asked: string): string | null {
  const region = error instanceof HttpRefusal ? error.headers.get('x-amz-bucket-region') : null
  return region === asked ? null : region
}

async function signed(uri: string, place: ObjectPlace, options: S3Options, known: FileVersion) {
  const url = s3Url(place, options.region, options.endpoint)
  const signer = await signerOf(options)
  if (signer === null) return { uri, url }
  const { protocol, hostname, pathname: path, host } = url
  const headers = { host, ...ifNewer(known) }
  const request = await signer.sign({ method: 'GET', protocol, hostname, path, headers })
  const { host: _, ...rest } = request.headers
  return { uri, url, headers: rest }
}

/** Null where the environment has no credentials: public objects need none. */
async function signerOf({ region, credentials }: S3Options): Promise<SignatureV4 | null> {
  const used = credentials ?? (await environmentCredentials())
  if (used === null) return null
  // The keys of S3 are escaped once, those of other services twice.
  return new SignatureV4({ service: 's3', region, credentials: used, sha256: Sha256, uriEscapePath: false })
}

type Credentials = SignatureV4Init['credentials']

/** Looks once where credentials may be, and then remembers them for as long as they are good. */
let provider: Exclude<Credentials, { accessKeyId: string }> | undefined

async function environmentCredentials(): Promise<Credentials | null> {
  provider ??= (await import('@aws-sdk/credential-provider-node')).defaultProvider()
  try {
    return await provider()
  } catch {
    return null
  }
}

type Secret = string | ArrayBuffer | ArrayBufferView

/** What the signer wants of a hash, by Node's own. */
class Sha256 {
  #hash: Hash | Hmac
  readonly #secret: Secret | undefined

  constructor(secret?: Secret) {
    this.#secret = secret
    this.#hash = newHash(secret)
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {
    this.#hash = newHash(this.#secret)
  }
}

function newHash(secret: Secret | undefined): Hash | Hmac {
  if (secret === undefined) return createHash('sha256')
  return createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret))
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
}
