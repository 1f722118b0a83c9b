import type { Clock } from '../lib/index.ts'
import type { Observe } from '../observe/index.ts'

/** What every part of a running process is handed. */
export interface ServiceParts {
  readonly clock: Clock
  readonly observe: Observe
  /** Aborts when the process is told to stop. Until then its start is tried again; once only where somebody else does that. */
  readonly stopping?: AbortSignal
}
