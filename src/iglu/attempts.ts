import type { LookupHistory, RegistryError, ResolutionError } from './iglu-error.ts'
import type { RegistryAnswer } from './registry.ts'

/** Any answer but the schema itself. */
export type Failure = Exclude<RegistryAnswer, { readonly kind: 'found' }>

export interface AttemptTimes {
  /** Wall clock, for people. */
  readonly at: number
  /** Monotonic: not to be asked again before. */
  readonly retryAt: number
  /** The registry failed for this schema only, and often enough: that is its answer. */
  readonly isFinal?: boolean
}

// A registry that fails in ever new words should not fill the memory.
const maxErrors = 32

/** What one registry has said about one schema so far, if it did not give it. */
interface Attempt {
  readonly errors: ReadonlyMap<string, RegistryError>
  readonly attempts: number
  readonly at: number
  readonly retryAt: number
  /** Why there was no answer, last time: the schema may be there. */
  readonly outage: string | undefined
  readonly scope: 'schema' | 'registry' | undefined
}

/** What all registries have said about one schema so far. */
export class Attempts {
  readonly #byRegistry = new Map<string, Attempt>()

  /** Whether the registry should be asked (again). */
  isDue(registry: string, monotonic: number): boolean {
    const attempt = this.#byRegistry.get(registry)
    return attempt === undefined || monotonic >= attempt.retryAt
  }

  count(registry: string): number {
    return this.#byRegistry.get(registry)?.attempts ?? 0
  }

  /** Whether its last failure was final. */
  wasGivenUp(registry: string): boolean {
    const attempt = this.#byRegistry.get(registry)
    return attempt?.scope === 'schema' && attempt.outage === undefined
  }

  /** Whether a registry failed for this schema only, and not yet often enough to believe it. */
  get isToBeContinued(): boolean {
    return [...this.#byRegistry.values()].some(
      ({ outage, scope }) => scope === 'schema' && outage !== undefined,
    )
  }

  add(registry: string, failure: Failure, { at, retryAt, isFinal = false }: AttemptTimes): void {
    const known = this.#byRegistry.get(registry)
    const error = errorOf(failure)
    const errors = new Map(known?.errors)
    if (errors.size < maxErrors) errors.set(JSON.stringify(error), error)
    const attempts = (known?.attempts ?? 0) + 1
    const outage = failure.kind === 'down' && !isFinal ? failure.message : undefined
    const scope = failure.kind === 'down' ? failure.scope : undefined
    this.#byRegistry.set(registry, { errors, attempts, at, retryAt, outage, scope })
  }

  /** The registry is known to be out of reach, so it was left alone. May be asked at any time. */
  addUnasked(registry: string, message: string, at: number): void {
    const known = this.#byRegistry.get(registry)
    const error: RegistryError = { error: 'RepoFailure', message }
    const errors = known?.errors ?? new Map([[JSON.stringify(error), error]])
    const attempts = known?.attempts ?? 0
    const retryAt = -Infinity
    const all = { errors, attempts, at: known?.at ?? at, retryAt, outage: message }
    this.#byRegistry.set(registry, { ...all, scope: 'registry' })
  }

  /** The registries that gave no answer, each with the reason. */
  get outages(): readonly string[] {
    const all = [...this.#byRegistry]
    return all.flatMap(([registry, { outage }]) => (outage === undefined ? [] : `${registry} (${outage})`))
  }

  /** Monotonic: when the first registry is due. */
  get nextRetryAt(): number {
    return Math.min(...[...this.#byRegistry.values()].map(({ retryAt }) => retryAt))
  }

  toError(): ResolutionError {
    const names = [...this.#byRegistry.keys()].toSorted()
    return { error: 'ResolutionError', lookupHistory: names.flatMap(name => this.#history(name)) }
  }

  #history(repository: string): readonly LookupHistory[] {
    const attempt = this.#byRegistry.get(repository)
    if (attempt === undefined) return []
    const { errors, attempts, at } = attempt
    return [{ repository, errors: [...errors.values()], attempts, lastAttempt: new Date(at).toISOString() }]
  }
}

function errorOf(failure: Failure): RegistryError {
  if (failure.kind === 'notFound') return { error: 'NotFound' }
  const error = failure.kind === 'refused' ? failure.error : 'RepoFailure'
  return { error, message: failure.message }
}
