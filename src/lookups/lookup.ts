import type { Answer, CacheOptions, Lookup } from '../core/index.ts'
import type { Clock } from '../lib/index.ts'
import { AnswerCache, type Asked } from './cache.ts'
import type { Circuit } from './circuit.ts'
import type { Tally } from './tally.ts'

export interface OutsideLookupOptions<Q, T> {
  readonly cache: CacheOptions
  readonly circuit: Circuit
  readonly tally: Tally
  readonly clock: Clock
  /** Asks the outside. Throws an OutsideFailure where that says nothing about the question. */
  readonly call: (question: Q, signal: AbortSignal) => Promise<Answer<T>>
}

/** Cache → circuit → call. */
export class OutsideLookup<Q, T> implements Lookup<Q, T> {
  readonly #options: OutsideLookupOptions<Q, T>
  readonly #cache: AnswerCache<T>
  readonly #now: () => number

  constructor(options: OutsideLookupOptions<Q, T>) {
    this.#options = options
    this.#cache = new AnswerCache(options.cache)
    this.#now = () => options.clock.monotonic()
  }

  ask(key: string, question: Q): Answer<T> | Promise<Answer<T>> {
    const { tally } = this.#options
    tally.asked++
    const known = this.#cache.get(key, this.#now())
    if (known !== undefined) {
      tally.cached++
      return known
    }
    return this.#cache.fetch(key, () => this.#call(key, question), this.#now)
  }

  /** What was not asked says nothing to remember. */
  async #call(key: string, question: Q): Promise<Asked<T>> {
    const { circuit, call, tally } = this.#options
    const began = this.#now()
    const result = await circuit.run(signal => call(question, signal))
    if (result.kind === 'refused') {
      tally.refused++
      return { answer: this.#cache.known(key) ?? { error: result.error }, keep: false }
    }
    tally.calls++
    tally.callMs += this.#now() - began
    const answer = result.kind === 'answered' ? result.value : { error: result.error }
    if ('error' in answer) tally.failed++
    return { answer, keep: true }
  }
}
