import { crc32 } from 'node:zlib'

/** One message of an AWS event stream. */
export interface EventMessage {
  /** Those with text: `:message-type`, `:event-type`, `:exception-type`, `:error-code`. */
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Buffer
}

// Total length, length of the headers, and their checksum.
const preludeBytes = 12
const checksumBytes = 4
// A message carries 16 MiB at most. Source: AWS event stream encoding.
const maxMessageBytes = 24 * 1024 * 1024
/** How long the values of each type of header are; text and bytes say it themselves. */
const valueBytes: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]
const textType = 7

/** Cuts the bytes of an event stream into messages. Holds one unfinished message at most. */
export class EventMessages {
  #chunks: Buffer[] = []
  #bytes = 0

  get empty(): boolean {
    return this.#bytes === 0
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** Absent until the next message is whole. Throws a SyntaxError when the bytes are no event stream. */
  next(): EventMessage | undefined {
    if (this.#bytes < preludeBytes) return undefined
    const length = this.#take(preludeBytes).readUInt32BE(0)
    if (length > maxMessageBytes || length < preludeBytes + checksumBytes) throw broken('the length')
    if (this.#bytes < length) return undefined
    const bytes = this.#take(length)
    // A copy: a few bytes of the next message must not keep a megabyte of this one.
    this.#chunks = bytes.length > length ? [Buffer.from(bytes.subarray(length))] : []
    this.#bytes -= length
    return readMessage(bytes.subarray(0, length))
  }

  /** The first bytes in one piece, so many at least. */
  #take(count: number): Buffer {
    const [first] = this.#chunks
    if (first !== undefined && first.length >= count) return first
    const whole = Buffer.concat(this.#chunks)
    this.#chunks = [whole]
    return whole
  }
}

function readMessage(bytes: Buffer): EventMessage {
  const headerBytes = bytes.readUInt32BE(4)
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) throw broken('the checksum of the lengths')
  if (crc32(bytes.subarray(0, -checksumBytes)) !== bytes.readUInt32BE(bytes.length - checksumBytes))
    throw broken('the checksum')
  const end = preludeBytes + headerBytes
  if (end > bytes.length - checksumBytes) throw broken('the length of the headers')
  return {
    headers: readHeaders(bytes.subarray(preludeBytes, end)),
    payload: bytes.subarray(end, -checksumBytes),
  }
}

function readHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {}
  try {
    for (let at = 0; at < bytes.length;) {
      const nameEnd = at + 1 + bytes.readUInt8(at)
      const name = bytes.toString('utf8', at + 1, nameEnd)
      const type = bytes.readUInt8(nameEnd)
      const length = valueBytes[type]
      if (length === undefined) throw broken('a header')
      const start = nameEnd + (length < 0 ? 3 : 1)
      at = start + (length < 0 ? bytes.readUInt16BE(nameEnd + 1) : length)
      if (type === textType) headers[name] = bytes.toString('utf8', start, at)
    }
  } catch (error) {
    if (error instanceof RangeError) throw broken('a header')
    throw error
  }
  return headers
}

function broken(what: string): SyntaxError {
  return new SyntaxError(`${what} of a message in the event stream is wrong`)
}
