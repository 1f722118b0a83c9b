import type { Clock } from './clock.ts'

export interface BackoffOptions {
  readonly minMs: number
  readonly maxMs: number
}

/** Delays that double from `minMs` to `maxMs`, each drawn evenly from its upper half so that a fleet spreads out. */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #clock: Clock
  readonly #random: () => number
  #failures = 0

  constructor(options: BackoffOptions, clock: Clock, random: () => number = Math.random) {
    this.#options = options
    this.#clock = clock
    this.#random = random
  }

  /** Calls to `wait` since the last `reset`. */
  get failures(): number {
    return this.#failures
  }

  reset(): void {
    this.#failures = 0
  }

  nextMs(): number {
    const { minMs, maxMs } = this.#options
    const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures, 30))
    this.#failures++
    return ceiling * (0.5 + this.#random() / 2)
  }

  async wait(signal?: AbortSignal): Promise<void> {
    await this.#clock.sleep(this.nextMs(), signal)
  }
}
