import type { Clock } from '../lib/index.ts'

/** Tells waiting readers that there may be something new. Ask for `rings` before looking, and rest with them after. */
export class Doorbell {
  readonly #sleepers = new Set<() => void>()
  #rings = 0

  get rings(): number {
    return this.#rings
  }

  ring(): void {
    this.#rings++
    for (const wake of this.#sleepers) wake()
  }

  /** Until it has rung more often than `heard`, for `ms`, or until the abort, whichever comes first. */
  async rest(heard: number, ms: number, clock: Clock, signal: AbortSignal): Promise<'rung' | 'quiet'> {
    if (this.#rings !== heard) return 'rung'
    const nap = new AbortController()
    const wake = () => nap.abort()
    this.#sleepers.add(wake)
    signal.addEventListener('abort', wake, { once: true })
    if (signal.aborted) wake()
    try {
      await clock.sleep(ms, nap.signal)
    } finally {
      this.#sleepers.delete(wake)
      signal.removeEventListener('abort', wake)
    }
    return this.#rings === heard ? 'quiet' : 'rung'
  }
}
