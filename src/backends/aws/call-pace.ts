import type { Clock } from '../../lib/index.ts'

/** Spaces the calls for each shard, whichever reader makes them: Kinesis counts calls by shard. */
export class CallPace {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #next = new Map<string, number>()

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock
    this.#everyMs = everyMs
  }

  /** Resolves when it is the caller's turn, or when the signal aborts. First come, first served. */
  async turn(shardId: string, signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic()
    const at = Math.max(now, this.#next.get(shardId) ?? now)
    this.#next.set(shardId, at + this.#everyMs)
    if (at > now) await this.#clock.sleep(at - now, signal)
  }
}
