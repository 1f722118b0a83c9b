import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from '../aws-error.ts'

export interface DecodedBody {
  readonly data: Buffer
  /** What stood after the data, by lower-case name. */
  readonly trailers: Readonly<Record<string, string>>
}

/** The data of an upload, out of the chunks in which SDKs send it. Throws an AwsError when the chunks are broken. */
export function decodeBody(headers: IncomingHttpHeaders, body: Buffer): DecodedBody {
  const chunked = String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-')
  if (!chunked) return { data: body, trailers: {} }
  const decoded = decodeChunks(body)
  const declared = Number(headers['x-amz-decoded-content-length'] ?? decoded.data.length)
  if (declared !== decoded.data.length) throw incomplete()
  return decoded
}

/** `size[;extension]\r\n data \r\n`, as often as it takes, a size of zero, and trailers. */
function decodeChunks(body: Buffer): DecodedBody {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16)
    if (lineEnd < 0 || !Number.isSafeInteger(size)) throw incomplete()
    at = lineEnd + 2
    if (size === 0) return { data: Buffer.concat(parts), trailers: trailersIn(body.toString('latin1', at)) }
    if (at + size + 2 > body.length) throw incomplete()
    parts.push(body.subarray(at, at + size))
    at += size + 2
  }
}

function trailersIn(text: string): Record<string, string> {
  const pairs = text.split('\r\n').flatMap(line => {
    const colon = line.indexOf(':')
    return colon < 0
      ? []
      : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const]
  })
  return Object.fromEntries(pairs)
}

function incomplete(): AwsError {
  return new AwsError('IncompleteBody', 'The chunks of the body do not make up what was declared.')
}
