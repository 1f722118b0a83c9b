import { attachedAsn } from '../../src/core/enrich/asn-context.ts'
import type { EnrichmentKinds } from '../../src/core/enrich/configuration.ts'
import type { Enrich, EnrichmentContext, EnrichmentResult } from '../../src/core/enrich/enrichment.ts'
import { enrichmentKinds } from '../../src/core/enrich/registry.ts'
import type { EnrichedEvent } from '../../src/core/index.ts'

/** What was seen of one enrichment. */
export interface Watched {
  calls: number
  /** Calls that changed the event, attached something or dropped it. */
  did: number
  failed: number
  /** ms of the main thread's time in one call; where it waited for an answer, with the work of core meanwhile. */
  slowestMs: number
}

/** Of the thread that core runs in: neither services nor neighbours count. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** A bug that a run must find: in each call of the enrichment of this kind. */
export interface Plant {
  readonly name: string
  readonly bug: (event: EnrichedEvent) => void
}

/** Counts what each enrichment does, by the name of its kind. */
export class Watch {
  readonly #plant: Plant | undefined
  /** By all enrichments. Others of the same payload work while one waits. */
  #spentMs = 0
  readonly seen = new Map<string, Watched>()
  /** What took longest since `begin`. */
  slowest: { readonly name: string; readonly ms: number } = nothing

  constructor(plant?: Plant) {
    this.#plant = plant
  }

  begin(): void {
    this.slowest = nothing
  }

  /** All kinds that there are, each enrichment under observation. */
  readonly kinds: EnrichmentKinds = Object.fromEntries(
    Object.entries(enrichmentKinds).map(([name, kind]) => {
      const seen: Watched = { calls: 0, did: 0, failed: 0, slowestMs: 0 }
      this.seen.set(name, seen)
      const create: typeof kind.create = async (config, services) => {
        const made = await kind.create(config, services)
        return 'errors' in made ? made : this.#watched(name, made, seen)
      }
      return [name, { ...kind, create }]
    }),
  )

  #watched(name: string, enrich: Enrich, seen: Watched): Enrich {
    return (event, context) => {
      const before = event.row.slice()
      // The one thing that is changed in place.
      const markedBefore = isMarked(context)
      const began = cpuMs()
      const othersBefore = this.#spentMs
      const settle = (result: EnrichmentResult): EnrichmentResult => {
        const ms = cpuMs() - began - (this.#spentMs - othersBefore)
        this.#spentMs += ms
        seen.calls++
        seen.slowestMs = Math.max(seen.slowestMs, ms)
        if (ms > this.slowest.ms) this.slowest = { name, ms }
        if (result !== undefined && 'failures' in result) seen.failed++
        else if (didSomething(result) || isChanged(event, before) || isMarked(context) !== markedBefore)
          seen.did++
        return result
      }
      if (this.#plant?.name === name) this.#plant.bug(event)
      const result = enrich(event, context)
      return result instanceof Promise ? result.then(settle) : settle(result)
    }
  }
}

const nothing = { name: 'none', ms: 0 }

function didSomething(result: EnrichmentResult): boolean {
  return result !== undefined && (!('length' in result) || result.length > 0)
}

function isChanged({ row }: EnrichedEvent, before: EnrichedEvent['row']): boolean {
  return row.some((value, slot) => value !== before[slot])
}

function isMarked({ derivedContexts }: EnrichmentContext): boolean {
  return attachedAsn(derivedContexts)?.likelyBot === true
}
