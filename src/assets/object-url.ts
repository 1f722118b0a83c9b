/** An object of a bucket. */
export interface ObjectPlace {
  readonly bucket: string
  readonly key: string
}

/** `s3://bucket/key` or `gs://bucket/key`; null when it is none. */
export function parsePlace(uri: string): ObjectPlace | null {
  const [, bucket = '', key = ''] = /^(?:s3|gs):\/\/([^/]+)\/(.+)$/s.exec(uri) ?? []
  return bucket === '' ? null : { bucket, key }
}

/** Where S3 has an object. The bucket stands in the path where the address is another than AWS's, or cannot hold it. */
export function s3Url({ bucket, key }: ObjectPlace, region: string, endpoint: string | undefined): URL {
  const path = key.split('/').map(encode).join('/')
  if (endpoint !== undefined) return new URL(`${endpoint.replace(/\/$/, '')}/${encode(bucket)}/${path}`)
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const host = `s3.${region}.${suffix}`
  // A certificate for *.s3… does not cover names with a point.
  return /^[a-z\d-]+$/.test(bucket)
    ? new URL(`https://${bucket}.${host}/${path}`)
    : new URL(`https://${host}/${encode(bucket)}/${path}`)
}

/** As AWS wants it: everything but letters, digits and `-._~`. */
export function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
