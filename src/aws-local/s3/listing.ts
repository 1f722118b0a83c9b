import { AwsError } from '../aws-error.ts'
import type { ServiceAnswer } from '../service.ts'
import { xmlAnswer } from './answers.ts'
import type { Bucket } from './bucket.ts'
import type { Xml } from './xml.ts'

// Source: ListObjectsV2, "up to 1,000 key names".
const maxPage = 1000

/** ListObjectsV2. */
export function listObjects(bucket: Bucket, bucketName: string, query: URLSearchParams): ServiceAnswer {
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? '']
  const token = query.get('continuation-token') ?? undefined
  const after = token === undefined ? (query.get('start-after') ?? '') : openToken(token)
  const maxKeys = maxKeysIn(query)
  const { entries, more } = pageOf(bucket.keys(), { prefix, delimiter, after, maxKeys })
  const encoding = query.get('encoding-type') ?? undefined
  const encode = encoding === 'url' ? urlEncoded : (key: string) => key
  const last = entries.at(-1)
  return xmlAnswer('ListBucketResult', {
    Name: bucketName,
    Prefix: encode(prefix),
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    MaxKeys: maxKeys,
    KeyCount: entries.length,
    EncodingType: encoding,
    IsTruncated: more,
    ContinuationToken: token,
    NextContinuationToken: more && last !== undefined ? sealToken(last.name) : undefined,
    Contents: entries.filter(({ rolled }) => !rolled).map(({ name }) => showKey(bucket, name, encode)),
    CommonPrefixes: entries.filter(({ rolled }) => rolled).map(({ name }) => ({ Prefix: encode(name) })),
  })
}

/** A key, or the common beginning of several, up to the delimiter. */
interface Entry {
  readonly name: string
  readonly rolled: boolean
}

interface PageOptions {
  readonly prefix: string
  readonly delimiter: string
  /** The key, or common beginning, after which the page starts. */
  readonly after: string
  readonly maxKeys: number
}

function pageOf(
  keys: readonly string[],
  { prefix, delimiter, after, maxKeys }: PageOptions,
): { readonly entries: readonly Entry[]; readonly more: boolean } {
  const entries: Entry[] = []
  for (let place = firstAfter(keys, after); place < keys.length; place++) {
    const key = keys[place] ?? ''
    if (!key.startsWith(prefix)) continue
    const entry = entryOf(key, prefix, delimiter)
    // What is rolled up is told once, also across pages.
    if (entry.rolled && (entry.name === entries.at(-1)?.name || entry.name === after)) continue
    if (entries.length === maxKeys) return { entries, more: maxKeys > 0 }
    entries.push(entry)
  }
  return { entries, more: false }
}

function entryOf(key: string, prefix: string, delimiter: string): Entry {
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
  return end < 0 ? { name: key, rolled: false } : { name: key.slice(0, end + delimiter.length), rolled: true }
}

/** Keys are in the order of their bytes. */
function firstAfter(keys: readonly string[], after: string): number {
  const bytes = Buffer.from(after)
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (Buffer.compare(Buffer.from(keys[middle] ?? ''), bytes) > 0) high = middle
    else low = middle + 1
  }
  return low
}

function showKey(bucket: Bucket, key: string, encode: (text: string) => string): Xml {
  const object = bucket.get(key)
  if (object === undefined) throw new Error(`a listed key is not there: ${key}`)
  return {
    Key: encode(key),
    LastModified: new Date(object.modifiedAt).toISOString(),
    ETag: object.etag,
    Size: object.data.length,
    StorageClass: object.headers['x-amz-storage-class'] ?? 'STANDARD',
  }
}

function maxKeysIn(query: URLSearchParams): number {
  const asked = Number(query.get('max-keys') ?? maxPage)
  if (Number.isInteger(asked) && asked >= 0) return Math.min(asked, maxPage)
  throw new AwsError('InvalidArgument', 'Provided max-keys not an integer or within integer range')
}

const urlEncoded = (text: string) => encodeURIComponent(text).replaceAll('%2F', '/')

function sealToken(name: string): string {
  return Buffer.from(`1:${name}`).toString('base64')
}

function openToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString()
  if (text.startsWith('1:')) return text.slice(2)
  throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect')
}
