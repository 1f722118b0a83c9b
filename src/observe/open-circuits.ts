import type { MillraceEvent } from './events.ts'

/** How many circuits of each enrichment are open: one in each thread, of one process or of many. */
export class OpenCircuits {
  readonly #open = new Map<string, number>()

  observe(event: MillraceEvent): void {
    if (event.type === 'circuit-changed') this.#change(event.enrichment, event.state === 'open' ? 1 : -1)
    // What ends takes its circuits along, and those of others stay as they are.
    if (event.type === 'thread-restarted' || event.type === 'process-ended')
      for (const enrichment of event.openCircuits ?? []) this.#change(enrichment, -1)
  }

  /** Every enrichment of which a circuit is open, or was. */
  counts(): ReadonlyMap<string, number> {
    return this.#open
  }

  /** The enrichment of each open circuit, once for each. */
  names(): string[] {
    return [...this.#open].flatMap(([enrichment, count]) => Array.from({ length: count }, () => enrichment))
  }

  #change(enrichment: string, by: number): void {
    this.#open.set(enrichment, Math.max(0, (this.#open.get(enrichment) ?? 0) + by))
  }
}
