/** ≈0.5 s + 4ⁿ ms, the growth that Snowplow's client has. */
export function retryDelayMs(failures: number, maxMs: number): number {
  return Math.min(500 + 4 ** Math.min(failures, 15), maxMs)
}

/**
 * Remembers that a registry cannot be reached, so that not every schema has to find that out by a time-out of its own.
 *
 * Closed (asking is allowed) until a failure, then open for a while that grows with each further failure; after it, one
 * more question decides. Any answer closes it.
 */
export class Breaker {
  readonly #maxMs: number
  #failures = 0
  #openUntil = -Infinity
  #message = ''

  constructor(maxMs: number) {
    this.#maxMs = maxMs
  }

  /** Why the registry should not be asked now. */
  openBecause(monotonic: number): string | undefined {
    return monotonic < this.#openUntil ? this.#message : undefined
  }

  get openUntil(): number {
    return this.#openUntil
  }

  failed(monotonic: number, message: string): void {
    this.#failures++
    this.#message = message
    this.#openUntil = monotonic + retryDelayMs(this.#failures, this.#maxMs)
  }

  answered(): void {
    this.#failures = 0
    this.#openUntil = -Infinity
  }
}
