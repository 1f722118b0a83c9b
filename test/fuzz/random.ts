/** Numbers that look random and are the same for the same seeds, on every machine. */
export class Random {
  #state: number

  /** Of several seeds each changes all of it. */
  constructor(...seeds: readonly number[]) {
    this.#state = seeds.reduce((state, seed) => mix(state ^ mix(seed >>> 0)), 0x9e37_79b9)
  }

  /** From 0 up to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0
    return mix(this.#state) / 2 ** 32
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.next() * below)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(list: readonly T[]): T {
    const index = this.below(list.length)
    const picked = list[index]
    if (index >= list.length) throw new RangeError('nothing to pick from')
    return picked as T
  }

  list<T>(maxLength: number, make: () => T): T[] {
    return Array.from({ length: this.below(maxLength + 1) }, make)
  }
}

function mix(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97)
  return (mixed ^ (mixed >>> 15)) >>> 0
}

/** The same for the same text. */
export function seedOf(text: string): number {
  let seed = 0
  for (let at = 0; at < text.length; at++) seed = mix(seed ^ text.charCodeAt(at))
  return seed
}
