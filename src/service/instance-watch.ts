import { Backoff, MillraceError } from '../lib/index.ts'
import type { ServiceParts } from './service-parts.ts'

/** The machine under this process, as far as it is watched. */
export interface InstanceWatch {
  /** Resolves with the reason when the machine is going away: drain. Never resolves where nobody watches. */
  readonly ending: Promise<string>
  /** It is: whatever starts now would have to stop at once. */
  readonly isEnding: boolean
  /** Ends the watch. After a notice it tells the Auto Scaling group that it need not wait any longer. Never rejects. */
  finish(): Promise<void>
}

export const unwatched: InstanceWatch = {
  ending: new Promise(() => {}),
  isEnding: false,
  finish: async () => {},
}

/** Some three minutes in all: a machine that has just booted, with every process of it asking, is faster by then. */
const tries = 6
const backoff = { minMs: 5000, maxMs: 80_000 }

/**
 * A watch that could not be opened at the start, and may be later: the process does its work meanwhile. Tells once when
 * that never succeeds.
 */
export class LateWatch implements InstanceWatch {
  readonly ending: Promise<string>
  readonly #open: () => Promise<InstanceWatch>
  readonly #parts: ServiceParts
  readonly #over = new AbortController()
  readonly #trying: Promise<void>
  #watch: InstanceWatch | undefined

  constructor(open: () => Promise<InstanceWatch>, parts: ServiceParts) {
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ending = promise
    this.#open = open
    this.#parts = parts
    this.#trying = this.#try(resolve)
  }

  get isEnding(): boolean {
    return this.#watch?.isEnding ?? false
  }

  async finish(): Promise<void> {
    this.#over.abort()
    await this.#trying
    await this.#watch?.finish()
  }

  async #try(end: (reason: string) => void): Promise<void> {
    const { clock, observe } = this.#parts
    const { signal } = this.#over
    const delays = new Backoff(backoff, clock)
    for (let left = tries; ; left--) {
      await delays.wait(signal)
      if (signal.aborted) return
      try {
        this.#watch = await this.#open()
        return void this.#watch.ending.then(end)
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        if (left === 1) return observe({ type: 'instance-unwatched', reason: error.message })
      }
    }
  }
}
