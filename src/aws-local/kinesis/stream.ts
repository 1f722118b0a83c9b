import type { KinesisLimits } from './limits.ts'
import type { Consumer } from './consumer.ts'
import type { Shard } from './shard.ts'
import { ShardTree } from './shard-tree.ts'

export type StreamMode = 'PROVISIONED' | 'ON_DEMAND'
export type StreamStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'

export interface StreamOptions {
  readonly name: string
  readonly arn: string
  readonly mode: StreamMode
  readonly shards: number
  readonly now: number
  /** How long creating, updating and deleting take. */
  readonly transitionMs: number
  readonly limits: KinesisLimits
  readonly maxRecordKiB: number
}

const hourMs = 3_600_000

/**
 * One stream. What it is doing follows from the time: CREATING → ACTIVE, ACTIVE → UPDATING → ACTIVE, → DELETING →
 * gone, each transition as long as the options say. A change of shards takes effect when it is asked for.
 */
export class Stream {
  readonly name: string
  readonly arn: string
  readonly createdAt: number
  readonly tree: ShardTree
  readonly tags = new Map<string, string>()
  readonly consumers = new Map<string, Consumer>()
  readonly monitored = new Set<string>()
  readonly #transitionMs: number
  mode: StreamMode
  retentionHours = 24
  maxRecordKiB: number
  keyId: string | undefined
  #doing: { readonly status: StreamStatus; readonly until: number }
  /** The moment of the newest change of shards; each is later than the one before. */
  #tick: number

  constructor(options: StreamOptions) {
    const { name, arn, mode, shards, now, transitionMs, limits, maxRecordKiB } = options
    this.name = name
    this.arn = arn
    this.mode = mode
    this.createdAt = now
    this.maxRecordKiB = maxRecordKiB
    this.tree = new ShardTree(shards, now, limits)
    this.#transitionMs = transitionMs
    this.#doing = { status: 'CREATING', until: now + transitionMs }
    this.#tick = now
  }

  status(now: number): StreamStatus {
    return now < this.#doing.until || this.#doing.status === 'DELETING' ? this.#doing.status : 'ACTIVE'
  }

  gone(now: number): boolean {
    return this.#doing.status === 'DELETING' && now >= this.#doing.until
  }

  update(now: number): void {
    this.#doing = { status: 'UPDATING', until: now + this.#transitionMs }
  }

  /** Closes nothing: whoever reads on is told that there is no such stream. */
  delete(now: number): void {
    this.#doing = { status: 'DELETING', until: now + this.#transitionMs }
  }

  split(shard: Shard, at: bigint, now: number): void {
    this.update(now)
    this.tree.split(shard, at, this.#next(now))
  }

  merge(shard: Shard, adjacent: Shard, now: number): void {
    this.update(now)
    this.tree.merge(shard, adjacent, this.#next(now))
  }

  resize(count: number, now: number): void {
    this.update(now)
    this.tree.resize(count, () => this.#next(now))
  }

  /** The oldest moment whose records are kept. */
  horizon(now: number): number {
    return Math.max(now - this.retentionHours * hourMs, this.createdAt)
  }

  /** Forgets what is older than the retention period. */
  trim(now: number): void {
    const horizon = this.horizon(now)
    for (const shard of this.tree.all) shard.trim(horizon)
    this.tree.forget(horizon)
  }

  /** Each change takes a millisecond of its own, and children begin a millisecond after their parents' end. */
  #next(now: number): number {
    this.#tick = Math.max(this.#tick + 2, now)
    return this.#tick
  }
}
