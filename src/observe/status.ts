import { systemClock, type Clock } from '../lib/index.ts'
import { CostBoard, type EnrichmentStatus } from './cost-board.ts'
import { levelOf } from './log.ts'
import type { MillraceEvent, Observe } from './events.ts'

export interface ShardStatus {
  readonly shardId: string
  /** Absent: nobody works on it. */
  readonly owner?: string
  /** Closed, and everything in it is done. */
  readonly ended: boolean
  /** Behind the tip of the shard at the last commit; absent before the first. */
  readonly lagMs?: number
  readonly good: number
  readonly bad: number
  readonly goodPerSecond: number
  readonly badPerSecond: number
}

export const processStates = ['starting', 'ready', 'draining', 'stopped', 'dead'] as const
export type ProcessState = (typeof processStates)[number]

export interface ProcessStatus {
  readonly name: string
  readonly state: ProcessState
}

export interface CollectorStatus {
  /** Where it listens; absent while it does not. */
  readonly url?: string
  /** Requests. */
  readonly accepted: number
  readonly refused: number
  readonly acceptedPerSecond: number
}

/** How a pipeline stands at one moment, as much as fits on a screen. */
export interface StatusSnapshot {
  readonly upMs: number
  /** In the order of their ids. */
  readonly shards: readonly ShardStatus[]
  readonly workers: readonly ProcessStatus[]
  readonly collector: CollectorStatus
  /** The dearest first. */
  readonly enrichments: readonly EnrichmentStatus[]
  /** The latest warnings and errors, the newest last. */
  readonly problems: readonly { readonly ageMs: number; readonly text: string }[]
}

/** Rates are over this long. */
const windowMs = 5000
const keptProblems = 3
/** A problem is news for so long. */
const problemMs = 60_000

/** Counts per second over the last few seconds, from a bounded number of slots. */
class Rate {
  readonly #slots: { at: number; count: number }[] = []

  add(count: number, now: number): void {
    const last = this.#slots.at(-1)
    if (last !== undefined && now - last.at < windowMs / 20) last.count += count
    else this.#slots.push({ at: now, count })
    this.#forget(now)
  }

  /** Since when counts for this rate could have been seen is `since`: a young one is not underrated. */
  perSecond(now: number, since: number): number {
    this.#forget(now)
    const sum = this.#slots.reduce((total, { count }) => total + count, 0)
    return (sum * 1000) / Math.min(windowMs, Math.max(1000, now - since))
  }

  #forget(now: number): void {
    while (this.#slots[0] !== undefined && this.#slots[0].at < now - windowMs) this.#slots.shift()
  }
}

class ShardTally {
  owner: string | undefined
  ended = false
  lagMs: number | undefined
  good = 0
  bad = 0
  readonly goodRate = new Rate()
  readonly badRate = new Rate()
}

/** Keeps how things stand, from the events of one or more processes. */
export class StatusBoard {
  readonly #clock: Clock
  readonly #began: number
  readonly #shards = new Map<string, ShardTally>()
  readonly #workers = new Map<string, ProcessState>()
  readonly #accepted = new Rate()
  readonly #costs = new CostBoard()
  #collector: { url?: string; accepted: number; refused: number } = { accepted: 0, refused: 0 }
  #problems: { at: number; text: string }[] = []

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
    this.#began = clock.monotonic()
  }

  readonly observe: Observe = event => {
    this.#shardEvent(event)
    this.#processEvent(event)
    this.#collectorEvent(event)
    this.#costs.observe(event)
    const level = levelOf(event)
    if (level === 'warn' || level === 'error') this.#problem(sayEvent(event))
  }

  /** A process that is about to start, so that it shows before it says anything. */
  expect(name: string): void {
    this.#workers.set(name, 'starting')
  }

  snapshot(): StatusSnapshot {
    const now = this.#clock.monotonic()
    const { accepted, refused, url } = this.#collector
    return {
      upMs: now - this.#began,
      shards: Array.from(this.#shards, ([shardId, tally]) => this.#shardStatus(shardId, tally, now)).sort(
        (a, b) => (a.shardId < b.shardId ? -1 : 1),
      ),
      workers: Array.from(this.#workers, ([name, state]) => ({ name, state })),
      collector: {
        ...(url !== undefined && { url }),
        accepted,
        refused,
        acceptedPerSecond: this.#accepted.perSecond(now, this.#began),
      },
      enrichments: this.#costs.snapshot(),
      problems: this.#problems
        .filter(({ at }) => now - at < problemMs)
        .map(({ at, text }) => ({ ageMs: now - at, text })),
    }
  }

  #shardStatus(shardId: string, tally: ShardTally, now: number): ShardStatus {
    const { owner, ended, lagMs, good, bad } = tally
    return {
      shardId,
      ...(owner !== undefined && { owner }),
      ended,
      ...(lagMs !== undefined && { lagMs }),
      good,
      bad,
      goodPerSecond: tally.goodRate.perSecond(now, this.#began),
      badPerSecond: tally.badRate.perSecond(now, this.#began),
    }
  }

  #shardEvent(event: MillraceEvent): void {
    if (event.type === 'lease-taken') this.#tally(event.shardId).owner = event.owner
    if (event.type === 'leases-scanned') {
      for (const { shardId, owner, ended } of event.leases)
        Object.assign(this.#tally(shardId), { owner, ended })
      this.#dropGone(new Set(event.leases.map(({ shardId }) => shardId)))
    }
    if (event.type !== 'batch-committed') return
    const now = this.#clock.monotonic()
    const tally = this.#tally(event.shardId)
    tally.lagMs = event.millisBehindLatest
    tally.good += event.good
    tally.bad += event.bad
    tally.goodRate.add(event.good, now)
    tally.badRate.add(event.bad, now)
  }

  /** Shards that no lease table lists any more are history. */
  #dropGone(listed: ReadonlySet<string>): void {
    for (const shardId of this.#shards.keys()) if (!listed.has(shardId)) this.#shards.delete(shardId)
  }

  #tally(shardId: string): ShardTally {
    const tally = this.#shards.get(shardId) ?? new ShardTally()
    this.#shards.set(shardId, tally)
    return tally
  }

  #processEvent(event: MillraceEvent): void {
    if (event.type === 'worker-ready') this.#workers.set(nameOf(event.worker), 'ready')
    if (event.type === 'worker-draining') this.#workers.set(nameOf(event.worker), 'draining')
    if (event.type === 'worker-stopped') this.#workers.set(nameOf(event.worker), 'stopped')
    if (event.type === 'process-ended') this.#workers.set(event.name, event.code === 0 ? 'stopped' : 'dead')
  }

  #collectorEvent(event: MillraceEvent): void {
    if (event.type === 'collector-ready')
      this.#collector = { ...this.#collector, url: `${event.scheme}://${urlHost(event.host)}:${event.port}` }
    if (event.type === 'request-accepted') {
      this.#collector.accepted++
      this.#accepted.add(1, this.#clock.monotonic())
    }
    if (event.type === 'request-refused' || event.type === 'request-too-large') this.#collector.refused++
  }

  #problem(text: string): void {
    this.#problems = [...this.#problems, { at: this.#clock.monotonic(), text }].slice(-keptProblems)
  }
}

/** The name of a worker without the random part that each start of it gets. */
export function nameOf(worker: string): string {
  return worker.replace(/:[0-9a-f]+$/, '')
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/** One event for a person: its name in words, its shard, and what went wrong. */
function sayEvent(event: MillraceEvent): string {
  const shard = 'shardId' in event ? ` ${event.shardId}` : ''
  const why = 'error' in event && event.error !== undefined ? `: ${event.error}` : ''
  if (event.type === 'process-ended')
    return event.error ?? `${event.name} ended by itself (${event.signal ?? `exit code ${event.code}`})`
  if (event.type === 'configuration-warning') return event.warning
  if (event.type === 'metrics-failed') return `metrics cannot be sent to ${event.to}: ${event.error}`
  if (event.type === 'instance-notice') return `this machine is told: ${event.notice.replaceAll('-', ' ')}`
  if (event.type === 'circuit-changed')
    return `${event.enrichment}: circuit ${event.state}: ${event.error ?? ''}`
  return `${event.type.replaceAll('-', ' ')}${shard}${why}`
}
