import { systemClock, type Clock } from '../lib/index.ts'
import type { MillraceEvent, Observe } from './events.ts'

export interface HealthOptions {
  /** A batch that was read and not committed for this long means that the process is stuck. */
  readonly unhealthyAfterMs: number
  /** A process that holds leases and could not write any for this long does not work on them any more. */
  readonly leaseSilenceMs: number
  readonly clock?: Clock
}

export interface HealthReport {
  /** A process that is not alive should be replaced. */
  readonly alive: boolean
  /** A process that is ready may be given work. A worker without a lease is: it waits for one. */
  readonly ready: boolean
  /** Why not, and what is amiss although it is alive. */
  readonly reasons: readonly string[]
}

/**
 * Watches the events of one process. Waiting for a schema registry is no reason to be replaced: the next process would
 * wait for it too.
 */
export class Health {
  readonly #options: HealthOptions
  readonly #clock: Clock
  /** When the batch under way in each shard was read, by the monotonic clock. */
  readonly #reading = new Map<string, number>()
  readonly #down = new Set<string>()
  /** Files of enrichments whose newest version is not in use, and why. */
  readonly #outdated = new Map<string, string>()
  readonly #running = new Set<'worker' | 'collector'>()
  /** Why no more work is taken; undefined while it is. */
  #draining: string | undefined
  #held = 0
  #lastLeaseWrite: number | undefined
  #sinkFailed: string | undefined
  /** Shards whose leases nobody can read, and why. */
  readonly #unreadable = new Map<string, string>()
  /** Shards that may have been written twice, and why. */
  readonly #unsure = new Map<string, string>()

  constructor(options: HealthOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  readonly observe: Observe = event => {
    this.#leases(event)
    this.#batches(event)
    this.#life(event)
  }

  report(): HealthReport {
    const stuck = this.#down.size > 0 ? [] : [...this.#stuckShards(), ...this.#silentLeases()]
    const ready = this.#running.size > 0 && this.#draining === undefined
    return {
      alive: stuck.length === 0,
      ready,
      reasons: [...stuck, ...this.#notReady(), ...this.#amiss()],
    }
  }

  #stuckShards(): string[] {
    const before = this.#clock.monotonic() - this.#options.unhealthyAfterMs
    return Array.from(this.#reading)
      .filter(([, since]) => since < before)
      .map(([shardId]) => `${shardId}: a batch is not committed for ${this.#options.unhealthyAfterMs} ms`)
  }

  #silentLeases(): string[] {
    const { leaseSilenceMs } = this.#options
    if (this.#held === 0 || this.#lastLeaseWrite === undefined) return []
    if (this.#clock.monotonic() - this.#lastLeaseWrite <= leaseSilenceMs) return []
    return [`holds ${this.#held} leases and could not renew any for ${leaseSilenceMs} ms`]
  }

  #notReady(): string[] {
    if (this.#draining !== undefined) return [this.#draining]
    return this.#running.size === 0 ? ['starting'] : []
  }

  #amiss(): string[] {
    const registries = [...this.#down].map(registry => `schema registry ${registry} is down`)
    const unsure = Array.from(this.#unsure, ([shardId, reason]) => `${shardId}: at least once: ${reason}`)
    const files = Array.from(this.#outdated, ([uri, why]) => `the newest ${uri} is not in use, ${why}`)
    const sink = this.#sinkFailed === undefined ? [] : [this.#sinkFailed]
    return [...registries, ...files, ...this.#unreadable.values(), ...unsure, ...sink]
  }

  #leases(event: MillraceEvent): void {
    if (event.type === 'lease-written' && event.result === 'ok')
      this.#lastLeaseWrite = this.#clock.monotonic()
    if (event.type === 'leases-scanned') this.#held = event.held
    if (event.type === 'lease-unreadable') this.#unreadable.set(event.shardId, event.error)
    if (event.type === 'lease-readable') this.#unreadable.delete(event.shardId)
    if (event.type === 'recovery-skipped') this.#unsure.set(event.shardId, event.reason)
    if (event.type !== 'lease-released' && event.type !== 'lease-lost') return
    this.#reading.delete(event.shardId)
    this.#unsure.delete(event.shardId)
  }

  #batches(event: MillraceEvent): void {
    if (event.type === 'batch-read' && event.records > 0 && !this.#reading.has(event.shardId))
      this.#reading.set(event.shardId, this.#clock.monotonic())
    if (event.type === 'batch-committed' || event.type === 'shard-failed' || event.type === 'shard-ended')
      this.#reading.delete(event.shardId)
  }

  #life(event: MillraceEvent): void {
    if (event.type === 'worker-ready') this.#running.add('worker')
    if (event.type === 'collector-ready') this.#running.add('collector')
    if (event.type === 'worker-draining') this.#draining = `draining: ${event.reason}`
    if (event.type === 'collector-draining') this.#draining ??= 'draining'
    if (event.type === 'worker-stopped') this.#running.delete('worker')
    if (event.type === 'collector-stopped') this.#running.delete('collector')
    if (event.type === 'asset-failed') this.#outdated.set(event.uri, `${event.reason}: ${event.error}`)
    if (event.type === 'asset-updated' || event.type === 'asset-recovered') this.#outdated.delete(event.uri)
    if (event.type === 'iglu-outage') this.#down.add(event.registry)
    if (event.type === 'iglu-recovered') this.#down.delete(event.registry)
    if (event.type === 'collector-sink-failed')
      this.#sinkFailed = `the collector could not write to ${event.stream}`
    if (event.type === 'request-accepted') this.#sinkFailed = undefined
  }
}
