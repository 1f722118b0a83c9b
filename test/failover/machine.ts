import type { Clock } from '../../src/lib/index.ts'
import type { Timeline } from './timeline.ts'

export interface MachineOptions {
  readonly timeline: Timeline
  readonly name: string
  /** How fast its clocks run; 1 is true. */
  readonly rate: number
  /** By how much its wall clock is wrong, ms. */
  readonly wallOffset: number
}

// 2026-01-01: simulated time starts there.
export const epochMs = 1_767_225_600_000

/**
 * A process on a machine of its own. Whatever reaches it from outside, timers and replies, comes through `deliver`: so
 * a crash is that nothing is delivered any more, and a pause that it is delivered late.
 */
export class Machine {
  readonly name: string
  readonly clock: Clock
  readonly #timeline: Timeline
  readonly #rate: number
  #wallOffset: number
  #dead = false
  /** What waits for the end of a pause; absent while running. */
  #held: (() => void)[] | undefined
  /** Local time that was lost to freezes: a frozen machine's clocks stand still. */
  #frozenMs = 0
  #frozenSince: number | undefined

  constructor({ timeline, name, rate, wallOffset }: MachineOptions) {
    this.name = name
    this.#timeline = timeline
    this.#rate = rate
    this.#wallOffset = wallOffset
    this.clock = {
      monotonic: () => this.#monotonic(),
      now: () => epochMs + this.#monotonic() + this.#wallOffset,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    }
  }

  get dead(): boolean {
    return this.#dead
  }

  get paused(): boolean {
    return this.#held !== undefined
  }

  /** How long its clocks have stood still in all. */
  get frozenMs(): number {
    return this.#frozenMs
  }

  deliver(run: () => void): void {
    if (this.#dead) return
    if (this.#held === undefined) run()
    else this.#held.push(run)
  }

  crash(): void {
    this.#dead = true
    this.#held = undefined
  }

  /** Stops everything in it. A frozen machine's clocks stop as well, those of a stopped process go on. */
  pause(ms: number, kind: 'stop' | 'freeze'): void {
    if (this.#dead || this.#held !== undefined) return
    this.#held = []
    if (kind === 'freeze') this.#frozenSince = this.#timeline.now
    this.#timeline.after(ms, () => this.#resume())
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    this.#wallOffset += ms
  }

  #resume(): void {
    if (this.#frozenSince !== undefined) this.#frozenMs += this.#timeline.now - this.#frozenSince
    this.#frozenSince = undefined
    const held = this.#held ?? []
    this.#held = undefined
    for (const run of held) this.deliver(run)
  }

  #monotonic(): number {
    const until = this.#frozenSince ?? this.#timeline.now
    return (until - this.#frozenMs) * this.#rate
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (signal?.aborted === true) return Promise.resolve()
    const due = this.#monotonic() + Math.max(0, ms)
    let cancel: (() => void) | undefined
    const fire = () => {
      // A freeze has held the clock: the rest is still to come.
      const left = due - this.#monotonic()
      if (left > 0.000001) return wait(left)
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const wait = (left: number) => {
      cancel = this.#timeline.after(left / this.#rate, () => this.deliver(fire))
    }
    const abort = () => {
      cancel?.()
      resolve()
    }
    signal?.addEventListener('abort', abort, { once: true })
    wait(due - this.#monotonic())
    return promise
  }
}
