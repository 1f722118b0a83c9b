import { MillraceError, orAborted, type Clock } from '../../lib/index.ts'
import type { Position } from '../../streams/index.ts'
import { refusalOf, type Refusal } from './answer.ts'
import type { EventMessage } from './event-stream.ts'
import {
  ShardProgress,
  type Fetched,
  type ShardProgressParts,
  type Start,
  type Trouble,
} from './shard-progress.ts'
import { readShardEvent } from './shard-reply.ts'
import type { StreamConsumer } from './stream-consumer.ts'
import { Subscription } from './subscription.ts'

export interface ShardEventsParts extends ShardProgressParts {
  readonly clock: Clock
  readonly readTimeoutMs: number
  /** A subscription that tells nothing for so long is given up. */
  readonly silentMs: number
}

// Retention cannot have passed a place that was told such a short time ago.
const freshMs = 4 * 60_000

/**
 * The records of one shard, event by event, as a subscription tells them (enhanced fan-out). A subscription lives for
 * five minutes, or until somebody else subscribes for the same consumer: then there is another one, from where the last
 * event said. The newest subscription wins, and whoever holds the lease has the newest.
 */
export class ShardEvents {
  readonly #shardId: string
  readonly #parts: ShardEventsParts
  readonly #consumer: StreamConsumer
  readonly #progress: ShardProgress
  #subscription: Subscription | undefined
  /** What has to be told before anything is read. */
  #trouble: Fetched | undefined
  /** Events since the subscription began. */
  #events = 0
  /** Where the next subscription goes on, and when that was told, own monotonic time. */
  #next: { readonly sequence: string; readonly at: number } | undefined

  constructor(shardId: string, from: Position, parts: ShardEventsParts, consumer: StreamConsumer) {
    this.#shardId = shardId
    this.#parts = parts
    this.#consumer = consumer
    this.#progress = new ShardProgress(shardId, from, parts)
  }

  get position(): Position {
    return this.#progress.position
  }

  /** Resolves when there is an event, or trouble: until then a reader needs no room for records. */
  async awaken(signal: AbortSignal): Promise<void> {
    if (this.#subscription === undefined)
      this.#trouble = await this.#progress.guarded(() => this.#subscribe(signal))
    const { silentMs } = this.#parts
    if (this.#subscription === undefined || (await this.#subscription.awaken(silentMs, signal))) return
    this.#trouble = this.#ended(`nothing came for ${silentMs} ms`)
  }

  /** One event. Throws a MillraceError when none can ever come. */
  fetch(_: number, signal: AbortSignal): Promise<Fetched> {
    return this.#progress.guarded(() => this.#fetch(signal))
  }

  close(): void {
    this.#subscription?.close()
    this.#subscription = undefined
  }

  async #fetch(signal: AbortSignal): Promise<Fetched> {
    const trouble = this.#trouble
    this.#trouble = undefined
    if (trouble !== undefined) return trouble
    try {
      const message = await this.#subscription?.next(this.#parts.readTimeoutMs, signal)
      if (message === undefined) return this.#ended('the subscription has ended')
      return await this.#read(message, signal)
    } catch (error) {
      this.close()
      throw error
    }
  }

  async #read({ headers, payload }: EventMessage, signal: AbortSignal): Promise<Fetched> {
    const { ':message-type': type, ':event-type': event } = headers
    if (type !== 'event') return await this.#failed(headers, payload)
    if (event !== 'SubscribeToShardEvent') return await this.#fetch(signal)
    this.#events++
    const reply = readShardEvent(payload)
    const page = await this.#progress.page(reply)
    const at = this.#parts.clock.monotonic()
    this.#next = reply.next === undefined ? undefined : { sequence: reply.next, at }
    if (page.ended) this.close()
    return page
  }

  async #failed(headers: Readonly<Record<string, string>>, payload: Buffer): Promise<Fetched> {
    this.close()
    const name = headers[':exception-type'] ?? headers[':error-code']
    return await this.#refused(
      refusalOf({ status: 400, headers: { 'x-amzn-errortype': name }, body: payload }),
    )
  }

  /** A subscription that told something has done its work; one that did not is not made again at once. */
  #ended(why: string): Trouble {
    this.close()
    const message = `cannot read ${this.#shardId} of ${this.#parts.stream}: ${why}`
    const error = new MillraceError('source', message, { retryable: true })
    return { state: 'trouble', error, again: this.#events > 0 ? 'at once' : 'later' }
  }

  /** Says what went wrong, if something did. */
  async #subscribe(signal: AbortSignal): Promise<Fetched | undefined> {
    const consumer = await orAborted(this.#consumer.arn(), signal)
    if (consumer === 'aborted') return this.#ended('reading was stopped')
    const goesOn = this.#goesOn()
    const input = {
      ConsumerARN: consumer,
      ShardId: this.#shardId,
      StartingPosition: shown(goesOn ?? this.#progress.start),
    }
    const { readTimeoutMs: answerMs, connection } = this.#parts
    const body = Buffer.from(JSON.stringify(input))
    const streamed = await connection.open('SubscribeToShard', body, { answerMs, signal })
    if (streamed.state === 'open') {
      this.#subscription = new Subscription(streamed.answer)
      this.#events = 0
      if (goesOn === undefined) this.#progress.begun()
      return undefined
    }
    const refusal = streamed.state === 'failed' ? unreachable(streamed.error) : refusalOf(streamed.answer)
    if (refusal === undefined) return this.#ended('an answer without events')
    if (refusal.kind === 'invalid' && goesOn !== undefined) {
      this.#next = undefined
      return await this.#subscribe(signal)
    }
    if (this.#progress.tooOld(refusal)) return await this.#subscribe(signal)
    return await this.#refused(refusal)
  }

  /** The place that the last event told, while retention cannot have passed it. */
  #goesOn(): Start | undefined {
    if (this.#next === undefined || this.#parts.clock.monotonic() - this.#next.at > freshMs) return undefined
    return { type: 'AFTER_SEQUENCE_NUMBER', sequence: this.#next.sequence }
  }

  async #refused(refusal: Refusal | undefined): Promise<Fetched> {
    if (refusal === undefined) return this.#ended('a refusal without a reason')
    if (refusal.kind === 'missing') this.#consumer.forget()
    return await this.#progress.refused(refusal)
  }
}

function shown({ type, sequence, timestamp }: Start): object {
  return { Type: type, SequenceNumber: sequence, Timestamp: timestamp }
}

function unreachable(message: string): Refusal {
  return { kind: 'unreachable', name: 'SubscribeToShard', message }
}
