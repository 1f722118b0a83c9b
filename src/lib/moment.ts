import type { Clock } from './clock.ts'

/** One instant by every clock that can be asked: none of them alone sees a pause of every kind. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
  /** The newest date that any server had told by then, ms since the epoch; absent before the first. */
  readonly served?: number
}

/** The newest date that any server has told. It goes on while a frozen machine's own clocks stand still. */
export interface ServerDate {
  /** Milliseconds since the epoch; absent while no server has told one. */
  readonly newest: number | undefined
}

/** Keeps the newest date of all replies. */
export class SeenDates implements ServerDate {
  #newest: number | undefined

  get newest(): number | undefined {
    return this.#newest
  }

  see(date: number): void {
    if (this.#newest === undefined || date > this.#newest) this.#newest = date
  }
}

export function momentOf(clock: Clock, served?: number): Moment {
  const moment = { monotonic: clock.monotonic(), wall: clock.now() }
  return served === undefined ? moment : { ...moment, served }
}
