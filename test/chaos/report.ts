import type { Outcome } from './campaign.ts'
import type { Copied } from './copies.ts'
import type { DeployOutcome } from './deploy.ts'
import type { Fault } from './faults.ts'
import { percentile, type Handover } from './handover.ts'
import type { LogLine } from './log.ts'
import type { Wrong } from './oracle.ts'

const rounded = (value: number | undefined) => (value === undefined ? null : Math.round(value))

const undisturbed = (some: readonly Handover[]) => some.filter(({ disturbed }) => !disturbed)

/** What a machine wants to know: the last line with --json. */
export function summarize(outcome: Outcome, seed: number) {
  const { logs, wrong, copies, faults, surprises, handovers } = outcome
  const count = (what: Wrong['what']) => wrong.filter(found => found.what === what).length
  const arrived = (stream: 'good' | 'bad') => logs.written.filter(record => record.stream === stream).length
  const crashes = handovers.filter(({ cause }) => cause === 'crash')
  const planned = handovers.filter(({ cause }) => cause !== 'crash')
  const at = (some: readonly Handover[], share: number) =>
    rounded(
      percentile(
        some.map(({ ms }) => ms),
        share,
      ),
    )
  const gaps = undisturbed(planned).flatMap(({ gapMs }) => gapMs ?? [])
  return {
    sent: logs.sent.size,
    accepted: [...logs.sent.values()].filter(({ fate }) => fate === 'accepted').length,
    good: arrived('good'),
    bad: arrived('bad'),
    lost: count('lost'),
    duplicated: count('duplicated'),
    outOfOrder: count('outOfOrder'),
    misplaced: count('misplaced'),
    duplicatedInStream: copies.reduce((sum, found) => sum + found.copies.length - 1, 0),
    duplicateCauses: countBy(copies.map(({ cause }) => cause)),
    faults: faults.length,
    takeoverMsP50: at(undisturbed(crashes), 0.5),
    takeoverMsP99: at(undisturbed(crashes), 0.99),
    takeovers: undisturbed(crashes).length,
    takeoverDisturbedMsP99: at(crashes, 0.99),
    takeoversDisturbed: crashes.length - undisturbed(crashes).length,
    handoverMsP50: at(undisturbed(planned), 0.5),
    handoverMsP99: at(undisturbed(planned), 0.99),
    handoverGapMsP99: rounded(percentile(gaps, 0.99)),
    handovers: undisturbed(planned).length,
    handoverStopMsP99: at(undisturbed(planned.filter(({ cause }) => cause === 'stop')), 0.99),
    handoverAskMsP99: at(undisturbed(planned.filter(({ cause }) => cause === 'ask')), 0.99),
    handoverDisturbedMsP99: at(planned, 0.99),
    unexpectedExits: surprises.length,
    seed,
    byKind: countBy(faults.map(({ kind }) => kind)),
  }
}

/** The same of a deploy, in which nothing else happened. */
export function summarizeDeploy(outcome: DeployOutcome, seed: number) {
  const { faults, byKind: _, seed: __, ...summary } = summarize(outcome, seed)
  const { lag, deployMs } = outcome
  return {
    ...summary,
    lagMsP50: lag.p50,
    lagMsP99: lag.p99,
    lagMsMax: lag.max,
    deploys: faults,
    deployMs,
    seed,
  }
}

/** What a person wants to know when something is wrong: what, where it lies, and what went on around that time. */
export function explain({ wrong, copies, faults, surprises, lines }: Outcome, most = 20): string[] {
  return [
    ...surprises.map(({ at, name, exit }) => `${clockTime(at)}  ${name} ended by itself: ${exit}`),
    ...explainCopies(copies).slice(0, most),
    ...wrong.slice(0, most).flatMap(found => explainOne(found, faults, lines)),
    ...(wrong.length > most ? [`… and ${wrong.length - most} more`] : []),
  ]
}

/** The hand-overs that took longest, with what went on meanwhile: where to look for what could be faster. */
export function slowest({ handovers, faults }: Outcome, most = 10): string[] {
  return handovers
    .toSorted((a, b) => Number(a.disturbed) - Number(b.disturbed) || b.ms - a.ms)
    .slice(0, most)
    .map(({ shardId, cause, from, ms, gapMs, disturbed, successor }) => {
      const during = faults.filter(fault => fault.from <= from + ms && fault.to >= from)
      const gap = gapMs === undefined ? '' : `, ${gapMs} ms of them free`
      const beside = during.map(({ kind, hit }) => `${kind} ${hit.join(', ')}`).join('; ')
      return `${clockTime(from)}  ${cause} of ${shardId}: ${ms} ms${gap}, then ${successor}${disturbed ? ', disturbed' : ''} (${beside})`
    })
}

/** What came twice for the same reason came in one request, or a few: one of them stands for all. */
function explainCopies(copies: readonly Copied[]): string[] {
  const byReason = Map.groupBy(copies, ({ cause, why }) => `${cause}: ${why}`)
  return [...byReason].map(([reason, alike]) => {
    const [first] = alike
    const places = first?.copies.map(
      ({ stream, shardId, arrivedAt, from }) =>
        `${clockTime(arrivedAt)} in ${stream} ${shardId}, from ${from?.shardId} by epoch ${from?.epoch}`,
    )
    return `${alike.length} in the stream twice: ${reason} (${places?.join('; ')})`
  })
}

const nearMs = 4000

function explainOne(
  { what, why, eventId, raw, written, at }: Wrong,
  faults: readonly Fault[],
  lines: readonly LogLine[],
) {
  const near = faults.filter(({ from, to }) => from < at + nearMs && to > at - nearMs)
  const shardIds = new Set(raw.map(({ shardId }) => shardId))
  const leases = lines.filter(
    line =>
      shardIds.has(line.shardId) &&
      Math.abs(line.at - at) < nearMs &&
      (line.event.startsWith('lease-') || line.event.startsWith('shard-')),
  )
  return [
    `${what}: event ${eventId} ${why}`,
    ...raw.map(
      ({ shardId, sequence, arrivedAt, eventIds }) =>
        `  raw      ${clockTime(arrivedAt)}  ${shardId} ${sequence} index ${eventIds.indexOf(eventId)}`,
    ),
    ...written.map(
      ({ stream, shardId, arrivedAt, from }) =>
        `  ${stream.padEnd(7)}  ${clockTime(arrivedAt)}  ${shardId}` +
        (from === undefined
          ? ''
          : `, from ${from.shardId} ${from.sequence} index ${from.index} output ${from.output} epoch ${from.epoch}`),
    ),
    ...near.map(
      ({ kind, from, to, hit }) =>
        `  fault    ${clockTime(from)} to ${clockTime(to)}  ${kind} ${hit.join(', ')}`,
    ),
    ...leases.map(
      ({ at: when, process, event, shardId, reason, position, error }) =>
        `  log      ${clockTime(when)}  ${process} ${event} ${shardId} ${reason}${position} ${error}`,
    ),
  ]
}

function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23)
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
