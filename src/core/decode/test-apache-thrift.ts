import { createRequire } from 'node:module'

/* Apache's own Thrift library, to hold ours against. It comes without types: these are as many as the tests need. */

const types = {
  bool: 2,
  double: 4,
  i16: 6,
  i32: 8,
  i64: 10,
  string: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
} as const

export type Value =
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'double' | 'i16' | 'i32' | 'i64'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'struct'; readonly value: readonly Field[] }
  | { readonly type: 'map'; readonly value: readonly (readonly [string, number])[] }
  | { readonly type: 'set' | 'list'; readonly value: readonly string[] }

export interface Field {
  readonly id: number
  readonly value: Value
}

interface Protocol {
  writeFieldBegin(name: string, type: number, id: number): void
  writeFieldStop(): void
  writeBool(value: boolean): void
  writeDouble(value: number): void
  writeI16(value: number): void
  writeI32(value: number): void
  writeI64(value: number): void
  writeString(value: string): void
  writeMapBegin(keyType: number, valueType: number, size: number): void
  writeListBegin(type: number, size: number): void
  readFieldBegin(): { readonly ftype: number; readonly fid: number }
  readListBegin(): { readonly size: number }
  readI64(): { toNumber(): number }
  readString(): string
}

interface Transport {
  /** Present in a transport that is read from. */
  readonly inBuf: Buffer
  writeCursor: number
  flush(): void
}

interface Apache {
  readonly TBufferedTransport: new (none: undefined, flushed: (bytes: Buffer) => void) => Transport
  readonly TBinaryProtocol: new (transport: Transport) => Protocol
}

const apache = createRequire(import.meta.url)('thrift') as unknown as Apache

/** A struct as Apache's library writes it. */
export function writeStruct(fields: readonly Field[]): Buffer {
  let written = Buffer.alloc(0)
  const transport = new apache.TBufferedTransport(undefined, bytes => {
    written = Buffer.from(bytes)
  })
  writeFields(new apache.TBinaryProtocol(transport), fields)
  transport.flush()
  return written
}

function writeFields(protocol: Protocol, fields: readonly Field[]): void {
  for (const { id, value } of fields) {
    protocol.writeFieldBegin('', types[value.type], id)
    writeValue(protocol, value)
  }
  protocol.writeFieldStop()
}

function writeValue(protocol: Protocol, { type, value }: Value): void {
  switch (type) {
    case 'bool':
      return protocol.writeBool(value)
    case 'double':
      return protocol.writeDouble(value)
    case 'i16':
      return protocol.writeI16(value)
    case 'i32':
      return protocol.writeI32(value)
    case 'i64':
      return protocol.writeI64(value)
    case 'string':
      return protocol.writeString(value)
    case 'struct':
      return writeFields(protocol, value)
    case 'map':
      protocol.writeMapBegin(types.string, types.i32, value.length)
      return value.forEach(([key, number]) => {
        protocol.writeString(key)
        protocol.writeI32(number)
      })
    case 'set':
    case 'list':
      protocol.writeListBegin(types.string, value.length)
      return value.forEach(text => protocol.writeString(text))
  }
}

/** The texts, numbers and lists of texts that Apache's library reads out of a struct, by their ids. */
export function readFields(bytes: Buffer): Map<number, unknown> {
  const transport = new apache.TBufferedTransport(undefined, () => {})
  Object.assign(transport, { inBuf: bytes, writeCursor: bytes.length })
  const protocol = new apache.TBinaryProtocol(transport)
  const fields = new Map<number, unknown>()
  for (;;) {
    const { ftype, fid } = protocol.readFieldBegin()
    if (ftype === 0) return fields
    fields.set(fid, readValue(protocol, ftype))
  }
}

function readValue(protocol: Protocol, type: number): unknown {
  if (type === types.i64) return protocol.readI64().toNumber()
  if (type === types.string) return protocol.readString()
  if (type !== types.list) throw new TypeError(`type ${type} was not expected`)
  return Array.from({ length: protocol.readListBegin().size }, () => protocol.readString())
}
