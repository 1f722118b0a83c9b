import { Backoff, messageOf, type MillraceError } from '../../lib/index.ts'
import type { Position, ReadOptions, RecordBatch } from '../../streams/index.ts'
import { batchEnd } from '../batch.ts'
import type { CallPace } from './call-pace.ts'
import { ShardEvents } from './shard-events.ts'
import { ShardPages, type ShardPagesParts } from './shard-pages.ts'
import type { Fetched, Trouble } from './shard-progress.ts'
import type { SourceSettings } from './source.ts'
import type { StreamConsumer } from './stream-consumer.ts'
import { findTip } from './tip.ts'

const backoff = { minMs: 200, maxMs: 5000 }
/** A reader that has had nothing to give for so long says how far behind it is. */
const quietMs = 1000
/** A call cannot be told how many bytes it may bring: the first one of a reader asks for few records. */
const firstRecords = 25
/** An event of a subscription is not cut to order. */
const eventBytes = 1024 * 1024
export const shardEnd: RecordBatch = { records: [], position: { at: 'shardEnd' }, millisBehindLatest: 0 }

export interface ShardReaderParts extends ShardPagesParts, SourceSettings {
  readonly pace: CallPace
  /** Records are subscribed to on its behalf; absent: they are polled. */
  readonly consumer?: StreamConsumer
}

/**
 * One reader of one shard. It asks for records only when its consumer asks for a batch, so a batch that says that
 * nothing is left was asked for after that. When the stream does not answer, it goes on asking, and says how far behind
 * that leaves it, until `giveUpMs` are over.
 */
export class ShardReader {
  readonly #shardId: string
  readonly #parts: ShardReaderParts
  readonly #options: ReadOptions
  #backoff: Backoff
  /** When the stream last answered, own monotonic time, and how far behind the reader was then. */
  #heard: { readonly at: number; readonly behindMs: number }
  /** Since when nothing but trouble has come, own monotonic time. */
  #failingSince: number | undefined
  #failures = 0
  /** When a batch was last given out, own monotonic time. */
  #toldAt = Number.NEGATIVE_INFINITY
  /** When this reader wants its next call. */
  #dueAt = 0
  /** Mean size of a stored record: calls are sized by it. Nothing is known of it before the first records. */
  #recordBytes: number
  #sized = false

  constructor(shardId: string, parts: ShardReaderParts, options: ReadOptions) {
    this.#shardId = shardId
    this.#parts = parts
    this.#options = options
    this.#backoff = new Backoff(backoff, parts.clock)
    this.#heard = { at: parts.clock.monotonic(), behindMs: 0 }
    this.#recordBytes = options.maxBatchBytes / firstRecords
  }

  async *read(from: Position): AsyncGenerator<RecordBatch> {
    let start = from
    if (from.at === 'latest') {
      const tip = await this.#tip()
      if (tip === undefined) return
      start = tip
      yield { records: [], position: tip, millisBehindLatest: 0 }
    }
    yield* this.#readFrom(start)
  }

  async *#readFrom(from: Position): AsyncGenerator<RecordBatch> {
    const { consumer } = this.#parts
    if (consumer === undefined)
      return yield* this.#readPages(new ShardPages(this.#shardId, from, this.#parts))
    const events = new ShardEvents(this.#shardId, from, this.#parts, consumer)
    try {
      yield* this.#readPages(events)
    } finally {
      events.close()
    }
  }

  async *#readPages(pages: ShardPages | ShardEvents): AsyncGenerator<RecordBatch> {
    const { signal, budget, maxBatchBytes } = this.#options
    const pushed = pages instanceof ShardEvents
    const claim = pushed ? Math.max(maxBatchBytes, eventBytes) : maxBatchBytes
    this.#toldAt = this.#parts.clock.monotonic()
    while (!signal.aborted) {
      await (pushed ? pages.awaken(signal) : this.#turn())
      if ((await budget?.acquire(claim, signal)) === false) return
      let trouble: Trouble | 'over' | undefined
      try {
        trouble = yield* this.#readPage(pages)
      } finally {
        budget?.release(claim)
      }
      if (trouble === 'over' || signal.aborted) return
      if (trouble !== undefined) await this.#rest(trouble)
      if (signal.aborted || this.#parts.clock.monotonic() - this.#toldAt < quietMs) continue
      yield { records: [], position: pages.position, millisBehindLatest: this.#behindMs() }
      this.#toldAt = this.#parts.clock.monotonic()
    }
  }

  /**
   * One page, and what was wrong with it. Apart, so that nothing of a page stays in memory while the next one is waited
   * for: that is a page for each shard, outside of any budget.
   */
  async *#readPage(
    pages: ShardPages | ShardEvents,
  ): AsyncGenerator<RecordBatch, Trouble | 'over' | undefined> {
    const fetched = await this.#fetch(pages)
    for (const batch of this.#batches(fetched)) {
      if (this.#options.signal.aborted) return 'over'
      yield batch
      this.#toldAt = this.#parts.clock.monotonic()
      if (batch.position.at === 'shardEnd') return 'over'
    }
    return fetched.state === 'trouble' ? fetched : undefined
  }

  /** Batches of one page. None of an empty page from the middle of the shard: that says nothing. */
  *#batches(page: Fetched): Generator<RecordBatch> {
    if (page.state === 'removed') yield { ...shardEnd, gap: true }
    if (page.state !== 'page') return
    const { records, ended, position, millisBehindLatest } = page
    let gap = page.gap ? { gap: true as const } : {}
    for (let start = 0; start < records.length;) {
      const stop = batchEnd(records, start, this.#options)
      const batch = records.slice(start, stop)
      const last = batch.at(-1)
      if (last === undefined) break
      start = stop
      const whole = start === records.length && !ended
      const { sequence, subSequence } = last
      const place = whole ? position : ({ at: 'after', sequence, subSequence } as const)
      const behind = whole ? millisBehindLatest : Math.max(1, millisBehindLatest)
      yield { records: batch, position: place, millisBehindLatest: behind, ...gap }
      gap = {}
    }
    if (ended) yield { ...shardEnd, ...gap }
    else if (records.length === 0 && (page.gap || millisBehindLatest === 0)) {
      yield { records: [], position, millisBehindLatest, ...gap }
    }
  }

  async #turn(): Promise<void> {
    const { signal } = this.#options
    const early = this.#dueAt - this.#parts.clock.monotonic()
    if (early > 0) await this.#parts.clock.sleep(early, signal)
    await this.#parts.pace.turn(this.#shardId, signal)
  }

  async #fetch(pages: ShardPages | ShardEvents): Promise<Fetched> {
    const { maxBatchBytes, signal } = this.#options
    const { maxCallRecords = Infinity } = this.#parts
    const fit = Math.floor(maxBatchBytes / this.#recordBytes)
    const fetched = await pages.fetch(Math.min(fit, maxCallRecords), signal)
    if (fetched.state !== 'page') return fetched
    const { millisBehindLatest, bytes, records } = fetched
    this.#failingSince = undefined
    // Now and then a call is throttled where several read: each costs as little as the first.
    if (this.#failures > 0) this.#backoff = new Backoff(backoff, this.#parts.clock)
    this.#failures = 0
    this.#heard = { at: this.#parts.clock.monotonic(), behindMs: millisBehindLatest }
    if (records.length > 0) this.#size(bytes / records.length)
    const { idleMs, behindMs, maxBytesPerSecond } = this.#parts
    const pause = Math.max(behindMs, (bytes / maxBytesPerSecond) * 1000)
    this.#dueAt = this.#heard.at + (millisBehindLatest > 0 ? pause : idleMs)
    return fetched
  }

  /** Larger records make smaller calls at once; smaller ones are believed slowly, but for the first. */
  #size(bytes: number): void {
    const grown = bytes - this.#recordBytes
    this.#recordBytes += grown > 0 || !this.#sized ? grown : grown / 8
    this.#sized = true
  }

  async #rest({ error, again }: { error: MillraceError; again: 'at once' | 'later' }): Promise<void> {
    const { clock, giveUpMs, observe } = this.#parts
    this.#failingSince ??= clock.monotonic()
    if (clock.monotonic() - this.#failingSince > giveUpMs) throw error
    if (again === 'at once') return
    const retryInMs = this.#backoff.nextMs()
    const attempt = ++this.#failures
    // Once is usual where several read: Kinesis counts all of their calls together.
    if (attempt > 1)
      observe({ type: 'outside-failed', what: 'source', error: messageOf(error), attempt, retryInMs })
    await clock.sleep(retryInMs, this.#options.signal)
  }

  /** At least: what arrived since the stream last answered is not known. */
  #behindMs(): number {
    const { at, behindMs } = this.#heard
    return Math.max(1, behindMs + Math.round(this.#parts.clock.monotonic() - at))
  }

  /** Absent when the reader was stopped before it was found. */
  async #tip(): Promise<Position | undefined> {
    const { connection, listShards } = this.#parts
    return await findTip(connection.serverNow(), {
      listShards,
      shardId: this.#shardId,
      readFrom: from => this.#lastFrom(from),
    })
  }

  /** Where the shard's records end now, if there are any from this position on. */
  async #lastFrom(from: Position): Promise<Position | undefined | 'stopped'> {
    const { signal } = this.#options
    const pages = new ShardPages(this.#shardId, from, this.#parts)
    while (!signal.aborted) {
      await this.#turn()
      const fetched = await this.#fetch(pages)
      if (fetched.state === 'trouble') await this.#rest(fetched)
      if (fetched.state === 'removed') return { at: 'shardEnd' }
      if (fetched.state !== 'page' || (fetched.millisBehindLatest > 0 && !fetched.ended)) continue
      return pages.position.at === 'after' ? pages.position : undefined
    }
    return 'stopped'
  }
}
