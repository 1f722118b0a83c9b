import type { Clock } from '../lib/index.ts'

export type CircuitState = 'closed' | 'open' | 'half-open'

export interface CircuitOptions {
  /** Calls under way at once. */
  readonly concurrency: number
  /** Callers that may wait for their turn. */
  readonly maxQueued: number
  /** For one call, from its start. */
  readonly timeoutMs: number
  /** Longest that a caller waits for its turn. */
  readonly queueMs: number
  readonly clock: Clock
  /** No call lasts longer than until this moment of the monotonic clock: the time of a batch is shared by all of it. */
  readonly deadline?: { readonly at: number }
  /** Told when the circuit opens, with the failure that opened it, and when it closes. */
  readonly changed?: (state: 'open' | 'closed', error?: string) => void
}

/** What became of a call. */
export type CallResult<T> =
  | { readonly kind: 'answered'; readonly value: T }
  /** It was made, and the outside failed. */
  | { readonly kind: 'failed'; readonly error: string }
  /** It was not made. */
  | { readonly kind: 'refused'; readonly error: string }

/** The outside failed in a way that says something about itself, and nothing about the question. Counts for the breaker. */
export class OutsideFailure extends Error {
  override readonly name = 'OutsideFailure'
}

const consecutiveToOpen = 5
// Or half of the calls of ten seconds, when there were enough of them to say so.
const rateWindowMs = 10_000
const rateCalls = 20
const firstOpenMs = 1000
const maxOpenMs = 30_000

// A timer may be a millisecond early.
const shortestMs = 2
const usedUp = 'the time of its batch is used up'
// Turns of the event loop that an answer takes from its socket to whoever waits for it, and some more.
const lastTurns = 8

interface Waiting {
  readonly admit: () => void
  readonly refuse: (error: string) => void
  readonly timer: NodeJS.Timeout
}

/**
 * Stands around calls to one place outside, so that no failure of it costs more than a bounded time.
 *
 *   closed ── 5 failures in a row, or half of 20 and more in 10 s ──► open: every call is refused at once
 *      ▲                                                                │ 1 s, twice as long each time, 30 s at most
 *      └──── it succeeds ──── half-open: one call is made ◄─────────────┘
 *                                  └──── it fails ──► open
 */
export class Circuit {
  readonly #options: CircuitOptions
  readonly #queue: Waiting[] = []
  #active = 0
  #state: CircuitState = 'closed'
  #consecutive = 0
  #window = { since: 0, calls: 0, failures: 0 }
  #openMs = 0
  #openUntil = 0
  #lastError = ''

  constructor(options: CircuitOptions) {
    this.#options = options
  }

  get state(): CircuitState {
    return this.#state
  }

  /** `work` gets a signal that aborts when its time is over, and is not waited for after that. */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<CallResult<T>> {
    const refusal = await this.#turn()
    if (refusal !== undefined) return { kind: 'refused', error: refusal }
    // While a thread computes, nobody is told that the time is over: the call would fail, and say nothing of the outside.
    if (this.#leftMs() <= shortestMs) return this.#leave({ kind: 'refused', error: usedUp })
    const probing = this.#state === 'half-open'
    let failed = false
    try {
      const result = await this.#call(work)
      failed = result.kind === 'failed'
      return result
    } finally {
      this.#active--
      // A probe that ended without a word about the outside leaves its place to another.
      if (probing && this.#state === 'half-open') this.#state = 'open'
      // Calls that began together are over together: those who wait must not begin before all of them are counted.
      if (failed) setImmediate(() => this.#next())
      else this.#next()
    }
  }

  /** Gives its place to another, without a call. */
  #leave<T>(result: CallResult<T>): CallResult<T> {
    this.#active--
    if (this.#state === 'half-open') this.#state = 'open'
    this.#next()
    return result
  }

  /** Resolves when the caller may call, with a reason when it may not. */
  async #turn(): Promise<string | undefined> {
    const barred = this.#barred()
    if (barred !== undefined) return barred
    if (this.#active < this.#options.concurrency) {
      this.#active++
      return undefined
    }
    if (this.#queue.length >= this.#options.maxQueued) return 'too many calls are waiting'
    return await this.#wait()
  }

  #wait(): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const timer = setTimeout(
      () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1)
        resolve('no turn within its time: too many calls are under way')
      },
      Math.min(this.#options.queueMs, this.#leftMs()),
    )
    const settle = (refusal?: string) => {
      clearTimeout(timer)
      resolve(refusal)
    }
    const waiting: Waiting = { timer, admit: () => settle(), refuse: settle }
    this.#queue.push(waiting)
    return promise
  }

  /** Why no call may be made now. Lets one through when an open circuit has waited long enough. */
  #barred(): string | undefined {
    if (this.#leftMs() <= shortestMs) return usedUp
    if (this.#state === 'closed') return undefined
    // While calls from before it opened are still under way, there is no place for another.
    const due = this.#now() >= this.#openUntil && this.#active < this.#options.concurrency
    if (this.#state !== 'open' || !due) return `the circuit is open: ${this.#lastError}`
    this.#state = 'half-open'
    return undefined
  }

  async #call<T>(work: (signal: AbortSignal) => Promise<T>): Promise<CallResult<T>> {
    const ms = Math.min(this.#options.timeoutMs, this.#leftMs())
    const over = new AbortController()
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const end = () => {
      over.abort()
      resolve('late')
    }
    let turns = lastTurns
    // What came in while this thread computed is read only now.
    const lastLook = () => void (turns-- > 0 ? setImmediate(lastLook) : end())
    const timer = setTimeout(lastLook, ms)
    try {
      const working = work(over.signal)
      working.catch(() => {})
      const result = await Promise.race([working, late])
      if (result === 'late') return this.#failed(`no answer within ${Math.round(ms)} ms`)
      this.#succeeded()
      return { kind: 'answered', value: result }
    } catch (error) {
      if (error instanceof OutsideFailure) return this.#failed(error.message)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  #succeeded(): void {
    this.#count(false)
    this.#consecutive = 0
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#openMs = 0
    this.#window = { since: this.#now(), calls: 0, failures: 0 }
    this.#options.changed?.('closed')
  }

  #failed(error: string): CallResult<never> {
    this.#count(true)
    this.#consecutive++
    this.#lastError = error
    if (this.#state === 'half-open' || (this.#state === 'closed' && this.#isBroken())) this.#open()
    return { kind: 'failed', error }
  }

  #isBroken(): boolean {
    const { calls, failures } = this.#window
    return this.#consecutive >= consecutiveToOpen || (calls >= rateCalls && failures * 2 >= calls)
  }

  #count(failure: boolean): void {
    const now = this.#now()
    if (now - this.#window.since >= rateWindowMs) this.#window = { since: now, calls: 0, failures: 0 }
    this.#window.calls++
    if (failure) this.#window.failures++
  }

  /** Those who wait are refused too: each would use up its time in turn. */
  #open(): void {
    const first = this.#state === 'closed'
    // A look at it again must stay a small part of the time, also when each look takes long.
    const least = Math.max(firstOpenMs, 4 * this.#options.timeoutMs)
    this.#openMs = Math.min(Math.max(maxOpenMs, least), Math.max(least, this.#openMs * 2))
    this.#openUntil = this.#now() + this.#openMs
    this.#state = 'open'
    for (const waiting of this.#queue.splice(0)) waiting.refuse(`the circuit is open: ${this.#lastError}`)
    if (first) this.#options.changed?.('open', this.#lastError)
  }

  #next(): void {
    if (this.#active >= this.#options.concurrency) return
    const waiting = this.#queue.shift()
    if (waiting === undefined) return
    this.#active++
    waiting.admit()
  }

  #leftMs(): number {
    return (this.#options.deadline?.at ?? Infinity) - this.#now()
  }

  #now(): number {
    return this.#options.clock.monotonic()
  }
}
