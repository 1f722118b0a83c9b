const wordsPerKey = 4

/** A set of 128-bit hashes, 16 bytes a slot: open addressing, at most three quarters full. Four zero words: free. */
export class KeySet {
  #words = new Uint32Array(1024 * wordsPerKey)
  #size = 0

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#words.byteLength
  }

  has(key: Uint32Array): boolean {
    return this.#words[this.#slot(key) + 3] !== 0
  }

  add(key: Uint32Array): void {
    if ((this.#size + 1) * 4 * wordsPerKey > this.#words.length * 3) this.#grow()
    const slot = this.#slot(key)
    if (this.#words[slot + 3] !== 0) return
    this.#words.set(key, slot)
    this.#size++
  }

  /** Where the key is, or the free slot where it belongs. The last word of a key is never 0. */
  #slot(key: Uint32Array): number {
    const words = this.#words
    const mask = words.length - 1
    let slot = ((key[0] ?? 0) * wordsPerKey) & mask
    while (words[slot + 3] !== 0 && !sameAt(words, slot, key)) slot = (slot + wordsPerKey) & mask
    return slot
  }

  #grow(): void {
    const old = this.#words
    this.#words = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += wordsPerKey) {
      if (old[at + 3] === 0) continue
      const key = old.subarray(at, at + wordsPerKey)
      this.#words.set(key, this.#slot(key))
    }
  }
}

function sameAt(words: Uint32Array, slot: number, key: Uint32Array): boolean {
  return (
    words[slot] === key[0] &&
    words[slot + 1] === key[1] &&
    words[slot + 2] === key[2] &&
    words[slot + 3] === key[3]
  )
}

/** Puts the hash into four words; the last is never 0, since 0 marks a free slot. */
export function packHash(hash: string, into: Uint32Array): void {
  for (let word = 0; word < wordsPerKey; word++) {
    const at = word * 4
    const low = hash.charCodeAt(at) | (hash.charCodeAt(at + 1) << 8)
    into[word] = low | (hash.charCodeAt(at + 2) << 16) | (hash.charCodeAt(at + 3) << 24)
  }
  if (into[3] === 0) into[3] = 1
}
