import { AwsError } from '../aws-error.ts'
import type { ServiceAnswer, ServiceRequest } from '../service.ts'
import { emptyAnswer, xmlAnswer } from './answers.ts'
import type { Bucket, Part, Upload } from './bucket.ts'
import { checkedSum, md5 } from './checksums.ts'
import { decodeBody } from './chunked-body.ts'
import { conditionIn, keptHeaders } from './objects.ts'
import { readXml } from './xml.ts'

/** An object of a bucket, and the name of both. */
export interface Place {
  readonly bucket: Bucket
  readonly bucketName: string
  readonly key: string
}

export function startUpload({ bucket, bucketName, key }: Place, { headers }: ServiceRequest): ServiceAnswer {
  const UploadId = bucket.startUpload({ key, headers: keptHeaders(headers), parts: new Map() })
  return xmlAnswer('InitiateMultipartUploadResult', { Bucket: bucketName, Key: key, UploadId })
}

export function putPart(
  place: Place,
  uploadId: string,
  number: number,
  request: ServiceRequest,
): ServiceAnswer {
  const upload = uploadOf(place, uploadId)
  // Source: UploadPart, "a number from 1 to 10,000".
  if (!(Number.isInteger(number) && number >= 1 && number <= 10_000)) {
    throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive')
  }
  const { data, trailers } = decodeBody(request.headers, request.body)
  const checksum = checkedSum(data, { ...request.headers, ...trailers })
  const etag = `"${md5(data).toString('hex')}"`
  upload.parts.set(number, { data, etag })
  return emptyAnswer(200, { ETag: etag, ...checksum })
}

export function completeUpload(
  place: Place,
  uploadId: string,
  request: ServiceRequest,
  now: number,
): ServiceAnswer {
  const { bucket, bucketName, key } = place
  const upload = uploadOf(place, uploadId)
  const parts = chosenParts(upload, request.body.toString())
  const data = Buffer.concat(parts.map(part => part.data))
  const sums = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag.slice(1, -1), 'hex')))
  const etag = `"${md5(sums).toString('hex')}-${parts.length}"`
  const object = { data, etag, modifiedAt: now, headers: upload.headers, checksum: {} }
  bucket.put(key, object, conditionIn(request.headers))
  bucket.uploads.delete(uploadId)
  return xmlAnswer('CompleteMultipartUploadResult', { Bucket: bucketName, Key: key, ETag: etag })
}

export function abortUpload(place: Place, uploadId: string): ServiceAnswer {
  uploadOf(place, uploadId)
  place.bucket.uploads.delete(uploadId)
  return emptyAnswer(204)
}

function uploadOf({ bucket, key }: Place, uploadId: string): Upload {
  const upload = bucket.uploads.get(uploadId)
  if (upload?.key === key) return upload
  throw new AwsError('NoSuchUpload', 'The specified multipart upload does not exist.', { status: 404 })
}

// Source: "Amazon S3 multipart upload limits": 5 MiB, but for the last part.
const minPartBytes = 5 * 1024 * 1024

/** The parts that the caller lists, which must rise, be there, and be large enough. */
function chosenParts({ parts }: Upload, body: string): readonly Part[] {
  const listed = readXml(body, 'Part', ['PartNumber', 'ETag'])
  if (listed.length === 0) throw new AwsError('MalformedXML', 'You must specify at least one part')
  const numbers = listed.map(({ PartNumber }) => Number(PartNumber))
  if (numbers.some((number, i) => i > 0 && number <= (numbers[i - 1] ?? 0))) {
    throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.')
  }
  const chosen = listed.map(({ PartNumber, ETag = '' }) => {
    const part = parts.get(Number(PartNumber))
    if (part?.etag.replaceAll('"', '') === ETag.replaceAll('"', '')) return part
    throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found.')
  })
  if (chosen.slice(0, -1).some(({ data }) => data.length < minPartBytes)) {
    throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size')
  }
  return chosen
}
