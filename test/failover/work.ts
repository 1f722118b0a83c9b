import type { WorkOnShard } from '../../src/leases/index.ts'

/** Works until it is told to stop. */
export const untilDrained: WorkOnShard = async ({ draining, lost }) => {
  const stop = AbortSignal.any([draining, lost])
  if (!stop.aborted) await new Promise<void>(resolve => stop.addEventListener('abort', () => resolve()))
  return lost.aborted ? 'lost' : 'drained'
}
