/*
 * Thrift's binary protocol, read without trust: one scan checks every length and count of a struct against the bytes
 * that are there and notes where its fields begin. Nothing is allocated for what a record merely announces. After the
 * scan, fields are decoded as they are asked for.
 */

const fieldType = {
  stop: 0,
  i64: 10,
  string: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
} as const

/** Size of the types that have one, by type: bool, byte, double, i16, i32, i64. Every other type: 0. */
const fixedBytes = Uint8Array.of(0, 0, 1, 1, 8, 0, 2, 0, 4, 0, 8, 0, 0, 0, 0, 0)

// Ours nest two deep. Deeper than this a record is not a payload but an attack on the stack.
const maxDepth = 64

/** The struct that begins at `start`, or why these bytes hold none. Bytes behind its end are ignored. */
export function readStruct(bytes: Buffer, start = 0): ThriftStruct | { readonly reason: string } {
  const scanner = new Scanner(bytes)
  const fields: number[] = []
  scanner.struct(start, maxDepth, fields)
  return scanner.reason === null ? new ThriftStruct(bytes, fields) : { reason: scanner.reason }
}

/** A checked struct. A field that is absent or of another type than the one asked for is null. */
export class ThriftStruct {
  readonly #bytes: Buffer
  /** Id, type and position of each field, one after the other. */
  readonly #fields: readonly number[]

  constructor(bytes: Buffer, fields: readonly number[]) {
    this.#bytes = bytes
    this.#fields = fields
  }

  string(id: number): string | null {
    const at = this.#find(id, fieldType.string)
    return at === -1 ? null : textAt(this.#bytes, at)
  }

  /** Rounded where a double cannot hold it. */
  i64(id: number): number | null {
    const at = this.#find(id, fieldType.i64)
    return at === -1 ? null : this.#bytes.readInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4)
  }

  strings(id: number): string[] | null {
    const list = this.#find(id, fieldType.list)
    if (list === -1 || this.#bytes[list] !== fieldType.string) return null
    const count = this.#bytes.readInt32BE(list + 1)
    const texts: string[] = []
    for (let at = list + 5; texts.length < count; at += 4 + this.#bytes.readInt32BE(at)) {
      texts.push(textAt(this.#bytes, at))
    }
    return texts
  }

  struct(id: number): ThriftStruct | null {
    const at = this.#find(id, fieldType.struct)
    if (at === -1) return null
    const struct = readStruct(this.#bytes, at)
    return 'reason' in struct ? null : struct
  }

  /** Position of the value, or -1. Of a field that comes twice the last one counts, as for every Thrift reader. */
  #find(id: number, type: number): number {
    for (let field = this.#fields.length - 3; field >= 0; field -= 3) {
      if (this.#fields[field] === id && this.#fields[field + 1] === type) return this.#fields[field + 2] ?? -1
    }
    return -1
  }
}

// Decoding all 22 strings of a usual payload takes 3 µs: laziness below a field would save nothing (bench/core.ts).
function textAt(bytes: Buffer, at: number): string {
  const start = at + 4
  return bytes.toString('utf8', start, start + bytes.readInt32BE(at))
}

/** Walks over values. Each step gives the position behind a value; once there is a reason, positions mean nothing. */
class Scanner {
  reason: string | null = null
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  struct(start: number, depth: number, fields: number[] | null): number {
    let at = start
    while (this.#has(at, 1)) {
      const type = this.#bytes[at] ?? fieldType.stop
      if (type === fieldType.stop) return at + 1
      if (!this.#has(at, 3)) break
      fields?.push(this.#bytes.readInt16BE(at + 1), type, at + 3)
      at = this.#value(type, at + 3, depth)
    }
    return at
  }

  #value(type: number, at: number, depth: number): number {
    const size = fixedBytes[type] ?? 0
    if (size > 0) return this.#skip(at, size)
    if (type === fieldType.string) return this.#string(at)
    if (depth === 0) return this.#fail(at, `more than ${maxDepth} values in each other`)
    switch (type) {
      case fieldType.struct:
        return this.struct(at, depth - 1, null)
      case fieldType.map:
        return this.#map(at, depth - 1)
      case fieldType.set:
      case fieldType.list:
        return this.#list(at, depth - 1)
      default:
        return this.#fail(at, `unrecognized type ${type}`)
    }
  }

  #string(at: number): number {
    if (!this.#has(at, 4)) return at
    const length = this.#bytes.readInt32BE(at)
    return length < 0 ? this.#fail(at, `negative length ${length}`) : this.#skip(at + 4, length)
  }

  #list(start: number, depth: number): number {
    if (!this.#has(start, 5)) return start
    const type = this.#bytes[start] ?? fieldType.stop
    const count = this.#bytes.readInt32BE(start + 1)
    return this.#elements([type], count, start + 5, depth)
  }

  #map(start: number, depth: number): number {
    if (!this.#has(start, 6)) return start
    const types = [this.#bytes[start] ?? fieldType.stop, this.#bytes[start + 1] ?? fieldType.stop]
    return this.#elements(types, this.#bytes.readInt32BE(start + 2), start + 6, depth)
  }

  // Every value takes a byte at least, so a huge count ends where the bytes end.
  #elements(types: readonly number[], count: number, start: number, depth: number): number {
    if (count < 0) return this.#fail(start, `negative count ${count}`)
    let at = start
    for (let element = 0; element < count && this.reason === null; element++) {
      for (const type of types) at = this.#value(type, at, depth)
    }
    return at
  }

  #skip(at: number, size: number): number {
    return this.#has(at, size) ? at + size : at
  }

  #has(at: number, size: number): boolean {
    if (this.reason !== null) return false
    if (at + size <= this.#bytes.length) return true
    this.#fail(at, `${size} bytes wanted, ${this.#bytes.length - at} left`)
    return false
  }

  #fail(at: number, what: string): number {
    this.reason ??= `${what} at byte ${at}`
    return at
  }
}
