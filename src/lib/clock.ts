import { setTimeout as delay } from 'node:timers/promises'

/** Time as one process sees it. Handed in, so that a simulation can hand in another. */
export interface Clock {
  /** Wall clock, ms since the epoch. May jump. */
  now(): number
  /** Milliseconds from some fixed point. Never jumps, never goes back. */
  monotonic(): number
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal === undefined ? undefined : { signal })
    } catch (error) {
      if (signal?.aborted !== true) throw error
    }
  },
}
