import { messageOf, type Clock } from '../../lib/index.ts'
import type { Position } from '../../streams/index.ts'
import { refusalOf, type Refusal } from './answer.ts'
import { ShardProgress, type Fetched, type ShardProgressParts } from './shard-progress.ts'
import { readGetRecords } from './shard-reply.ts'

export interface ShardPagesParts extends ShardProgressParts {
  readonly clock: Clock
  readonly readTimeoutMs: number
}

const maxRecordsPerCall = 10_000

/** The records of one shard, page by page, from a position on. Tries each call once, and says what came of it. */
export class ShardPages {
  readonly #shardId: string
  readonly #parts: ShardPagesParts
  readonly #progress: ShardProgress
  #iterator: string | undefined

  constructor(shardId: string, from: Position, parts: ShardPagesParts) {
    this.#shardId = shardId
    this.#parts = parts
    this.#progress = new ShardProgress(shardId, from, parts)
  }

  get position(): Position {
    return this.#progress.position
  }

  /** One GetRecords of so many stored records at most. Throws a MillraceError when it can never succeed. */
  fetch(maxRecords: number, signal: AbortSignal): Promise<Fetched> {
    return this.#progress.guarded(() => this.#fetch(maxRecords, signal))
  }

  async #fetch(maxRecords: number, signal: AbortSignal): Promise<Fetched> {
    if (this.#iterator === undefined) {
      const located = await this.#locate(signal)
      if (located !== undefined) return located
    }
    const limit = Math.max(1, Math.min(maxRecordsPerCall, maxRecords))
    const input = { ShardIterator: this.#iterator, Limit: limit }
    const asked = await this.#ask('GetRecords', input, signal)
    if ('kind' in asked) {
      if (asked.kind === 'expired-iterator' || asked.kind === 'missing') this.#iterator = undefined
      return await this.#progress.refused(asked)
    }
    const reply = readGetRecords(asked.body)
    const page = await this.#progress.page(reply, limit)
    this.#iterator = reply.next
    return page
  }

  /** Asks for an iterator at the position. Says what went wrong, if something did. */
  async #locate(signal: AbortSignal): Promise<Fetched | undefined> {
    const { type, sequence, timestamp } = this.#progress.start
    const input = {
      StreamName: this.#parts.stream,
      ShardId: this.#shardId,
      ShardIteratorType: type,
      StartingSequenceNumber: sequence,
      Timestamp: timestamp,
    }
    const asked = await this.#ask('GetShardIterator', input, signal)
    if (!('kind' in asked)) {
      this.#iterator = iteratorOf(asked.body)
      this.#progress.begun()
      return undefined
    }
    if (!this.#progress.tooOld(asked)) return await this.#progress.refused(asked)
    return await this.#locate(signal)
  }

  async #ask(operation: string, input: object, signal: AbortSignal): Promise<Refusal | { body: Buffer }> {
    const { connection, readTimeoutMs } = this.#parts
    const unreachable = (message: string): Refusal => ({ kind: 'unreachable', name: operation, message })
    try {
      const body = Buffer.from(JSON.stringify(input))
      const posted = await connection.call(operation, body, { answerMs: readTimeoutMs, signal })
      if (!('answer' in posted)) return unreachable(posted.error?.message ?? 'not sent')
      return refusalOf(posted.answer) ?? { body: posted.answer.body }
    } catch (error) {
      return unreachable(messageOf(error))
    }
  }
}

function iteratorOf(body: Buffer): string {
  const reply: unknown = JSON.parse(body.toString('utf8'))
  const found = typeof reply === 'object' && reply !== null ? Reflect.get(reply, 'ShardIterator') : undefined
  if (typeof found === 'string') return found
  throw new SyntaxError('the answer to GetShardIterator lacks ShardIterator')
}
