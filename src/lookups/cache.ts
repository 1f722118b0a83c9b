import { LRUCache } from 'lru-cache'
import type { Answer, CacheOptions } from '../core/index.ts'

interface Entry<T> {
  readonly answer: Answer<T>
  readonly until: number
  /** The last good answer, when this one is an error. */
  readonly known?: Answer<T>
}

// Whatever a configuration says: every thread has a cache of its own, and room for all answers is taken at once.
const maxAnswers = 100_000
const maxCharacters = 64 * 1024 * 1024

/** An answer, and whether it is one to remember. */
export interface Asked<T> {
  readonly answer: Answer<T>
  readonly keep: boolean
}

/**
 * Answers by key. An error is kept for a shorter time, and for that time the last good answer is given in its place.
 * Of several who ask for one key at once, one asks the outside. The last good answer is remembered after its time too,
 * until the cache is full.
 */
export class AnswerCache<T> {
  readonly #options: CacheOptions
  readonly #entries: LRUCache<string, Entry<T>>
  readonly #underWay = new Map<string, Promise<Answer<T>>>()

  constructor(options: CacheOptions) {
    this.#options = options
    this.#entries = new LRUCache({
      max: Math.min(maxAnswers, Math.max(1, options.size)),
      maxSize: maxCharacters,
      sizeCalculation: ({ answer }, key) => key.length + JSON.stringify(answer).length,
    })
  }

  /** What is known and still good at this time. */
  get(key: string, now: number): Answer<T> | undefined {
    if (this.#options.size === 0) return undefined
    const entry = this.#entries.get(key)
    return entry !== undefined && now < entry.until ? (entry.known ?? entry.answer) : undefined
  }

  /** Asks, unless somebody is asking already. `now` is looked at when the answer is there. */
  fetch(key: string, ask: () => Promise<Asked<T>>, now: () => number): Promise<Answer<T>> {
    const asking = this.#underWay.get(key)
    if (asking !== undefined) return asking
    const answer = ask()
      .then(found => (found.keep ? this.#keep(key, found.answer, now()) : found.answer))
      .finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, answer)
    return answer
  }

  /** The last good answer, however old. */
  known(key: string): Answer<T> | undefined {
    const entry = this.#entries.peek(key)
    if (entry === undefined) return undefined
    return 'value' in entry.answer ? entry.answer : entry.known
  }

  #keep(key: string, answer: Answer<T>, now: number): Answer<T> {
    if (this.#options.size === 0) return answer
    if ('value' in answer) {
      this.#entries.set(key, { answer, until: now + this.#options.ttlMs })
      return answer
    }
    const known = this.known(key)
    const until = now + this.#options.errorTtlMs
    this.#entries.set(key, { answer, until, ...(known !== undefined && { known }) })
    return known ?? answer
  }
}
