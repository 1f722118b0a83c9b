import { Counter, Gauge, type Registry } from 'prom-client'
import type { EnrichmentCost, MillraceEvent } from './events.ts'
import { OpenCircuits } from './open-circuits.ts'

/** What enrichments cost, by their names. Those that ask the outside have the second part. */
export class EnrichmentMetrics {
  readonly #events: Counter<'enrichment'>
  readonly #seconds: Counter<'enrichment'>
  readonly #failures: Counter<'enrichment'>
  readonly #lookups: Counter<'enrichment' | 'result'>
  readonly #callSeconds: Counter<'enrichment'>
  readonly #opened: Counter<'enrichment'>
  readonly #open: Gauge<'enrichment'>
  readonly #circuits = new OpenCircuits()

  constructor(registry: Registry) {
    const by = (name: string, help: string) => ({
      name,
      help,
      labelNames: ['enrichment' as const],
      registers: [registry],
    })
    this.#events = new Counter(by('millrace_enrichment_events_total', 'Events that went through it.'))
    this.#seconds = new Counter(
      by('millrace_enrichment_seconds_total', 'Time in it, waiting included; of a sample, scaled up.'),
    )
    this.#failures = new Counter(
      by('millrace_enrichment_failures_total', 'Events that are bad because of it.'),
    )
    this.#lookups = new Counter({
      name: 'millrace_lookups_total',
      help: 'Questions to the outside: cached, shared with one under way, answered, failed, refused by the circuit.',
      labelNames: ['enrichment', 'result'],
      registers: [registry],
    })
    this.#callSeconds = new Counter(by('millrace_lookup_seconds_total', 'Time of all calls together.'))
    this.#opened = new Counter(by('millrace_circuit_opened_total', 'Times that its circuit opened.'))
    this.#open = new Gauge(by('millrace_circuits_open', 'Threads whose circuit is open now.'))
  }

  count(enrichments: readonly EnrichmentCost[]): void {
    for (const { name: enrichment, events, ms, failures, lookups } of enrichments) {
      this.#events.inc({ enrichment }, events)
      this.#seconds.inc({ enrichment }, ms / 1000)
      this.#failures.inc({ enrichment }, failures)
      if (lookups === undefined) continue
      const { asked, cached, calls, failed, refused, callMs } = lookups
      const shared = Math.max(0, asked - cached - calls - refused)
      for (const [result, number] of Object.entries({
        cached,
        shared,
        answered: calls - failed,
        failed,
        refused,
      }))
        this.#lookups.inc({ enrichment, result }, number)
      this.#callSeconds.inc({ enrichment }, callMs / 1000)
    }
  }

  /** A circuit opens or closes, or is gone with its thread or process. */
  observe(event: MillraceEvent): void {
    this.#circuits.observe(event)
    if (event.type === 'circuit-changed' && event.state === 'open')
      this.#opened.inc({ enrichment: event.enrichment })
    for (const [enrichment, count] of this.#circuits.counts()) this.#open.set({ enrichment }, count)
  }
}
