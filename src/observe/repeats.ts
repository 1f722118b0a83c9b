import type { Clock } from '../lib/index.ts'
import type { MillraceEvent } from './events.ts'

/** What a log says of an event: whether it is told, and what else there is to tell now. */
export interface Telling {
  readonly told: boolean
  /** How many of its kind were left out since the last one that was told. */
  readonly more: number
  readonly over: readonly Over[]
}

/** A kind of failure that has not been seen for a while, although something has succeeded. */
export interface Over {
  readonly of: MillraceEvent['type']
  /** The reason, or the stream. */
  readonly what: string
  readonly times: number
  readonly lastedMs: number
}

interface Series {
  readonly of: MillraceEvent['type']
  readonly what: string
  readonly since: number
  times: number
  more: number
  toldAt: number
  lastAt: number
}

/** Of failures that follow each other the first is told, then one in this time, with a count of the others. */
const intervalMs = 10_000

const once: Telling = { told: true, more: 0, over: [] }

/**
 * Keeps a log short while every request fails in the same way, as with a full disk. Needs no timer: what there is to
 * tell is told with the next event.
 */
export class Repeats {
  readonly #clock: Clock
  readonly #series = new Map<string, Series>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  hear(event: MillraceEvent): Telling {
    const what = failing(event)
    if (what !== undefined) return this.#failed(event.type, what)
    return this.#series.size === 0 ? once : { ...once, over: this.#over(event) }
  }

  #failed(of: MillraceEvent['type'], what: string): Telling {
    const now = this.#clock.monotonic()
    const key = `${of} ${what}`
    const series = this.#series.get(key)
    if (series === undefined) {
      this.#series.set(key, { of, what, since: now, times: 1, more: 0, toldAt: now, lastAt: now })
      return once
    }
    series.times++
    series.lastAt = now
    if (now - series.toldAt < intervalMs) {
      series.more++
      return { told: false, more: 0, over: [] }
    }
    const { more } = series
    series.more = 0
    series.toldAt = now
    return { ...once, more }
  }

  #over(event: MillraceEvent): Over[] {
    const now = this.#clock.monotonic()
    const over = [...this.#series].filter(
      ([, series]) =>
        // With the end of the collector all is told.
        event.type === 'collector-stopped' || (disproves(event, series) && now - series.lastAt >= intervalMs),
    )
    for (const [key] of over) this.#series.delete(key)
    return over.map(([, { of, what, times, since, lastAt }]) => ({
      of,
      what,
      times,
      lastedMs: lastAt - since,
    }))
  }
}

/** What fails, for an event that tells of a failure which others will share. */
function failing(event: MillraceEvent): string | undefined {
  if (event.type === 'request-refused' && event.status >= 500) return event.reason
  if (event.type === 'collector-sink-failed') return event.stream
  return event.type === 'redirect-unrecorded' ? 'redirect' : undefined
}

function disproves(event: MillraceEvent, { of, what }: Series): boolean {
  if (of === 'collector-sink-failed') return event.type === 'collector-batch-written' && event.stream === what
  return event.type === 'request-accepted'
}
