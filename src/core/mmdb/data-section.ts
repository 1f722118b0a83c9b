/*
 * The values of a MaxMind DB file. Source: MaxMind DB File Format Specification 2.0. Files come from outside: every
 * offset is checked, and pointers that run in circles or multiply end at a budget.
 */

/** Which parts of a value are wanted: all of it, or these members of a map. */
export type Wanted = true | { readonly [member: string]: Wanted }

// GeoIP2's records have some hundred values, seven levels deep at most.
const maxDepth = 24
const maxValues = 20_000
const maxKeys = 2000

const pointer = 1
const utf8 = 2
const double = 3
const bytesType = 4
const map = 7
const int32 = 8
const array = 11
const boolean = 14
const float = 15

/** Most bytes that a value of each type has; undefined for types that no value has. */
const longest: readonly (number | undefined)[] = [
  undefined,
  4,
  Infinity,
  8,
  Infinity,
  2,
  4,
  Infinity,
  4,
  8,
  16,
  Infinity,
  undefined,
  undefined,
  1,
  4,
]

export class DataSection {
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number
  /** Members of maps are written once and pointed to: their texts by where they are. */
  readonly #keys = new Map<number, string>()
  // What the last control byte said, and where its value begins; after `#read`, where the value ends.
  #type = 0
  #size = 0
  #at = 0
  #values = 0

  /** From `start` on, up to `end`, which is outside. */
  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
  }

  get byteLength(): number {
    return this.#end - this.#start
  }

  /** Throws a RangeError that says what is broken. One pass without recursion: values of maps and arrays follow them. */
  check(): void {
    this.#at = this.#start
    while (this.#at < this.#end) {
      const place = this.#at
      this.#control(place)
      if (this.#type === pointer) this.#target()
      else if (this.#type !== map && this.#type !== array && this.#type !== boolean) this.#at += this.#size
      if (this.#at > this.#end) throw broken('a value ends outside', place - this.#start)
    }
  }

  /** The value at `offset`, counted from the section's start. Throws a RangeError where the file is broken. */
  read(offset: number, wanted: Wanted = true): unknown {
    this.#values = 0
    return this.#read(this.#start + offset, wanted, 0)
  }

  #read(place: number, wanted: Wanted, depth: number): unknown {
    this.#count(place, depth)
    this.#control(place)
    switch (this.#type) {
      case pointer: {
        const next = this.#at
        const value = this.#read(this.#target(), wanted, depth + 1)
        this.#at = next
        return value
      }
      case map:
        return this.#readMap(wanted, depth)
      case array:
        return this.#readArray(wanted, depth)
      default:
        return this.#readScalar(place)
    }
  }

  #readMap(wanted: Wanted, depth: number): Readonly<Record<string, unknown>> {
    const members: Record<string, unknown> = Object.create(null)
    for (let left = this.#size; left > 0; left--) {
      const key = this.#readKey(this.#at)
      const inner = wanted === true ? wanted : wanted[key]
      if (inner === undefined) this.#skip(this.#at, depth + 1)
      else members[key] = this.#read(this.#at, inner, depth + 1)
    }
    return members
  }

  #readArray(wanted: Wanted, depth: number): unknown[] {
    const values: unknown[] = []
    for (let left = this.#size; left > 0; left--) values.push(this.#read(this.#at, wanted, depth + 1))
    return values
  }

  #readKey(place: number): string {
    this.#count(place, 0)
    this.#control(place)
    const pointed = this.#type === pointer
    const next = this.#at
    if (pointed) this.#control(this.#target())
    if (this.#type !== utf8) throw broken('a name is no text', place - this.#start)
    const begin = this.#at
    this.#at = pointed ? next : begin + this.#size
    const known = this.#keys.get(begin)
    if (known !== undefined) return known
    const key = this.#text(begin, this.#size)
    if (this.#keys.size < maxKeys) this.#keys.set(begin, key)
    return key
  }

  #readScalar(place: number): unknown {
    const begin = this.#at
    const size = this.#size
    if (this.#type !== boolean) this.#at = begin + size
    if (this.#at > this.#end) throw broken('a value ends outside', place - this.#start)
    switch (this.#type) {
      case utf8:
        return this.#text(begin, size)
      case double:
        return this.#bytes.readDoubleBE(begin)
      case float:
        return this.#bytes.readFloatBE(begin)
      case boolean:
        return size === 1
      case bytesType:
        return this.#bytes.subarray(begin, begin + size)
      case int32:
        return size === 0 ? 0 : this.#unsigned(begin, size) | 0
      default:
        return size > 6 ? this.#big(begin, size) : this.#unsigned(begin, size)
    }
  }

  #skip(place: number, depth: number): void {
    this.#count(place, depth)
    this.#control(place)
    if (this.#type === pointer || this.#type === boolean) return
    if (this.#type !== map && this.#type !== array) {
      this.#at += this.#size
      return
    }
    const values = this.#type === map ? this.#size * 2 : this.#size
    for (let left = values; left > 0; left--) this.#skip(this.#at, depth + 1)
  }

  /** Reads a control byte and the bytes that belong to it. Of a pointer, the size is where it points. */
  #control(place: number): void {
    const control = this.#byte(place)
    this.#at = place + 1
    this.#type = control >> 5
    if (this.#type === pointer) {
      const length = ((control >> 3) & 3) + 1
      const high = length === 4 ? 0 : control & 7
      const base = length === 2 ? 2048 : length === 3 ? 526_336 : 0
      this.#size = high * 256 ** length + this.#unsignedAt(length) + base
      return
    }
    if (this.#type === 0) this.#type = 7 + this.#byte(this.#at++)
    const short = control & 31
    if (short < 29) this.#size = short
    else if (short === 29) this.#size = 29 + this.#unsignedAt(1)
    else if (short === 30) this.#size = 285 + this.#unsignedAt(2)
    else this.#size = 65_821 + this.#unsignedAt(3)
    this.#checkSize(place)
  }

  #checkSize(place: number): void {
    const most = longest[this.#type]
    const exact = this.#type === double || this.#type === float
    if (most === undefined) throw broken(`type ${this.#type} is unknown`, place - this.#start)
    if (this.#size > most || (exact && this.#size !== most))
      throw broken(`a value of type ${this.#type} has ${this.#size} bytes`, place - this.#start)
  }

  /** Where the pointer that was just read points to. */
  #target(): number {
    const target = this.#start + this.#size
    if (target >= this.#end) throw broken('a pointer points outside', this.#size)
    return target
  }

  #count(place: number, depth: number): void {
    if (depth > maxDepth || ++this.#values > maxValues)
      throw broken('a record is too large or runs in circles', place - this.#start)
  }

  #byte(place: number): number {
    const byte = place < this.#end ? this.#bytes[place] : undefined
    if (byte === undefined) throw broken('the data ends in the middle of a value', place - this.#start)
    return byte
  }

  #unsignedAt(length: number): number {
    let value = 0
    for (let left = length; left > 0; left--) value = value * 256 + this.#byte(this.#at++)
    return value
  }

  #unsigned(begin: number, size: number): number {
    return size === 0 ? 0 : this.#bytes.readUIntBE(begin, size)
  }

  #big(begin: number, size: number): bigint {
    return BigInt(`0x${this.#bytes.toString('hex', begin, begin + size)}`)
  }

  #text(begin: number, size: number): string {
    if (begin + size > this.#end) throw broken('a text ends outside', begin - this.#start)
    return this.#bytes.toString('utf8', begin, begin + size)
  }
}

function broken(what: string, offset: number): RangeError {
  return new RangeError(`${what}, at byte ${offset} of its data`)
}
