/** What the fence and the waits are made of; all in milliseconds. Source: delivery protocol, section 2. */
export interface DeliveryTimers {
  readonly leaseMs: number
  /** A put that has not answered by then counts as ambiguous. */
  readonly putTimeoutMs: number
  /** A put that takes effect does so within this time of its socket write. Larger: safer, and slower to fail over. */
  readonly settleMs: number
  /** An acknowledged record can be read within this time. */
  readonly visibleMs: number
  /** For clocks that run at different rates, and a busy event loop between check and socket. */
  readonly clockMarginMs: number
  /** How much earlier than the date in the row a look begins: the clocks of servers differ. */
  readonly dateMarginMs: number
  /** How far the clocks of two servers may be apart. */
  readonly dateSkewMs: number
  /** What may be there already is looked for again when the last look is older than this. */
  readonly freshMs: number
  /** Raw records beyond the row's checkpoint whose output may have been sent. */
  readonly maxOpenRecords: number
}

/** Two monotonic clocks differ in rate by no more than this. */
export const clockDrift = 0.01

/** For the AWS backend's lease of ten seconds, shorter ones in proportion; any of them may be given. */
export function deliveryTimers(given: { leaseMs: number } & Partial<DeliveryTimers>): DeliveryTimers {
  const { leaseMs } = given
  const part = Math.min(1, leaseMs / 10_000)
  return {
    putTimeoutMs: 2000 * part,
    settleMs: 5000 * part,
    visibleMs: 2000 * part,
    clockMarginMs: 2 * clockDrift * leaseMs + 300,
    dateMarginMs: 10_000,
    dateSkewMs: 500,
    freshMs: 30_000,
    maxOpenRecords: 20_000,
    ...given,
  }
}

/** No output is sent later than this after the last good renewal was sent. */
export function fenceMs({ leaseMs, putTimeoutMs, clockMarginMs }: DeliveryTimers): number {
  return leaseMs - putTimeoutMs - clockMarginMs
}

/** From the decision to take until all that the last owner sent has taken effect and can be read. */
export function graceMs(timers: DeliveryTimers, after: 'release' | 'expiry'): number {
  const { settleMs, putTimeoutMs, visibleMs } = timers
  // Whoever waited for a lease to expire has waited for the time-out of its last request as well.
  if (after === 'expiry') return (settleMs - putTimeoutMs + visibleMs) * (1 + clockDrift)
  return resolveMs(timers)
}

/** From the socket write of an ambiguous request until it has taken effect and can be read, or never will. */
export function resolveMs({ settleMs, visibleMs }: DeliveryTimers): number {
  return (settleMs + visibleMs) * (1 + clockDrift)
}
