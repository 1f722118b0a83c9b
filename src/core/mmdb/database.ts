import { DataSection, type Wanted } from './data-section.ts'
import { readMetadata, type Metadata } from './metadata.ts'

// Between the tree and the data stand sixteen zero bytes; offsets in the tree count from their start.
const gap = 16

/** A MaxMind DB file in memory: finds what it says of an address. */
export class MmdbDatabase {
  readonly #bytes: Buffer
  readonly #metadata: Metadata
  readonly #nodeBytes: number
  readonly #data: DataSection
  /** Where IPv4 addresses begin in a tree of IPv6: after 96 zero bits. */
  readonly #ipv4Start: number

  /** Throws a RangeError that says what is wrong with the file: all of it is looked at once. The bytes may be shared. */
  constructor(bytes: Uint8Array) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#bytes = buffer
    this.#metadata = readMetadata(buffer)
    this.#nodeBytes = this.#metadata.recordSize / 4
    const { nodeCount, place } = this.#metadata
    const dataStart = nodeCount * this.#nodeBytes + gap
    if (dataStart > place) throw new RangeError(`it is too short for the ${nodeCount} nodes that it claims`)
    this.#data = new DataSection(buffer, dataStart, place)
    this.#checkTree()
    this.#data.check()
    this.#ipv4Start = this.#metadata.ipVersion === 6 ? this.#descend(new Uint8Array(12), 0) : 0
  }

  get type(): string {
    return this.#metadata.databaseType
  }

  /** Offset of the record of an address, given as its 4 or 16 bytes: equal for addresses with the same record. */
  find(address: Uint8Array): number | null {
    const { ipVersion, nodeCount } = this.#metadata
    if (address.length === 16 && ipVersion === 4) return null
    const end = this.#descend(address, address.length === 4 ? this.#ipv4Start : 0)
    return end > nodeCount ? end - nodeCount - gap : null
  }

  /** The record at an offset that `find` gave. Throws a RangeError where the file is broken. */
  read(offset: number, wanted: Wanted = true): unknown {
    return this.#data.read(offset, wanted)
  }

  #descend(address: Uint8Array, from: number): number {
    const { nodeCount } = this.#metadata
    let node = from
    for (const byte of address) {
      for (let bit = 7; bit >= 0; bit--) {
        if (node >= nodeCount) return node
        node = this.#record(node, (byte >> bit) & 1)
      }
    }
    return node
  }

  /** The left (0) or right (1) record of a node. */
  #record(node: number, side: number): number {
    const bytes = this.#bytes
    const at = node * this.#nodeBytes
    switch (this.#metadata.recordSize) {
      case 24:
        return bytes.readUIntBE(at + side * 3, 3)
      case 28: {
        const middle = bytes[at + 3] ?? 0
        return side === 0
          ? (middle >> 4) * 0x1000000 + bytes.readUIntBE(at, 3)
          : (middle & 15) * 0x1000000 + bytes.readUIntBE(at + 4, 3)
      }
      case 32:
        return bytes.readUInt32BE(at + side * 4)
    }
  }

  #checkTree(): void {
    const { nodeCount } = this.#metadata
    const most = nodeCount + gap + this.#data.byteLength
    for (let node = 0; node < nodeCount; node++) {
      for (let side = 0; side < 2; side++) {
        const record = this.#record(node, side)
        if (record >= most || (record > nodeCount && record < nodeCount + gap))
          throw new RangeError(`its node ${node} points outside of the file`)
      }
    }
  }
}
