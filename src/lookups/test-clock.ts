import type { Clock } from '../lib/index.ts'

/** A clock that a test moves. */
export class HandClock implements Clock {
  #ms = 0

  pass(ms: number): void {
    this.#ms += ms
  }

  now(): number {
    return this.#ms
  }

  monotonic(): number {
    return this.#ms
  }

  sleep(): Promise<void> {
    return Promise.resolve()
  }
}
