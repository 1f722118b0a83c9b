import type { Clock } from './clock.ts'

export interface BackoffOptions {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * Delays that double from `minMs` to `maxMs`, each drawn evenly from its upper half so that a fleet spreads out. They
 * start anew when all went well for longer than `maxMs` after the last one.
 */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #clock: Clock
  readonly #random: () => number
  #failures = 0
  /** When the last delay was over, by the monotonic clock. */
  #waitedUntil = Number.NEGATIVE_INFINITY

  constructor(options: BackoffOptions, clock: Clock, random: () => number = Math.random) {
    this.#options = options
    this.#clock = clock
    this.#random = random
  }

  nextMs(): number {
    const { minMs, maxMs } = this.#options
    const now = this.#clock.monotonic()
    if (now - this.#waitedUntil > maxMs) this.#failures = 0
    const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures, 30))
    const delayMs = ceiling * (0.5 + this.#random() / 2)
    this.#failures++
    this.#waitedUntil = now + delayMs
    return delayMs
  }

  async wait(signal?: AbortSignal): Promise<void> {
    await this.#clock.sleep(this.nextMs(), signal)
  }
}
