import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from '../aws-error.ts'
import type { ServiceAnswer, ServiceRequest } from '../service.ts'
import { emptyAnswer } from './answers.ts'
import {
  noSuchKey,
  preconditionFailed,
  sameTag,
  type Bucket,
  type Condition,
  type StoredObject,
} from './bucket.ts'
import { checkedSum, md5 } from './checksums.ts'
import { decodeBody } from './chunked-body.ts'

export function putObject(bucket: Bucket, key: string, request: ServiceRequest, now: number): ServiceAnswer {
  const { headers } = request
  const { data, trailers } = decodeBody(headers, request.body)
  const checksum = checkedSum(data, { ...headers, ...trailers })
  const etag = `"${md5(data).toString('hex')}"`
  const object = { data, etag, checksum, modifiedAt: now, headers: keptHeaders(headers) }
  bucket.put(key, object, conditionIn(headers))
  return emptyAnswer(200, { ETag: etag, ...checksum })
}

export function conditionIn(headers: IncomingHttpHeaders): Condition {
  return { ifNoneMatch: headers['if-none-match'], ifMatch: headers['if-match'] }
}

/** Those that S3 keeps with an object. */
export function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = [
    'content-type',
    'cache-control',
    'content-disposition',
    'content-language',
    'x-amz-storage-class',
  ]
  const told = Object.entries(headers).filter(
    ([name]) => kept.includes(name) || name.startsWith('x-amz-meta-'),
  )
  const encodings = (headers['content-encoding'] ?? '')
    .split(',')
    .map(encoding => encoding.trim())
    .filter(encoding => encoding !== '' && encoding !== 'aws-chunked')
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(told.map(([name, value]) => [name, String(value)])),
    ...(encodings.length > 0 ? { 'content-encoding': encodings.join(',') } : {}),
  }
}

/** GET and HEAD. */
export function getObject(bucket: Bucket, key: string, request: ServiceRequest): ServiceAnswer {
  const object = bucket.get(key)
  if (object === undefined) throw noSuchKey()
  const unchanged = readCondition(object, request.headers)
  if (unchanged) return emptyAnswer(304, { ETag: object.etag })
  const range = rangeIn(request.headers.range, object.data.length)
  const part = range === undefined ? object.data : object.data.subarray(range.start, range.end)
  const headers = {
    ...describe(object),
    'Content-Length': `${part.length}`,
    // A checksum is one of the whole.
    ...(range === undefined && request.headers['x-amz-checksum-mode'] !== undefined ? object.checksum : {}),
    ...(range === undefined
      ? {}
      : { 'Content-Range': `bytes ${range.start}-${range.end - 1}/${object.data.length}` }),
  }
  const body = request.method === 'HEAD' ? '' : part
  return { kind: 'whole', status: range === undefined ? 200 : 206, headers, body }
}

function describe({ etag, modifiedAt, headers }: StoredObject): Record<string, string> {
  return {
    ...headers,
    ETag: etag,
    'Last-Modified': new Date(modifiedAt).toUTCString(),
    'Accept-Ranges': 'bytes',
  }
}

/** True when the reader has this very object. Throws PreconditionFailed. */
function readCondition({ etag }: StoredObject, headers: IncomingHttpHeaders): boolean {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers
  if (match !== undefined && !sameTag(etag, match)) throw preconditionFailed('If-Match')
  return noneMatch !== undefined && sameTag(etag, noneMatch)
}

interface Range {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** The one range that S3 serves; a header that is none is passed over. Throws InvalidRange. */
function rangeIn(header: string | undefined, length: number): Range | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return undefined
  const start = from === '' ? Math.max(length - Number(to), 0) : Number(from)
  const end = from === '' || to === '' ? length : Math.min(Number(to) + 1, length)
  if (start < end) return { start, end }
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', { status: 416 })
}
