/** One HTTP request as a collector writes it down. Source: CollectorPayload/thrift/1-0-0. */
export interface ThriftPayload {
  readonly ipAddress: string
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  /** What the request's text was encoded in, e.g. `UTF-8`. */
  readonly encoding: string
  /** Who wrote the record: name and version. */
  readonly collector: string
  readonly userAgent?: string | undefined
  readonly refererUri?: string | undefined
  readonly path?: string | undefined
  /** Without the `?`. */
  readonly querystring?: string | undefined
  readonly body?: string | undefined
  /** `Name: value` lines. */
  readonly headers?: readonly string[] | undefined
  readonly contentType?: string | undefined
  readonly hostname?: string | undefined
  readonly networkUserId?: string | undefined
}

const schema = 'iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-0'

// Type and id of a field, then its length or value.
const fieldHeaderBytes = 3
const lengthBytes = 4
const typeI64 = 10
const typeString = 11
const typeList = 15

type StringField = Exclude<keyof ThriftPayload, 'timestamp' | 'headers'>

// The ids of the published artifact; those in Iglu Central's .thrift text are not what is on the wire.
const strings: readonly (readonly [id: number, name: StringField])[] = [
  [100, 'ipAddress'],
  [210, 'encoding'],
  [220, 'collector'],
  [300, 'userAgent'],
  [310, 'refererUri'],
  [320, 'path'],
  [330, 'querystring'],
  [340, 'body'],
  [360, 'contentType'],
  [400, 'hostname'],
  [410, 'networkUserId'],
]

/** The payload as a record of the raw stream, in Thrift's binary protocol. `decodePayload` reads it. */
export function encodeCollectorPayload(fields: ThriftPayload): Uint8Array {
  const writer = new Writer(sizeOf(fields))
  writer.i64(200, fields.timestamp)
  for (const [id, name] of strings) writer.string(id, fields[name])
  writer.strings(350, fields.headers)
  writer.string(31337, schema)
  return writer.stop()
}

function sizeOf(fields: ThriftPayload): number {
  let size = fieldHeaderBytes + 8 + sizeOfString(schema) + 1
  for (const [, name] of strings) size += sizeOfString(fields[name])
  if (fields.headers === undefined) return size
  size += fieldHeaderBytes + 1 + lengthBytes
  for (const line of fields.headers) size += lengthBytes + Buffer.byteLength(line)
  return size
}

function sizeOfString(text: string | undefined): number {
  return text === undefined ? 0 : fieldHeaderBytes + lengthBytes + Buffer.byteLength(text)
}

class Writer {
  readonly #bytes: Buffer
  /** Everything before it is written. */
  #end = 0

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  string(id: number, text: string | undefined): void {
    if (text === undefined) return
    this.#header(typeString, id)
    this.#text(text)
  }

  strings(id: number, texts: readonly string[] | undefined): void {
    if (texts === undefined) return
    this.#header(typeList, id)
    this.#end = this.#bytes.writeUInt8(typeString, this.#end)
    this.#end = this.#bytes.writeInt32BE(texts.length, this.#end)
    for (const text of texts) this.#text(text)
  }

  i64(id: number, value: number): void {
    this.#header(typeI64, id)
    const high = Math.floor(value / 2 ** 32)
    this.#end = this.#bytes.writeInt32BE(high, this.#end)
    this.#end = this.#bytes.writeUInt32BE(value - high * 2 ** 32, this.#end)
  }

  stop(): Uint8Array {
    this.#end = this.#bytes.writeUInt8(0, this.#end)
    return this.#bytes
  }

  #header(type: number, id: number): void {
    this.#end = this.#bytes.writeUInt8(type, this.#end)
    this.#end = this.#bytes.writeInt16BE(id, this.#end)
  }

  #text(text: string): void {
    const written = this.#bytes.write(text, this.#end + lengthBytes)
    this.#bytes.writeInt32BE(written, this.#end)
    this.#end += lengthBytes + written
  }
}
