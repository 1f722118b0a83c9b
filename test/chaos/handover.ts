import { compareSequences } from '../../src/streams/index.ts'
import type { Fault } from './faults.ts'
import type { LogLine } from './log.ts'
import type { RawRecord } from './oracle.ts'
import type { FaultKind } from './plan.ts'

/** How long it took until somebody else worked on one shard. Times in ms. */
export interface Handover {
  readonly shardId: string
  readonly cause: 'crash' | 'stop' | 'ask'
  /** Of the SIGKILL, the SIGTERM, or the ask. ms since the epoch. */
  readonly from: number
  /** Until the successor has committed records; or, where nothing had come for it to commit, until it has the lease. */
  readonly ms: number
  /** From the release on, when nobody worked on the shard; absent after a crash. */
  readonly gapMs?: number
  /**
   * No worker could have done better: something held up all of them, or the successor, or nobody was ready and well
   * from the first moment to the last.
   */
  readonly disturbed: boolean
  readonly successor: string
}

interface Life {
  readonly process: string
  readonly from: number
  readonly to: number
}

export interface HandoverLogs {
  readonly lines: readonly LogLine[]
  readonly faults: readonly Fault[]
  readonly raw: readonly Pick<RawRecord, 'shardId' | 'sequence' | 'arrivedAt'>[]
  /** How long what goes wrong with streams and leases is felt after it is over. */
  readonly aftermathMs?: number
}

const crashes: ReadonlySet<FaultKind> = new Set(['kill-worker', 'kill-all'])
/** What keeps the worker that it hits from taking over. */
const harms: ReadonlySet<FaultKind> = new Set(['kill-worker', 'kill-all', 'freeze-worker', 'pause-worker'])
/** What keeps the worker that it hits from letting go as well as from taking over, and is felt for a while afterwards. */
const storms: ReadonlySet<FaultKind> = new Set([
  'throttled-worker',
  'slow-answers',
  'dropped-requests',
  'dropped-replies',
  'late-requests',
  'server-errors',
  'partial-puts',
  'cut-off',
  'cut-off-leases',
])
/** What keeps every worker from it. */
const stalls: ReadonlySet<FaultKind> = new Set([
  'kill-all',
  'disk-full',
  'slow-leases',
  'stuck-leases',
  'slow-outputs',
  'slow-raw',
  'pause-all',
])

/**
 * Reads from the logs how long every shard waited for its next worker after a SIGKILL, a SIGTERM or an ask.
 *
 * A shard counts when its worker held it at that moment. Where the same shard changed hands again before anybody had
 * committed, it is still the first moment that counts.
 */
export function measureHandovers(logs: HandoverLogs): Handover[] {
  const shards = new Map<string, ShardHistory>()
  const known = { ...logs, lives: livesOf(logs) }
  for (const line of logs.lines) {
    if (line.shardId === '') continue
    const history = shards.get(line.shardId) ?? new ShardHistory(line.shardId, known)
    shards.set(line.shardId, history)
    history.lines.push(line)
  }
  return [...shards.values()].flatMap(history => history.handovers())
}

/** What happened around one shard, in order. */
class ShardHistory {
  readonly lines: LogLine[] = []
  readonly #shardId: string
  readonly #logs: HandoverLogs & { readonly lives: readonly Life[] }

  constructor(shardId: string, logs: HandoverLogs & { readonly lives: readonly Life[] }) {
    this.#shardId = shardId
    this.#logs = logs
  }

  handovers(): Handover[] {
    return [...this.#crashes(), ...this.#stops(), ...this.#asks()]
  }

  #crashes(): Handover[] {
    return this.#logs.faults
      .filter(({ kind }) => crashes.has(kind))
      .flatMap(({ from, hit }) => this.#after('crash', from, hit))
  }

  /** From the moment at which the worker heard of the SIGTERM, which it logs. */
  #stops(): Handover[] {
    return this.#logs.lines
      .filter(({ event }) => event === 'worker-draining')
      .flatMap(({ at, process }) => this.#after('stop', at, [process]))
  }

  #asks(): Handover[] {
    const asks = this.lines.filter(({ event }) => event === 'lease-asked')
    return asks.flatMap(({ at, process: asker }, i) => {
      const holder = this.#holderAt(at)
      if (holder === undefined) return []
      const [found] = this.#after('ask', at, [holder], [asker])
      const again = asks[i - 1]
      // The same wish, said again.
      const same = again !== undefined && this.#holderAt(again.at) === holder
      return found === undefined || same || !this.#letGo(holder, at, found, 'asked') ? [] : [found]
    })
  }

  /** Whoever was harmed of those who `wait` for it, or of those who took it, disturbs the sample. */
  #after(
    cause: Handover['cause'],
    from: number,
    workers: readonly string[],
    wait: readonly string[] = [],
  ): Handover[] {
    const holder = this.#holderAt(from)
    if (holder === undefined || !workers.includes(holder)) return []
    const taken = this.lines.find(
      ({ at, event, process }) => event === 'lease-taken' && at >= from && process !== holder,
    )
    if (taken === undefined) return []
    const done = this.#firstWork(taken)
    const to = done?.at ?? taken.at
    const released = this.lines.find(
      ({ at, event, process }) => event === 'lease-released' && process === holder && at >= from,
    )
    const gap = released === undefined || released.at > to ? {} : { gapMs: to - released.at }
    const successor = (done ?? taken).process
    const disturbed =
      (cause !== 'crash' && this.#recoversAt(from)) ||
      this.#disturbed(from, to, holder, [successor, taken.process, ...wait]) ||
      this.#stormy(from, to, [successor, taken.process, ...wait, ...(cause === 'crash' ? [] : [holder])])
    return [{ shardId: this.#shardId, cause, from, ms: to - from, ...gap, disturbed, successor }]
  }

  /** Who had taken the lease and not let go of it. */
  #holderAt(moment: number): string | undefined {
    const last = this.lines.findLast(
      ({ at, event }) => at <= moment && (event === 'lease-taken' || event === 'lease-released'),
    )
    return last?.event === 'lease-taken' ? last.process : undefined
  }

  #letGo(holder: string, from: number, { ms }: Handover, why: string): boolean {
    return this.lines.some(
      ({ at, event, process, reason }) =>
        event === 'lease-released' && process === holder && reason === why && at >= from && at <= from + ms,
    )
  }

  /** The first commit from this take on; undefined when nothing was there to commit when it was taken. */
  #firstWork(taken: LogLine): LogLine | undefined {
    const started = this.lines.find(
      ({ at, event, process }) => event === 'shard-started' && at >= taken.at && process === taken.process,
    )
    if (started === undefined || !this.#waiting(started.position, taken.at)) return undefined
    return this.lines.find(
      ({ at, event, records }) => event === 'batch-committed' && at >= taken.at && records > 0,
    )
  }

  #waiting(position: string, before: number): boolean {
    const [, sequence = '0'] = /^after (\d+)/.exec(position) ?? []
    return this.#logs.raw.some(
      record =>
        record.shardId === this.#shardId &&
        record.arrivedAt <= before &&
        compareSequences(record.sequence, sequence) > 0,
    )
  }

  #disturbed(from: number, to: number, holder: string, successors: readonly string[]): boolean {
    const during = this.#logs.faults.filter(fault => fault.from <= to && fault.to >= from)
    if (during.some(({ kind }) => stalls.has(kind))) return true
    const harmed = new Set(during.filter(({ kind }) => harms.has(kind)).flatMap(({ hit }) => hit))
    const well = this.#logs.lives.filter(
      life => life.process !== holder && life.from <= from && life.to >= to && !harmed.has(life.process),
    )
    return well.length === 0 || successors.some(name => name !== holder && harmed.has(name))
  }

  /** Its owner has not yet worked off what the last one left: whoever comes next has to look for it, too. */
  #recoversAt(moment: number): boolean {
    const last = this.lines.findLast(({ at, event }) => at <= moment && event.startsWith('recovery-'))
    return last?.event === 'recovery-started' || last?.event === 'recovery-looked'
  }

  #stormy(from: number, to: number, workers: readonly string[]): boolean {
    const { faults, aftermathMs = 0 } = this.#logs
    return faults.some(
      fault =>
        fault.from <= to &&
        fault.to + aftermathMs >= from &&
        ((storms.has(fault.kind) && fault.hit.some(name => workers.includes(name))) ||
          (aftermathMs > 0 && stalls.has(fault.kind))),
    )
  }
}

/** From when to when each worker was ready for work: until it was told to go, or was killed. */
function livesOf({ lines, faults }: HandoverLogs): Life[] {
  return lines
    .filter(({ event }) => event === 'worker-ready')
    .map(({ at, process }) => {
      const told = lines.find(line => line.event === 'worker-draining' && line.process === process)
      const killed = faults.find(({ kind, hit }) => crashes.has(kind) && hit.includes(process))
      return { process, from: at, to: Math.min(told?.at ?? Infinity, killed?.from ?? Infinity) }
    })
}

/** Nearest rank; undefined without samples. */
export function percentile(samples: readonly number[], share: number): number | undefined {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}
