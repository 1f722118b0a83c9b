import type { EnrichmentCost, LookupCost, MillraceEvent } from './events.ts'
import { OpenCircuits } from './open-circuits.ts'

/** What an enrichment has cost since the start, in all threads together. */
export interface EnrichmentStatus {
  readonly name: string
  readonly events: number
  readonly ms: number
  readonly failures: number
  /** Of those that ask the outside. */
  readonly lookups?: Pick<LookupCost, 'asked' | 'cached' | 'calls' | 'failed' | 'refused' | 'callMs'>
  /** Threads whose circuit is open. */
  readonly openCircuits: number
}

type Total = Omit<EnrichmentStatus, 'openCircuits'>

/** Adds up what enrichments cost. */
export class CostBoard {
  readonly #totals = new Map<string, Total>()
  readonly #circuits = new OpenCircuits()

  observe(event: MillraceEvent): void {
    if (event.type === 'enrichments-measured') for (const cost of event.enrichments) this.#add(cost)
    this.#circuits.observe(event)
    if (event.type === 'circuit-changed') this.#totals.set(event.enrichment, this.#of(event.enrichment))
  }

  /** The dearest first. */
  snapshot(): EnrichmentStatus[] {
    const open = this.#circuits.counts()
    return Array.from(this.#totals.values(), total => ({
      ...total,
      openCircuits: open.get(total.name) ?? 0,
    })).sort((a, b) => b.ms - a.ms)
  }

  #add({ name, events, ms, failures, lookups }: EnrichmentCost): void {
    const total = this.#of(name)
    const both = lookups === undefined ? total.lookups : sum(total.lookups, lookups)
    this.#totals.set(name, {
      ...total,
      events: total.events + events,
      ms: total.ms + ms,
      failures: total.failures + failures,
      ...(both !== undefined && { lookups: both }),
    })
  }

  #of(name: string): Total {
    return this.#totals.get(name) ?? { name, events: 0, ms: 0, failures: 0 }
  }
}

type Lookups = NonNullable<EnrichmentStatus['lookups']>

function sum(a: Lookups | undefined, b: Lookups): Lookups {
  return {
    asked: (a?.asked ?? 0) + b.asked,
    cached: (a?.cached ?? 0) + b.cached,
    calls: (a?.calls ?? 0) + b.calls,
    failed: (a?.failed ?? 0) + b.failed,
    refused: (a?.refused ?? 0) + b.refused,
    callMs: (a?.callMs ?? 0) + b.callMs,
  }
}
