import type { Clock } from '../../lib/index.ts'
import { AwsError } from '../aws-error.ts'
import type { Service, ServiceAnswer, ServiceRequest } from '../service.ts'
import { emptyAnswer, xmlAnswer } from './answers.ts'
import { Bucket } from './bucket.ts'
import { listObjects } from './listing.ts'
import { abortUpload, completeUpload, putPart, startUpload, type Place } from './multipart.ts'
import { getObject, putObject } from './objects.ts'

/** S3 as it is spoken, the bucket in the path: objects, conditional writes, uploads in parts, listings. */
export function s3Service(clock: Clock): Service {
  const buckets = new Map<string, Bucket>()
  return {
    answer: request => {
      const [bucketName, key] = splitPath(request.url.pathname)
      if (bucketName === '') throw notSupported(request)
      if (key === '') return answerBucket(buckets, bucketName, request)
      const bucket = bucketOf(buckets, bucketName)
      return answerObject({ bucket, bucketName, key }, request, Math.floor(clock.now()))
    },
    refuse: (error, { method, url }) => {
      if (method === 'HEAD') return emptyAnswer(error.status)
      const { code: Code, message: Message, status, fields } = error
      const told = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]))
      return xmlAnswer('Error', { Code, Message, Resource: url.pathname, ...told }, status)
    },
  }
}

/** `/bucket/any/key` */
function splitPath(path: string): readonly [string, string] {
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? []
  return [decodeURIComponent(bucket), decodeURIComponent(key)]
}

function answerBucket(buckets: Map<string, Bucket>, name: string, request: ServiceRequest): ServiceAnswer {
  const { method, url } = request
  if (method === 'PUT' && url.search.replace('?x-id=CreateBucket', '') === '')
    return createBucket(buckets, name)
  const bucket = bucketOf(buckets, name)
  if (method === 'HEAD') return emptyAnswer(200)
  if (method === 'GET' && url.searchParams.get('list-type') === '2') {
    return listObjects(bucket, name, url.searchParams)
  }
  throw notSupported(request)
}

function createBucket(buckets: Map<string, Bucket>, name: string): ServiceAnswer {
  if (buckets.has(name)) {
    throw new AwsError('BucketAlreadyOwnedByYou', 'You already own this bucket.', { status: 409 })
  }
  buckets.set(name, new Bucket())
  return emptyAnswer(200, { Location: `/${name}` })
}

function bucketOf(buckets: ReadonlyMap<string, Bucket>, name: string): Bucket {
  const bucket = buckets.get(name)
  if (bucket !== undefined) return bucket
  throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', { status: 404 })
}

function answerObject(place: Place, request: ServiceRequest, now: number): ServiceAnswer {
  const { method, url } = request
  const query = url.searchParams
  const uploadId = query.get('uploadId')
  if (method === 'POST' && query.has('uploads')) return startUpload(place, request)
  if (uploadId !== null) return answerUpload(place, uploadId, request, now)
  const subresource = [...query.keys()].some(name => name !== 'x-id')
  if (subresource || request.headers['x-amz-copy-source'] !== undefined) throw notSupported(request)
  switch (method) {
    case 'PUT':
      return putObject(place.bucket, place.key, request, now)
    case 'GET':
    case 'HEAD':
      return getObject(place.bucket, place.key, request)
    case 'DELETE':
      place.bucket.delete(place.key)
      return emptyAnswer(204)
    default:
      throw notSupported(request)
  }
}

function answerUpload(place: Place, uploadId: string, request: ServiceRequest, now: number): ServiceAnswer {
  const { method, url } = request
  if (method === 'PUT') return putPart(place, uploadId, Number(url.searchParams.get('partNumber')), request)
  if (method === 'POST') return completeUpload(place, uploadId, request, now)
  if (method === 'DELETE') return abortUpload(place, uploadId)
  throw notSupported(request)
}

/** Better than to pretend. */
function notSupported({ method, url }: ServiceRequest): AwsError {
  return new AwsError('NotImplemented', `${method} ${url.pathname}${url.search} is not played here.`, {
    status: 501,
  })
}
