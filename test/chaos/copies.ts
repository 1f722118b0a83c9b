import type { Fault } from './faults.ts'
import type { LogLine } from './log.ts'
import type { Written } from './oracle.ts'
import { nameOutput, type HeldPut } from './way.ts'

/** An output that lies in its stream more than once. */
export interface Copied {
  readonly copies: readonly Written[]
  /** What made it. */
  readonly cause: Cause
  /** For a person. */
  readonly why: string
}

/** `unexplained`: nothing that happened may have made it, so that it is a bug. */
export type Cause = 'late request' | 'frozen before the socket' | 'nobody could look' | 'unexplained'

export interface CopyEvidence {
  readonly written: readonly Written[]
  readonly heldPuts: readonly HeldPut[]
  readonly lines: readonly LogLine[]
  readonly faults: readonly Fault[]
  /** Requests that take effect within this time of being sent are no excuse. */
  readonly settleMs: number
}

/** Finds what lies in the output streams twice, and what made it so. */
export function findCopies(evidence: CopyEvidence): Copied[] {
  const byPlace = Map.groupBy(
    evidence.written.filter(({ from }) => from !== undefined),
    ({ stream, from }) => `${stream} ${from?.shardId}/${from?.sequence}/${from?.index}/${from?.output}`,
  )
  const late = new Map<string, HeldPut>()
  for (const put of evidence.heldPuts) {
    if (put.heldMs > evidence.settleMs) for (const output of put.outputs) late.set(output, put)
  }
  return [...byPlace.values()]
    .filter(copies => copies.length > 1)
    .map(copies => ({ copies, ...causeOf(copies, late, evidence) }))
}

function causeOf(
  copies: readonly Written[],
  late: ReadonlyMap<string, HeldPut>,
  { lines, faults }: CopyEvidence,
): Pick<Copied, 'cause' | 'why'> {
  const [put] = copies.flatMap(({ from }) => (from === undefined ? [] : (late.get(nameOutput(from)) ?? [])))
  if (put !== undefined) {
    const what = put.fault === 'none' ? 'a pause' : put.fault
    return { cause: 'late request', why: `${put.process}: ${what} held it for ${Math.round(put.heldMs)} ms` }
  }
  const writers = copies.map(({ from }) => writerOf(from, lines))
  const frozen = faults.find(
    ({ kind, from, to, hit }) =>
      (kind === 'freeze-worker' || kind === 'pause-worker') &&
      copies.some(
        ({ arrivedAt }, i) => hit.includes(writers[i] ?? '') && arrivedAt >= from && arrivedAt <= to + wakeMs,
      ),
  )
  if (frozen !== undefined) {
    return {
      cause: 'frozen before the socket',
      why: `${frozen.hit.join(', ')} stood still for ${frozen.to - frozen.from} ms`,
    }
  }
  const [{ from } = {}] = copies
  const skipped = lines.find(
    ({ event, shardId }) => event === 'recovery-skipped' && shardId === from?.shardId,
  )
  if (skipped !== undefined)
    return { cause: 'nobody could look', why: `${skipped.process}: ${skipped.reason}` }
  return { cause: 'unexplained', why: `written by ${writers.join(' and ')}` }
}

/** What a process sends at once when it wakes up. */
const wakeMs = 1000

/** Whose take it was. */
function writerOf(from: Written['from'], lines: readonly LogLine[]): string {
  const taken = lines.find(
    ({ event, shardId, epoch }) =>
      event === 'lease-taken' && shardId === from?.shardId && epoch === from.epoch,
  )
  return taken?.process ?? 'somebody'
}
