/** Measures what enrichments cost. Core has no clock: whoever builds it hands one in, or nothing is measured. */
export interface Profiler {
  /** Called once for each event; true: this one is timed. */
  next(): boolean
  /** Milliseconds from some fixed point. */
  now(): number
  took(enrichment: string, ms: number): void
  failed(enrichment: string): void
}
