import type { CircuitState } from './circuit.ts'

/** What the lookups of one enrichment did since the last look. */
export interface Tally {
  /** Questions of events. */
  asked: number
  /** Of these, answered from the cache. The rest shared a call that was under way, or made one. */
  cached: number
  calls: number
  /** Calls without a usable answer. */
  failed: number
  /** Calls that the circuit did not let through. */
  refused: number
  /** Of all calls together, waiting for their turn included. */
  callMs: number
}

export interface LookupMeasure extends Readonly<Tally> {
  readonly name: string
  readonly circuit: CircuitState
}

export function newTally(): Tally {
  return { asked: 0, cached: 0, calls: 0, failed: 0, refused: 0, callMs: 0 }
}
