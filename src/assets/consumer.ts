import { messageOf } from '../lib/index.ts'
import type { Asset } from '../core/index.ts'

/** What one enrichment makes of a file. */
export class Consumer<T> implements Asset<T> {
  readonly #load: (bytes: Uint8Array) => T
  #current: T

  /** Throws what `load` throws. */
  constructor(load: (bytes: Uint8Array) => T, bytes: Uint8Array) {
    this.#load = load
    this.#current = load(bytes)
  }

  get current(): T {
    return this.#current
  }

  /** Makes a newer one, which is in use once the result is called. Throws what `load` throws. */
  prepare(bytes: Uint8Array): () => void {
    const next = this.#load(bytes)
    return () => {
      this.#current = next
    }
  }
}

/** What a file was refused for; null when all consumers use it now. Either all do, or all keep what they have. */
export function swapAll(consumers: readonly Consumer<unknown>[], bytes: Uint8Array): string | null {
  try {
    const swaps = consumers.map(consumer => consumer.prepare(bytes))
    for (const swap of swaps) swap()
    return null
  } catch (error) {
    return messageOf(error)
  }
}
