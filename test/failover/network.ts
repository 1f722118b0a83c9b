import { MillraceError, SeenDates, type ErrorCode } from '../../src/lib/index.ts'
import { epochMs, type Machine } from './machine.ts'
import type { Random } from './random.ts'
import type { Timeline } from './timeline.ts'

export interface NetworkFaults {
  /** Of requests, and as many of replies. */
  readonly loss: number
  /** One way, ms. */
  readonly delayMs: number
  /** Of calls that take up to `slowMs` one way. */
  readonly slow: number
  readonly slowMs: number
  /** Of calls to the lease table and the input that are answered with a refusal, and not done. */
  readonly throttled: number
}

export const calm: NetworkFaults = { loss: 0, delayMs: 5, slow: 0, slowMs: 0, throttled: 0 }

export type Service = 'leases' | 'input' | 'output'

/** One server's answer with its date, as HTTP carries it. */
export interface Answer<T> {
  readonly value: T
  readonly date: number
}

export interface CallOptions<T> {
  readonly service: Service
  readonly timeoutMs: number
  readonly code: ErrorCode
  /** What the server does, at the moment at which it takes effect. */
  readonly act: () => T
  /** In place of a drawn delay until it takes effect. */
  readonly requestMs?: number
}

/** Carries calls from machines to servers and back: late, or never. A call that times out may still take effect. */
export class Network {
  readonly #timeline: Timeline
  readonly #random: Random
  /** How far the clocks of servers are apart. */
  readonly #skewMs: number
  readonly #cut = new Map<string, number>()
  #slowUntil = 0
  readonly #dates = new Map<Machine, SeenDates>()
  faults: NetworkFaults = calm

  constructor(timeline: Timeline, random: Random, skewMs: number) {
    this.#timeline = timeline
    this.#random = random
    this.#skewMs = skewMs
  }

  /** Dates that a machine has seen in replies. */
  dates(machine: Machine): SeenDates {
    const dates = this.#dates.get(machine) ?? new SeenDates()
    this.#dates.set(machine, dates)
    return dates
  }

  /** Nothing passes between the two for so long; for every machine when none is named. */
  cut(machine: Machine | 'everybody', service: Service, ms: number): void {
    const who = machine === 'everybody' ? machine : machine.name
    this.#cut.set(`${who}/${service}`, this.#timeline.now + ms)
  }

  /** Most calls take longer than anybody waits, or nearly so. */
  slow(ms: number): void {
    this.#slowUntil = this.#timeline.now + ms
  }

  mend(): void {
    this.#cut.clear()
    this.#slowUntil = 0
  }

  serverDate(): number {
    return Math.round(epochMs + this.#timeline.now + this.#random.between(-0.5, 0.5) * this.#skewMs)
  }

  call<T>(
    machine: Machine,
    { service, timeoutMs, code, act, requestMs }: CallOptions<T>,
  ): Promise<Answer<T>> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer<T>>()
    const stop = new AbortController()
    const giveUp = () => reject(new MillraceError(code, `no answer from ${service}`, { retryable: true }))
    void machine.clock.sleep(timeoutMs, stop.signal).then(giveUp)
    const reply = (settle: () => void) => {
      if (this.#lost(machine, service)) return
      this.#timeline.after(this.#delayMs(), () =>
        machine.deliver(() => {
          settle()
          stop.abort()
        }),
      )
    }
    const arrive = () => {
      try {
        if (service !== 'output' && this.#random.chance(this.faults.throttled)) throw throttled(code)
        const value = act()
        const date = this.serverDate()
        reply(() => {
          this.dates(machine).see(date)
          resolve({ value, date })
        })
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        reply(() => reject(error))
      }
    }
    if (!this.#lost(machine, service)) this.#timeline.after(requestMs ?? this.#delayMs(), arrive)
    return promise
  }

  #delayMs(): number {
    const { delayMs, slow, slowMs } = this.faults
    if (this.#timeline.now < this.#slowUntil) return this.#random.between(delayMs, 1500)
    if (this.#random.chance(slow)) return this.#random.edgy(delayMs, slowMs)
    return this.#random.between(1, delayMs)
  }

  #lost(machine: Machine, service: Service): boolean {
    const cut = (who: string) => (this.#cut.get(`${who}/${service}`) ?? 0) > this.#timeline.now
    return cut(machine.name) || cut('everybody') || this.#random.chance(this.faults.loss)
  }
}

function throttled(code: ErrorCode): MillraceError {
  return new MillraceError(code, 'too many requests', { retryable: true })
}
