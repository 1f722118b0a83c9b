import type { Backend } from '../../src/backends/index.ts'
import type { Fleet } from './fleet.ts'
import type { FaultKind, PlannedFault } from './plan.ts'
import type { HeldPut } from './way.ts'

export const backendNames = ['embedded', 'aws-local'] as const
export type BackendName = (typeof backendNames)[number]

/** Does what was planned to those who are there. Resolves with the names of what it hit. */
export type Act = (planned: PlannedFault, fleet: Fleet) => Promise<readonly string[]>

/** Where the pipeline of a campaign keeps its streams and leases, and what can go wrong with them. */
export interface Site {
  /** For the processes' configuration; what is not said is as everybody has it. */
  readonly configuration: string
  readonly leaseMs: number
  /** What may happen here besides what happens to processes. */
  readonly acts: Readonly<Partial<Record<FaultKind, Act>>>
  /** Why something that others can do cannot be done here and now. */
  readonly missing: readonly string[]
  /**
   * Where nothing may come twice: in the stream itself, or after the bundled reader. There a request may also take effect
   * after its sender has given it up: a producer's records may come twice, and those of one batch in another order.
   */
  readonly once: 'in-stream' | 'after-reader'
  /** Raw records in one batch of a worker at most. */
  readonly batchRecords: number
  /** How long a fault of this place is felt after it is over. */
  readonly aftermathMs: number
  /** Puts that were passed on later than their senders may reckon with. */
  readonly heldPuts: readonly HeldPut[]
  /** For a process that is about to start. */
  environmentOf(name: string): Promise<Readonly<Record<string, string>>>
  /** A way to streams and leases on which nothing goes wrong. Whoever opens it closes it. */
  open(): Backend
  /** No fault from here on. Resolves when everything that is under way has arrived. */
  calm(): Promise<void>
  /** Ends everything, and leaves no file behind unless it is told to `keep` them. At once: it may be the last thing that is done. */
  end(keep: boolean): void
}
