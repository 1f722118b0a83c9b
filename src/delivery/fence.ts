import type { Moment } from '../lib/index.ts'
import { fenceMs, type DeliveryTimers } from './timers.ts'

/**
 * Whether output may still be sent under a lease that was last renewed at `renewed`.
 *
 * The longest of three elapsed times counts. The monotonic clock of Linux does not count suspended time, the wall clock
 * may be set, and in a frozen virtual machine both stand still: then only the dates in servers' replies have gone on.
 * Source: delivery protocol, rule 18.
 */
export function fenceOpen(renewed: Moment, now: Moment, timers: DeliveryTimers): boolean {
  return elapsedMs(renewed, now, timers) <= fenceMs(timers)
}

function elapsedMs(renewed: Moment, now: Moment, { dateSkewMs }: DeliveryTimers): number {
  const own = Math.max(now.monotonic - renewed.monotonic, now.wall - renewed.wall)
  if (now.served === undefined || renewed.served === undefined) return own
  return Math.max(own, now.served - renewed.served - 2 * dateSkewMs)
}
