import type { Clock } from '../lib/index.ts'
import type { Holding } from './holding.ts'

export interface RenewalParts {
  readonly renewMs: number
  readonly clock: Clock
  /** From 0 to below 1. */
  readonly random?: () => number
}

/** Of the time between two renewals: how soon one that failed is tried again. */
const retryPart = 1 / 4

/**
 * Renews one lease until it is over or the signal aborts, each time `renewMs` after the last write that surely came
 * through was sent. The first renewal comes at any moment of that time, so that leases that were taken together are not
 * renewed together. One that fails is tried again soon: three tries fit into the fence. Source: delivery protocol,
 * section 2.
 */
export async function renewUntil(signal: AbortSignal, holding: Holding, parts: RenewalParts): Promise<void> {
  const { renewMs, clock, random = Math.random } = parts
  await clock.sleep(random() * renewMs, signal)
  while (!signal.aborted && !holding.over) {
    await holding.keep()
    const dueInMs = holding.renewed.monotonic + renewMs - clock.monotonic()
    await clock.sleep(Math.max(dueInMs, renewMs * retryPart), signal)
  }
}
