import { messageOf, MillraceError, type Clock } from '../lib/index.ts'
import type { NewRecord, Producer } from '../streams/index.ts'
import type { CollectorEvent } from '../observe/index.ts'

export interface GroupCommitOptions {
  readonly maxBatchBytes: number
  readonly maxBatchRecords: number
  readonly maxConcurrentPuts: number
  readonly putTimeoutMs: number
}

export interface GroupCommitParts {
  readonly producer: Producer
  readonly clock: Clock
  readonly observe: (event: CollectorEvent) => void
}

interface Waiting {
  readonly records: readonly NewRecord[]
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

// A failure older than this says nothing about now: a collector that a balancer took out because of it gets no
// requests, so no put of its own could ever show that the stream is back.
const failureMemoryMs = 30_000

// Nothing but failures for so long is an outage, and no bad luck.
const outageMs = 5_000

/**
 * Puts the records of many requests together. Whoever appends waits in line; at the end of each turn of the event loop
 * the line goes to the stream, in calls of bounded size, a few at a time. While all calls are out the line grows, so a
 * slow stream gets larger calls, not more of them. A call that fails, fails for everyone who was in it.
 *
 * A call that is out for too long is overdue: everyone in it is told that it failed, though it may yet succeed, and then
 * what they send again is there twice. It keeps its place until it ends. When every place is overdue the stream is
 * stalled: the line and all who come are turned away at once, until one call ends.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #parts: GroupCommitParts
  #line: Waiting[] = []
  #puts = 0
  /** How many of #puts are overdue. */
  #overdue = 0
  #scheduled = false
  #failedAt = -Infinity
  /** The first failure after the last success. */
  #failingSince = -Infinity
  #idle = Promise.withResolvers<void>()

  constructor(options: GroupCommitOptions, parts: GroupCommitParts) {
    this.#options = options
    this.#parts = parts
    this.#idle.resolve()
  }

  /** False while the last put failed, lately. */
  get healthy(): boolean {
    return !this.#stalled && this.#parts.clock.monotonic() - this.#failedAt > failureMemoryMs
  }

  /** What is wrong, when every put of the last seconds has failed. */
  get outage(): string | undefined {
    const { stream } = this.#parts.producer
    if (this.#stalled) return `${stream} does not answer`
    const lasted = this.#failedAt - this.#failingSince
    if (this.healthy || lasted < outageMs) return undefined
    return `every write to ${stream} has failed for ${Math.floor(lasted / 1000)} s; the log says why`
  }

  get #stalled(): boolean {
    return this.#overdue === this.#options.maxConcurrentPuts
  }

  /** Resolves once the records are durable, or rejects: then some of them may be, and all may be sent again. */
  append(records: readonly NewRecord[]): Promise<void> {
    if (this.#stalled) return Promise.reject(this.#timedOut())
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (this.#line.length === 0 && this.#puts === 0) this.#idle = Promise.withResolvers<void>()
    this.#line.push({ records, bytes: sizeOf(records), resolve, reject })
    this.#schedule()
    return promise
  }

  /** Resolves when nothing waits and nothing is being put. */
  idle(): Promise<void> {
    return this.#idle.promise
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#line.length > 0 && this.#puts < this.#options.maxConcurrentPuts)
        void this.#put(this.#take())
    })
  }

  /** The head of the line, as much as one call may have, and at least one. */
  #take(): Waiting[] {
    const { maxBatchBytes, maxBatchRecords } = this.#options
    let bytes = 0
    let records = 0
    const end = this.#line.findIndex((waiting, index) => {
      bytes += waiting.bytes
      records += waiting.records.length
      return index > 0 && (bytes > maxBatchBytes || records > maxBatchRecords)
    })
    return this.#line.splice(0, end < 0 ? this.#line.length : end)
  }

  async #put(batch: readonly Waiting[]): Promise<void> {
    this.#puts++
    const ended = new AbortController()
    const watched = this.#watch(batch, ended.signal)
    await this.#write(batch)
    ended.abort()
    await watched
    this.#puts--
    if (this.#line.length > 0) this.#schedule()
    else if (this.#puts === 0) this.#idle.resolve()
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const { producer, clock, observe } = this.#parts
    const records = batch.flatMap(waiting => waiting.records)
    const bytes = batch.reduce((sum, waiting) => sum + waiting.bytes, 0)
    const told = { stream: producer.stream, requests: batch.length, records: records.length, bytes }
    const started = clock.monotonic()
    try {
      await producer.put(records)
      this.#failedAt = -Infinity
      for (const waiting of batch) waiting.resolve()
      observe({ type: 'collector-batch-written', ...told, ms: clock.monotonic() - started })
    } catch (error) {
      this.#noteFailure(clock.monotonic())
      for (const waiting of batch) waiting.reject(error)
      observe({ type: 'collector-sink-failed', ...told, error: messageOf(error) })
    }
  }

  #noteFailure(now: number): void {
    if (now - this.#failedAt > failureMemoryMs) this.#failingSince = now
    this.#failedAt = now
  }

  /** Counts the call as overdue from its time-out to its end. */
  async #watch(batch: readonly Waiting[], ended: AbortSignal): Promise<void> {
    await this.#parts.clock.sleep(this.#options.putTimeoutMs, ended)
    if (ended.aborted) return
    this.#overdue++
    for (const waiting of batch) waiting.reject(this.#timedOut())
    if (this.#stalled) for (const waiting of this.#line.splice(0)) waiting.reject(this.#timedOut())
    await new Promise(resolve => ended.addEventListener('abort', resolve))
    this.#overdue--
  }

  #timedOut(): MillraceError {
    const { stream } = this.#parts.producer
    const message = `put to ${stream} took more than ${this.#options.putTimeoutMs} ms: see whether the stream is up`
    return new MillraceError('sink', message, { retryable: true })
  }
}

function sizeOf(records: readonly NewRecord[]): number {
  return records.reduce((sum, record) => sum + record.data.length + record.partitionKey.length, 0)
}
