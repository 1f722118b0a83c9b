import { addressBytes } from './address-bytes.ts'

/** Addresses and networks, `1.2.3.4` and `1.2.3.0/24`, of both families. */
export class AddressSet {
  /** Networks by their family's and prefix' length; asked from the widest to the closest. */
  readonly #networks = new Map<string, Networks>()

  /** Throws a RangeError for a text that is neither. */
  constructor(texts: readonly string[]) {
    for (const text of texts) this.#add(text)
  }

  /** The address is 4 or 16 bytes. */
  has(address: Uint8Array): boolean {
    const value = valueOf(address)
    for (const { bytes, shift, prefixes } of this.#networks.values()) {
      if (bytes === address.length && prefixes.has(value >> shift)) return true
    }
    return false
  }

  #add(text: string): void {
    const [address = '', length, ...more] = text.split('/')
    const bytes = addressBytes(address)
    const bits = (bytes?.length ?? 0) * 8
    const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Infinity
    if (bytes === null || prefix > bits || more.length > 0)
      throw new RangeError(`it has a line that is no address and no network: ${text.slice(0, 100)}`)
    const key = `${bytes.length}/${prefix}`
    const shift = BigInt(bits - prefix)
    const networks = this.#networks.get(key) ?? { bytes: bytes.length, shift, prefixes: new Set() }
    networks.prefixes.add(valueOf(bytes) >> shift)
    this.#networks.set(key, networks)
  }
}

interface Networks {
  readonly bytes: number
  /** How many bits at the end of an address do not count. */
  readonly shift: bigint
  readonly prefixes: Set<bigint>
}

function valueOf(address: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(address).toString('hex')}`)
}
