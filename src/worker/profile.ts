import type { Profiler } from '../core/index.ts'
import type { Clock } from '../lib/index.ts'
import type { LookupMeasure } from '../lookups/index.ts'
import type { EnrichmentCost } from '../observe/index.ts'

/** One event in so many is timed: looking at the clock around each step costs more than many a step. */
const usualSample = 16

/** Counts what enrichments cost in one thread. */
export class EnrichmentProfile implements Profiler {
  readonly #clock: Clock
  readonly #sampleEvery: number
  readonly #costs = new Map<string, { ms: number; failures: number }>()
  #seen = 0
  #events = 0

  constructor(clock: Clock, sampleEvery = usualSample) {
    this.#clock = clock
    this.#sampleEvery = sampleEvery
  }

  next(): boolean {
    this.#events++
    return ++this.#seen % this.#sampleEvery === 0
  }

  now(): number {
    return this.#clock.monotonic()
  }

  took(enrichment: string, ms: number): void {
    this.#cost(enrichment).ms += ms * this.#sampleEvery
  }

  failed(enrichment: string): void {
    this.#cost(enrichment).failures++
  }

  /** What was counted since the last time, of these enrichments. */
  take(names: readonly string[], lookups: readonly LookupMeasure[]): EnrichmentCost[] {
    const events = this.#events
    this.#events = 0
    const idle = events === 0 && lookups.length === 0
    const costs = (idle ? [] : names).map(name => ({
      name,
      events,
      ms: 0,
      failures: 0,
      ...this.#costs.get(name),
    }))
    this.#costs.clear()
    return costs.map(cost => {
      const lookup = lookups.find(({ name }) => name === cost.name)
      if (lookup === undefined) return cost
      const { name: _, ...measured } = lookup
      return { ...cost, lookups: measured }
    })
  }

  #cost(enrichment: string): { ms: number; failures: number } {
    const cost = this.#costs.get(enrichment) ?? { ms: 0, failures: 0 }
    this.#costs.set(enrichment, cost)
    return cost
  }
}
