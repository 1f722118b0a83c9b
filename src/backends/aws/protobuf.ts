/** What the bytes say is not a message of this kind. Whoever asked decides what they are then. */
export class MalformedMessage extends Error {}

/** One field of a message: a number, or bytes. */
export type Field =
  | { readonly number: number; readonly wire: 'varint'; readonly value: number }
  | { readonly number: number; readonly wire: 'bytes'; readonly value: Uint8Array }
  | { readonly number: number; readonly wire: 'fixed' }

/**
 * The fields of one protobuf message, in order; their bytes are views into the message. Throws MalformedMessage where
 * the message ends too early or is none. Never reads outside it.
 * Source: protobuf.dev, Encoding.
 */
export function* readFields(message: Uint8Array): Generator<Field> {
  const reader = new Reader(message)
  while (!reader.atEnd) yield reader.field()
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  field(): Field {
    const tag = this.#varint()
    const number = Math.floor(tag / 8)
    if (number === 0) throw new MalformedMessage('field 0')
    switch (tag % 8) {
      case 0:
        return { number, wire: 'varint', value: this.#varint() }
      case 1:
        this.#take(8)
        return { number, wire: 'fixed' }
      case 2:
        return { number, wire: 'bytes', value: this.#take(this.#varint()) }
      case 5:
        this.#take(4)
        return { number, wire: 'fixed' }
      default:
        throw new MalformedMessage(`wire type ${tag % 8}`)
    }
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new MalformedMessage('ends too early')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }

  /** Of numbers beyond 2^53 the lowest bits are lost: none is expected, and none would be a valid index or length. */
  #varint(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new MalformedMessage('ends too early')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw new MalformedMessage('a number of more than ten bytes')
  }
}
