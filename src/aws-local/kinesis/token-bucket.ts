/**
 * A rate with a burst of one second. A claim is admitted when the bucket holds it, or is full: so that a claim larger
 * than the bucket is served too, and its debt paid before the next one.
 *
 * Never goes below full minus the largest claim. A clock that jumps back gives nothing and takes nothing.
 */
export class TokenBucket {
  readonly #perSecond: number
  /** In thousandths: whole numbers, so that nothing is lost to rounding. */
  #held: number
  #at: number
  /** A bucket that was overdrawn has to fill up again before it gives. */
  #indebted = false

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond
    this.#held = perSecond * 1000
    this.#at = now
  }

  /** True when there is room for `amount` at `now` (ms); takes nothing. */
  has(amount: number, now: number): boolean {
    if (this.#perSecond === Infinity) return true
    this.#fill(now)
    if (this.#indebted) return false
    return this.#held >= Math.min(amount, this.#perSecond) * 1000
  }

  /** Takes, into debt if need be. */
  take(amount: number, now: number): void {
    if (this.#perSecond === Infinity) return
    this.#fill(now)
    this.#held -= amount * 1000
    if (this.#held < 0) this.#indebted = true
  }

  #fill(now: number): void {
    const ms = Math.max(now - this.#at, 0)
    this.#at = Math.max(now, this.#at)
    const full = this.#perSecond * 1000
    this.#held = Math.min(this.#held + ms * this.#perSecond, full)
    if (this.#held === full) this.#indebted = false
  }
}
