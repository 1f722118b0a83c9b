import { randomUUID } from 'node:crypto'
import { AwsError } from '../aws-error.ts'

/** An object as it lies in a bucket. Replaced whole, never changed. */
export interface StoredObject {
  readonly data: Buffer
  /** In its quotation marks. */
  readonly etag: string
  readonly modifiedAt: number
  /** Headers that are kept with it and given back. */
  readonly headers: Readonly<Record<string, string>>
  /** Given back to those who ask for it. */
  readonly checksum: Readonly<Record<string, string>>
}

export interface Part {
  readonly data: Buffer
  readonly etag: string
}

/** An upload in parts that is not complete yet. */
export interface Upload {
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly parts: Map<number, Part>
}

/** What must be true of the object that is there, for a write to replace it. */
export interface Condition {
  /** `*`: there must be none. */
  readonly ifNoneMatch?: string | undefined
  /** The object must have this ETag. */
  readonly ifMatch?: string | undefined
}

/** Objects by key. Every write is seen by whoever reads or lists after it. */
export class Bucket {
  readonly uploads = new Map<string, Upload>()
  readonly #objects = new Map<string, StoredObject>()
  /** Keys in the order of their bytes, made when it is asked for. */
  #keys: readonly string[] | undefined

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key)
  }

  /** Throws PreconditionFailed, or NoSuchKey, when the condition does not hold. */
  put(key: string, object: StoredObject, condition: Condition): void {
    const present = this.#objects.get(key)
    refuseUnmet(present, condition)
    if (present === undefined) this.#keys = undefined
    this.#objects.set(key, object)
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#keys = undefined
  }

  keys(): readonly string[] {
    this.#keys ??= [...this.#objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    return this.#keys
  }

  startUpload(upload: Upload): string {
    const uploadId = randomUUID()
    this.uploads.set(uploadId, upload)
    return uploadId
  }
}

function refuseUnmet(present: StoredObject | undefined, { ifNoneMatch, ifMatch }: Condition): void {
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    const message =
      'A header you provided implies functionality that is not implemented: If-None-Match takes only *.'
    throw new AwsError('NotImplemented', message, { status: 501 })
  }
  if (ifNoneMatch === '*' && present !== undefined) throw preconditionFailed('If-None-Match')
  if (ifMatch === undefined) return
  if (present === undefined) throw noSuchKey()
  if (!sameTag(present.etag, ifMatch)) throw preconditionFailed('If-Match')
}

/** With quotation marks or without. */
export function sameTag(etag: string, given: string): boolean {
  return given === '*' || etag.replaceAll('"', '') === given.replaceAll('"', '')
}

export function preconditionFailed(header: string): AwsError {
  const message = 'At least one of the pre-conditions you specified did not hold'
  return new AwsError('PreconditionFailed', message, { status: 412, fields: { Condition: header } })
}

export function noSuchKey(): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404 })
}
