/**
 * Gives the memory of a buffer back now; it is empty afterwards. Left to itself, a thread that makes few objects
 * collects its garbage late, and large buffers pile up meanwhile: a third of a worker's memory (bench/pipeline.ts).
 */
export function freeBuffer(buffer: ArrayBuffer): void {
  buffer.transfer(0)
}

const growth = 2
const firstBytes = 64 * 1024

/**
 * Writes numbers, texts and bytes one behind the other into one ArrayBuffer, to be transferred to another thread.
 * Moving a batch this way costs a seventh of cloning its objects (bench/pipeline.ts). Read it back with `PackReader`.
 */
export class PackWriter {
  #buffer: Buffer<ArrayBuffer>
  #length = 0

  constructor(expectedBytes = firstBytes) {
    this.#buffer = Buffer.allocUnsafeSlow(expectedBytes)
  }

  u32(value: number): void {
    this.#reserve(4)
    this.#length = this.#buffer.writeUInt32LE(value, this.#length)
  }

  f64(value: number): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeDoubleLE(value, this.#length)
  }

  text(value: string): void {
    // A UTF-16 unit takes three bytes of UTF-8 at the most.
    this.#reserve(4 + value.length * 3)
    const bytes = this.#buffer.write(value, this.#length + 4)
    this.#buffer.writeUInt32LE(bytes, this.#length)
    this.#length += 4 + bytes
  }

  bytes(value: Uint8Array): void {
    this.#reserve(4 + value.byteLength)
    this.#buffer.writeUInt32LE(value.byteLength, this.#length)
    this.#buffer.set(value, this.#length + 4)
    this.#length += 4 + value.byteLength
  }

  /** What was written. The writer must not be used afterwards. */
  finish(): ArrayBuffer {
    return this.#buffer.buffer.transferToFixedLength(this.#length)
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * growth))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** Reads what a `PackWriter` wrote, in the same order. Throws a RangeError when there is less than asked for. */
export class PackReader {
  readonly #buffer: Buffer<ArrayBuffer>
  #at = 0

  constructor(packed: ArrayBuffer) {
    this.#buffer = Buffer.from(packed)
  }

  get done(): boolean {
    return this.#at === this.#buffer.length
  }

  u32(): number {
    const value = this.#buffer.readUInt32LE(this.#at)
    this.#at += 4
    return value
  }

  f64(): number {
    const value = this.#buffer.readDoubleLE(this.#at)
    this.#at += 8
    return value
  }

  text(): string {
    const { start, end } = this.#span()
    return this.#buffer.toString('utf8', start, end)
  }

  /** A view, not a copy: it keeps the whole pack alive. */
  bytes(): Uint8Array<ArrayBuffer> {
    const { start, end } = this.#span()
    return this.#buffer.subarray(start, end)
  }

  #span(): { start: number; end: number } {
    const length = this.u32()
    const start = this.#at
    this.#at += length
    if (this.#at > this.#buffer.length) throw new RangeError('pack ends before its content')
    return { start, end: this.#at }
  }
}
