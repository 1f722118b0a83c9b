import { Backoff, MillraceError } from '../lib/index.ts'
import type { ServiceParts } from './service-parts.ts'

/** For so long a start goes on trying. Then whoever supervises the process should hear of it. */
const giveUpMs = 60_000
const backoff = { minMs: 500, maxMs: 5000 }

/**
 * Does what a process must have done before it can work. A fleet that starts at once asks more often than an account
 * may, and a service may be away for a moment: what may pass is tried again, and told. Rejects with the last failure
 * when it does not pass, or when the process is told to stop. Without a signal for that, it tries once.
 */
export async function patiently(work: () => Promise<void>, parts: ServiceParts): Promise<void> {
  const { clock, observe, stopping } = parts
  if (stopping === undefined) return await work()
  const delays = new Backoff(backoff, clock)
  const until = clock.monotonic() + giveUpMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const retryInMs = Math.round(delays.nextMs())
      const inTime = clock.monotonic() + retryInMs <= until
      if (!(error instanceof MillraceError && error.retryable && inTime)) throw error
      const what = error.code
      observe({ type: 'outside-failed', what, error: `start: ${error.message}`, attempt, retryInMs })
      await clock.sleep(retryInMs, stopping)
      if (stopping.aborted) throw error
    }
  }
}
