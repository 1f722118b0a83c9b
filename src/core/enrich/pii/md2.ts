/*
 * MD2, which OpenSSL no longer has and old configurations still name. Source: RFC 1319. Bytes in, 16 bytes out. It
 * protects nothing by today's measure: it is here so that pseudonyms stay what they were.
 */

const blockBytes = 16

/** A permutation of 0 to 255 made of the digits of pi. */
// prettier-ignore
const substitution = Uint8Array.of(
  41, 46, 67, 201, 162, 216, 124, 1, 61, 54, 84, 161, 236, 240, 6, 19, 98, 167, 5, 243, 192, 199, 115, 140, 152, 147,
  43, 217, 188, 76, 130, 202, 30, 155, 87, 60, 253, 212, 224, 22, 103, 66, 111, 24, 138, 23, 229, 18, 190, 78, 196,
  214, 218, 158, 222, 73, 160, 251, 245, 142, 187, 47, 238, 122, 169, 104, 121, 145, 21, 178, 7, 63, 148, 194, 16,
  137, 11, 34, 95, 33, 128, 127, 93, 154, 90, 144, 50, 39, 53, 62, 204, 231, 191, 247, 151, 3, 255, 25, 48, 179, 72,
  165, 181, 209, 215, 94, 146, 42, 172, 86, 170, 198, 79, 184, 56, 210, 150, 164, 125, 182, 118, 252, 107, 226, 156,
  116, 4, 241, 69, 157, 112, 89, 100, 113, 135, 32, 134, 91, 207, 101, 230, 45, 168, 2, 27, 96, 37, 173, 174, 176,
  185, 246, 28, 70, 97, 105, 52, 64, 126, 15, 85, 71, 163, 35, 221, 81, 175, 58, 195, 92, 249, 206, 186, 197, 234, 38, 44,
  83, 13, 110, 133, 40, 132, 9, 211, 223, 205, 244, 65, 129, 77, 82, 106, 220, 55, 200, 108, 193, 171, 250, 36, 225,
  123, 8, 12, 189, 177, 74, 120, 136, 149, 139, 227, 99, 232, 109, 233, 203, 213, 254, 59, 0, 29, 57, 242, 239, 183,
  14, 102, 88, 208, 228, 166, 119, 114, 248, 235, 117, 75, 10, 49, 68, 80, 180, 143, 237, 31, 26, 219, 153, 141, 51,
  159, 17, 131, 20,
)

const substitute = (index: number): number => substitution[index & 0xff] ?? 0
const at = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0

/** In lower-case hexadecimal digits. */
export function md2(data: Uint8Array): string {
  const padded = pad(data)
  const state = new Uint8Array(3 * blockBytes)
  const checksum = new Uint8Array(blockBytes)
  for (let start = 0; start < padded.length; start += blockBytes) {
    const block = padded.subarray(start, start + blockBytes)
    addBlock(state, block)
    addToChecksum(checksum, block)
  }
  addBlock(state, checksum)
  return Buffer.from(state.subarray(0, blockBytes)).toString('hex')
}

/** Fills up the last block, or adds one, with bytes that say how many they are. */
function pad(data: Uint8Array): Uint8Array {
  const missing = blockBytes - (data.length % blockBytes)
  const padded = new Uint8Array(data.length + missing).fill(missing)
  padded.set(data)
  return padded
}

function addBlock(state: Uint8Array, block: Uint8Array): void {
  for (let index = 0; index < blockBytes; index++) {
    state[blockBytes + index] = at(block, index)
    state[2 * blockBytes + index] = at(block, index) ^ at(state, index)
  }
  let last = 0
  for (let round = 0; round < 18; round++) {
    for (let index = 0; index < state.length; index++) {
      last = at(state, index) ^ substitute(last)
      state[index] = last
    }
    last = (last + round) & 0xff
  }
}

function addToChecksum(checksum: Uint8Array, block: Uint8Array): void {
  let last = at(checksum, blockBytes - 1)
  for (let index = 0; index < blockBytes; index++) {
    last = at(checksum, index) ^ substitute(at(block, index) ^ last)
    checksum[index] = last
  }
}
