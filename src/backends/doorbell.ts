import type { Clock } from '../lib/index.ts'

/** Tells waiting readers that there may be something new. Ask for `rung` before looking, and await it after. */
export class Doorbell {
  #next = Promise.withResolvers<void>()

  get rung(): Promise<void> {
    return this.#next.promise
  }

  ring(): void {
    const { resolve } = this.#next
    this.#next = Promise.withResolvers<void>()
    resolve()
  }
}

/** Waits for a ring, for `ms`, or for the abort, whichever comes first. */
export async function rest(rung: Promise<void>, ms: number, clock: Clock, signal: AbortSignal) {
  const nap = new AbortController()
  const wake = () => nap.abort()
  signal.addEventListener('abort', wake, { once: true })
  if (signal.aborted) wake()
  const quiet = clock.sleep(ms, nap.signal).then(() => 'quiet' as const)
  try {
    return await Promise.race([rung.then(() => 'rung' as const), quiet])
  } finally {
    signal.removeEventListener('abort', wake)
    wake()
  }
}
