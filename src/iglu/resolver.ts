import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type Clock, MillraceError } from '../lib/index.ts'
import { Attempts, type Failure } from './attempts.ts'
import { Breaker, retryDelayMs } from './breaker.ts'
import { type CompiledSchema, compileSchema } from './compile.ts'
import type { ResolutionError } from './iglu-error.ts'
import { Patience } from './patience.ts'
import { orderRegistries, refuseDuplicateNames } from './registry-order.ts'
import type { Registry, RegistryAnswer } from './registry.ts'
import { ScopeProbe } from './scope-probe.ts'
import { compareVersions, isVersion, type SchemaKey, schemaKey } from './schema-key.ts'

export type SchemaLookup =
  | { readonly kind: 'found'; readonly schema: CompiledSchema }
  | { readonly kind: 'missing'; readonly error: ResolutionError }

/** A registry cannot be reached, or can be reached again. */
export type RegistryNews =
  | { readonly registry: string; readonly error: string }
  | { readonly registry: string; readonly outageMs: number }

export interface SchemaResolverOptions {
  readonly registries: readonly Registry[]
  readonly clock: Clock
  /** Schemas kept, each compiled: some 20 kB of memory. */
  readonly cacheSize?: number
  /** How long a schema is good before it is asked for again; for ever when absent. */
  readonly cacheTtlMs?: number
  /** How long "there is no such schema" is believed. */
  readonly missingTtlMs?: number
  /**
   * When a registry is down and no other has the schema: `wait` rejects with a retryable error, so that nothing is
   * judged by a schema that may exist; `badRow` answers `missing` at once, as Snowplow Enrich 3 does.
   */
  readonly onOutage?: 'wait' | 'badRow'
  /** The longest time between two questions to a registry that is down. */
  readonly maxRetryMs?: number
  readonly tell?: (news: RegistryNews) => void
}

const defaults = {
  // Snowplow's usual value.
  cacheSize: 500,
  // A schema that is published after the first events that need it should not need a restart.
  missingTtlMs: 60_000,
}

// Missing schemas have a cache of their own: a flood of made-up names must not push real schemas out.
const missingCacheSize = 2000

// While events wait for a registry, its return should be noticed soon. While they become bad rows, as in Snowplow
// Enrich 3, asking rarely spares the registry.
const defaultMaxRetryMs = { wait: 60_000, badRow: 20 * 60_000 }

// A registry that answers other questions and fails for one schema. Well below the time that a batch may take.
const maxSchemaAttempts = 3
const maxSchemaWaitMs = 10_000

interface KnownSchema {
  readonly lookup: SchemaLookup
  /** Of the document, to tell whether a refresh brought another one. */
  readonly digest: string
  /** Monotonic. Afterwards it is asked for again, and still used if that fails. */
  readonly freshUntil: number
}

interface MissingSchema {
  readonly attempts: Attempts
  /** Absent when a registry is down and events should wait. */
  readonly lookup?: SchemaLookup
  readonly freshUntil: number
}

/**
 * Finds schemas in several registries, and keeps them compiled.
 *
 * A schema is *known* (found before; refreshed after `cacheTtlMs`, and kept whatever the refresh brings but another
 * schema), *missing* (every registry said no; asked for again after `missingTtlMs`), or *in doubt* (a registry is down
 * and the others said no; asked for again after a growing delay). Any number of callers share one search for one key.
 *
 * A registry that answers other questions and fails for one schema only has said no, after a few attempts: whoever
 * names that schema would hold up everybody else otherwise.
 */
export class SchemaResolver {
  readonly #registries: readonly Registry[]
  readonly #clock: Clock
  readonly #cacheTtlMs: number
  readonly #missingTtlMs: number
  readonly #maxRetryMs: number
  readonly #onOutage: 'wait' | 'badRow'
  readonly #known: LRUCache<string, KnownSchema>
  readonly #missing = new LRUCache<string, MissingSchema>({ max: missingCacheSize })
  readonly #searches = new Map<string, Promise<SchemaLookup>>()
  readonly #breakers: ReadonlyMap<Registry, Breaker>
  readonly #probe = new ScopeProbe()
  readonly #patience = new Patience()
  readonly #tell: (news: RegistryNews) => void
  /** Registries whose last answer was none. */
  readonly #downSince = new Map<string, number>()

  constructor(options: SchemaResolverOptions) {
    refuseDuplicateNames(options.registries)
    this.#registries = options.registries
    this.#clock = options.clock
    this.#cacheTtlMs = options.cacheTtlMs ?? Infinity
    this.#missingTtlMs = options.missingTtlMs ?? defaults.missingTtlMs
    this.#onOutage = options.onOutage ?? 'wait'
    this.#maxRetryMs = options.maxRetryMs ?? defaultMaxRetryMs[this.#onOutage]
    this.#known = new LRUCache({ max: Math.max(1, options.cacheSize ?? defaults.cacheSize) })
    this.#tell = options.tell ?? (() => {})
    this.#breakers = new Map(options.registries.map(registry => [registry, new Breaker(this.#maxRetryMs)]))
  }

  /**
   * Answers at once what it already knows, and otherwise by a promise. The promise rejects with a retryable error while
   * nobody can tell whether the schema exists; ask again after a while.
   */
  lookup(key: SchemaKey): SchemaLookup | Promise<SchemaLookup> {
    const known = this.#known.get(key.uri)
    if (known !== undefined && this.#isFresh(known.freshUntil)) return known.lookup
    if (known === undefined) {
      const missing = this.#missing.get(key.uri)
      if (missing?.lookup !== undefined && this.#isFresh(missing.freshUntil)) return missing.lookup
    }
    return this.#searches.get(key.uri) ?? this.#startSearch(key)
  }

  /** Most schemas are good for ever, and then no clock is read. */
  #isFresh(until: number): boolean {
    return until === Infinity || this.#clock.monotonic() < until
  }

  #startSearch(key: SchemaKey): Promise<SchemaLookup> {
    const search = this.#search(key).finally(() => this.#searches.delete(key.uri))
    this.#searches.set(key.uri, search)
    return search
  }

  async #search(key: SchemaKey): Promise<SchemaLookup> {
    const attempts = this.#missing.get(key.uri)?.attempts ?? new Attempts()
    const startedAt = this.#clock.monotonic()
    // A schema in use need not wait for its refresh.
    const patient = this.#onOutage === 'wait' && !this.#known.has(key.uri)
    for (let left = maxSchemaAttempts - 1; ; left--) {
      const isLast = () => left <= 0 || this.#clock.monotonic() - startedAt >= maxSchemaWaitMs
      const found = await this.#askAll(key, attempts, patient ? isLast : undefined)
      if (found !== undefined) return found
      if (!patient || left <= 0 || !attempts.isToBeContinued) return this.#withoutSchema(key, attempts)
      await this.#clock.sleep(retryDelayMs(maxSchemaAttempts - left, this.#maxRetryMs))
    }
  }

  /** `isLast` tells whether a failure that concerns this schema only is final; absent: it never is. */
  async #askAll(
    key: SchemaKey,
    attempts: Attempts,
    isLast: (() => boolean) | undefined,
  ): Promise<SchemaLookup | undefined> {
    for (const registry of orderRegistries(this.#registries, key.vendor)) {
      const now = this.#clock.monotonic()
      if (!attempts.isDue(registry.name, now)) continue
      const message = this.#breakers.get(registry)?.openBecause(now)
      if (message !== undefined) {
        attempts.addUnasked(registry.name, message, this.#clock.now())
        continue
      }
      const answer = await this.#ask(registry, key)
      if (answer.kind === 'found') return this.#keep(key, answer.schema, answer.supersededBy)
      this.#note(attempts, registry, answer, isLast)
    }
    return undefined
  }

  async #ask(registry: Registry, key: SchemaKey): Promise<Failure | Found> {
    const answer = await this.#askOnce(registry, key)
    if (answer.kind !== 'found') return answer
    const supersededBy = supersedingVersion(answer.schema, key)
    if (supersededBy === undefined) return answer
    if (typeof supersededBy !== 'string') return supersededBy
    const { vendor, name, format } = key
    const superseding = await this.#askOnce(registry, schemaKey(vendor, name, supersededBy, format))
    return superseding.kind === 'found' ? { ...superseding, supersededBy } : superseding
  }

  async #askOnce(registry: Registry, key: SchemaKey): Promise<RegistryAnswer> {
    const said = await registry.lookup(key)
    const answer = said.kind === 'down' ? await this.#probe.withScope(registry, key, said) : said
    if (answer.kind === 'found') this.#probe.remember(registry, key)
    this.#learn(registry, answer)
    return answer
  }

  #learn(registry: Registry, answer: RegistryAnswer): void {
    const now = this.#clock.monotonic()
    const breaker = this.#breakers.get(registry)
    const outage = answer.kind === 'down' && answer.scope === 'registry' ? answer.message : undefined
    if (outage === undefined) breaker?.answered()
    else breaker?.failed(now, outage)
    this.#tellOf(registry.name, outage, now)
  }

  #tellOf(registry: string, outage: string | undefined, now: number): void {
    const since = this.#downSince.get(registry)
    if (outage !== undefined && since === undefined) {
      this.#downSince.set(registry, now)
      this.#tell({ registry, error: outage })
    } else if (outage === undefined && since !== undefined) {
      this.#downSince.delete(registry)
      this.#tell({ registry, outageMs: now - since })
    }
  }

  #note(attempts: Attempts, registry: Registry, failure: Failure, isLast: (() => boolean) | undefined): void {
    const isCounted = isLast !== undefined && failure.kind === 'down' && failure.scope === 'schema'
    const now = this.#clock.monotonic()
    const { name } = registry
    const isFinal = isCounted && (isLast() || attempts.wasGivenUp(name) || this.#patience.isSpent(name, now))
    if (isFinal) this.#patience.gaveUp(name, now)
    const uncounted = () => this.#retryMs(attempts, registry, failure)
    const retryMs = isFinal ? this.#missingTtlMs : isCounted ? 0 : uncounted()
    attempts.add(name, failure, {
      at: this.#clock.now(),
      retryAt: now + retryMs,
      isFinal,
    })
  }

  #retryMs(attempts: Attempts, registry: Registry, failure: Failure): number {
    if (failure.kind !== 'down') return this.#missingTtlMs
    // The breaker decides when a registry that cannot be reached is asked again, for all schemas at once.
    if (failure.scope === 'registry') return 0
    return retryDelayMs(attempts.count(registry.name) + 1, this.#maxRetryMs)
  }

  #keep(key: SchemaKey, document: unknown, supersededBy: string | undefined): SchemaLookup {
    const digest = createHash('sha256')
      .update(JSON.stringify([document, supersededBy]))
      .digest('base64')
    const known = this.#known.get(key.uri)
    const lookup: SchemaLookup =
      known?.digest === digest
        ? known.lookup
        : { kind: 'found', schema: compileSchema(key, document, supersededBy) }
    this.#known.set(key.uri, { lookup, digest, freshUntil: this.#clock.monotonic() + this.#cacheTtlMs })
    this.#missing.delete(key.uri)
    return lookup
  }

  /** The decision when no registry gave the schema this time. */
  #withoutSchema(key: SchemaKey, attempts: Attempts): SchemaLookup {
    const retryAt = Math.max(attempts.nextRetryAt, this.#clock.monotonic() + minRetryMs)
    const known = this.#known.get(key.uri)
    if (known !== undefined) {
      this.#missing.set(key.uri, { attempts, freshUntil: retryAt })
      this.#known.set(key.uri, { ...known, freshUntil: retryAt })
      return known.lookup
    }
    const { outages } = attempts
    if (outages.length > 0 && this.#onOutage === 'wait') {
      this.#missing.set(key.uri, { attempts, freshUntil: retryAt })
      throw new MillraceError(
        'iglu',
        `looking up ${key.uri} failed: no answer from ${outages.join(' and ')}, and no other registry has it; will be tried again`,
        { retryable: true, cause: attempts.toError() },
      )
    }
    const lookup: SchemaLookup = { kind: 'missing', error: attempts.toError() }
    this.#missing.set(key.uri, { attempts, lookup, freshUntil: retryAt })
    return lookup
  }
}

// What a search decides holds at least this long, so that a schema in doubt cannot cause a search for every event.
const minRetryMs = 500

interface Found {
  readonly kind: 'found'
  readonly schema: unknown
  readonly supersededBy?: string
}

/** The version that a schema says replaces it; a refusal when that makes no sense. */
function supersedingVersion(document: unknown, key: SchemaKey): string | Failure | undefined {
  if (typeof document !== 'object' || document === null || !('$supersededBy' in document)) return undefined
  const version = document.$supersededBy
  if (version === null) return undefined
  if (typeof version !== 'string' || !isVersion(version)) {
    const message = `Error while trying to decode superseding version: ${JSON.stringify(version)}`
    return { kind: 'refused', error: 'ClientFailure', message }
  }
  if (compareVersions(version, key.version) > 0) return version
  const path = key.uri.slice('iglu:'.length)
  const message = `Superseding version ${version} isn't greater than the version of schema ${path}`
  return { kind: 'refused', error: 'ClientFailure', message }
}
