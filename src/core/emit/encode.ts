// Room for about a hundred outputs, and small enough to be forgotten: one output keeps its whole slab alive.
const slabBytes = 256 * 1024

// UTF-8 takes at most three bytes for a unit of UTF-16.
const maxBytesPerUnit = 3

let slab = Buffer.allocUnsafeSlow(slabBytes)
let used = 0

/** The text in UTF-8, in memory that many outputs share: Buffer.from walks over the text twice (bench/core.ts). */
export function encodeText(text: string): Uint8Array {
  const mostBytes = text.length * maxBytesPerUnit
  if (mostBytes > slabBytes / 8) return Buffer.from(text)
  if (used + mostBytes > slabBytes) {
    slab = Buffer.allocUnsafeSlow(slabBytes)
    used = 0
  }
  const start = used
  used += slab.write(text, start, 'utf8')
  return slab.subarray(start, used)
}
