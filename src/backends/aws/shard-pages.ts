import { MillraceError, messageOf, type Clock } from '../../lib/index.ts'
import type { Observe } from '../../observe/index.ts'
import {
  advances,
  compareSequences,
  type Position,
  type Shard,
  type StreamRecord,
} from '../../streams/index.ts'
import { refusalOf, refusedCall, type Refusal } from './answer.ts'
import type { Connection } from './connection.ts'
import { readGetRecords, type GetRecordsReply } from './get-records.ts'
import { countOutside, userRecords } from './user-records.ts'

export interface ShardPagesParts {
  readonly stream: string
  readonly connection: Connection
  readonly listShards: () => Promise<readonly Shard[]>
  readonly clock: Clock
  readonly observe: Observe
  readonly readTimeoutMs: number
}

/** What one GetRecords brought. */
export interface Page {
  readonly state: 'page'
  readonly records: readonly StreamRecord[]
  /** Bytes as they came, before aggregates were taken apart. */
  readonly bytes: number
  /** Once all of these records are done. */
  readonly position: Position
  readonly millisBehindLatest: number
  readonly ended: boolean
  readonly gap: boolean
}

export type Fetched =
  | Page
  /** Retention has removed the shard. */
  | { readonly state: 'removed' }
  /** Nothing came, this time. */
  | { readonly state: 'trouble'; readonly error: MillraceError; readonly again: 'at once' | 'later' }

const maxRecordsPerCall = 10_000

/** The records of one shard, page by page, from a position on. Tries each call once, and says what came of it. */
export class ShardPages {
  readonly #shardId: string
  readonly #parts: ShardPagesParts
  #position: Position
  #iterator: string | undefined
  /** Where to begin when the position is too old to begin there. */
  #fromHorizon = false
  /** Begun from a record that has not shown itself: retention may have taken it, and others behind it. */
  #unproven = false
  #shard: Shard | undefined

  constructor(shardId: string, from: Position, parts: ShardPagesParts) {
    this.#shardId = shardId
    this.#parts = parts
    this.#position = from
  }

  get position(): Position {
    return this.#position
  }

  /** One GetRecords of so many stored records at most. Throws a MillraceError when it can never succeed. */
  async fetch(maxRecords: number, signal: AbortSignal): Promise<Fetched> {
    try {
      return await this.#fetch(maxRecords, signal)
    } catch (error) {
      if (error instanceof MillraceError && error.retryable)
        return { state: 'trouble', error, again: 'later' }
      if (!(error instanceof SyntaxError)) throw error
      const message = `cannot read ${this.#shardId} of ${this.#parts.stream}: ${error.message}; look at what answers there`
      const wrapped = new MillraceError('source', message, { retryable: true, cause: error })
      return { state: 'trouble', error: wrapped, again: 'later' }
    }
  }

  async #fetch(maxRecords: number, signal: AbortSignal): Promise<Fetched> {
    if (this.#iterator === undefined) {
      const located = await this.#locate(signal)
      if (located !== undefined) return located
    }
    const limit = Math.max(1, Math.min(maxRecordsPerCall, maxRecords))
    const input = { ShardIterator: this.#iterator, Limit: limit }
    const asked = await this.#ask('GetRecords', input, signal)
    if ('kind' in asked) return this.#refused(asked)
    return this.#page(readGetRecords(asked.body), limit)
  }

  /** Asks for an iterator at the position. Says what went wrong, if something did. */
  async #locate(signal: AbortSignal): Promise<Fetched | undefined> {
    const { stream } = this.#parts
    const start = this.#fromHorizon ? iteratorTypes({ at: 'trimHorizon' }) : iteratorTypes(this.#position)
    const input = { StreamName: stream, ShardId: this.#shardId, ...start }
    const asked = await this.#ask('GetShardIterator', input, signal)
    if (!('kind' in asked)) {
      this.#iterator = iteratorOf(asked.body)
      this.#unproven = this.#position.at === 'after'
      return undefined
    }
    const tooOld = asked.kind === 'invalid' && /InvalidArgument/.test(asked.name)
    if (!tooOld || this.#position.at !== 'after' || this.#fromHorizon) return await this.#refused(asked)
    this.#fromHorizon = true
    return await this.#locate(signal)
  }

  async #page(reply: GetRecordsReply, limit: number): Promise<Fetched> {
    const { records: stored, nextIterator, millisBehindLatest, hasChildren } = reply
    const ended = nextIterator === undefined && (hasChildren || (await this.#closed()))
    const gap = await this.#gap(stored[0]?.sequence, millisBehindLatest === 0 || ended)
    const { records, aggregated } = userRecords(stored)
    if (aggregated.length > 0) await this.#tellOutside(aggregated)
    const fresh = records.filter(record => advances(this.#position, placeOf(record)))
    const last = stored.at(-1)
    if (last !== undefined) this.#passed(last.sequence, records.at(-1))
    this.#iterator = nextIterator
    this.#fromHorizon = false
    return {
      state: 'page',
      records: fresh,
      bytes: stored.reduce((sum, { data }) => sum + data.byteLength, 0),
      position: ended ? { at: 'shardEnd' } : this.#position,
      // A full page may have left records behind, whatever it says.
      millisBehindLatest: stored.length >= limit ? Math.max(1, millisBehindLatest) : millisBehindLatest,
      ended,
      gap,
    }
  }

  #passed(sequence: string, last: StreamRecord | undefined): void {
    const subSequence = last?.sequence === sequence ? last.subSequence : 0
    const place = { at: 'after', sequence, subSequence } as const
    if (advances(this.#position, place)) this.#position = place
  }

  /** No next iterator without children is no end yet, unless the list of shards says so. */
  async #closed(): Promise<boolean> {
    const shard = (await this.#parts.listShards()).find(({ shardId }) => shardId === this.#shardId)
    return shard === undefined || shard.endingSequence !== undefined
  }

  /** Whether retention took the record that the reader went on from. Nobody knows then what it took behind it. */
  async #gap(first: string | undefined, nothingLeft: boolean): Promise<boolean> {
    if (!this.#unproven || this.#position.at !== 'after') return false
    if (first === undefined && !nothingLeft) return false
    this.#unproven = false
    const { sequence } = this.#position
    if (first === sequence) return false
    const shard = await this.#describe()
    // A reader that began at the tip of an empty shard goes on from where the shard starts.
    return shard === undefined || compareSequences(sequence, shard.startingSequence) > 0
  }

  async #tellOutside(aggregated: Parameters<typeof countOutside>[0]): Promise<void> {
    const shard = await this.#describe()
    const records = shard === undefined ? 0 : countOutside(aggregated, shard)
    if (records > 0) this.#parts.observe({ type: 'records-misrouted', shardId: this.#shardId, records })
  }

  async #describe(): Promise<Shard | undefined> {
    this.#shard ??= (await this.#parts.listShards()).find(({ shardId }) => shardId === this.#shardId)
    return this.#shard
  }

  async #refused(refusal: Refusal): Promise<Fetched> {
    const { stream, connection } = this.#parts
    const error = refusedCall('source', `read ${this.#shardId} of ${stream}`, refusal)
    if (refusal.kind === 'invalid') throw error
    if (refusal.kind === 'missing') return await this.#missing(error)
    if (refusal.kind === 'credentials') await connection.renewCredentials().catch(() => {})
    if (refusal.kind !== 'expired-iterator') return { state: 'trouble', error, again: 'later' }
    this.#iterator = undefined
    return { state: 'trouble', error, again: 'at once' }
  }

  async #missing(error: MillraceError): Promise<Fetched> {
    const shards = await this.#parts.listShards()
    this.#iterator = undefined
    if (shards.some(({ shardId }) => shardId === this.#shardId))
      return { state: 'trouble', error, again: 'later' }
    // Shards are numbered: one with a lower number than another's has been there.
    if (shards.some(({ shardId }) => ordinalOf(shardId) > ordinalOf(this.#shardId)))
      return { state: 'removed' }
    const message = `cannot read ${this.#shardId} of ${this.#parts.stream}: the stream never had such a shard; list its shards`
    throw new MillraceError('source', message, { retryable: false })
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

/** The record itself is asked for again: when it does not come, retention has taken it. */
function iteratorTypes(position: Position): object {
  switch (position.at) {
    case 'trimHorizon':
      return { ShardIteratorType: 'TRIM_HORIZON' }
    case 'timestamp':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: position.ms / 1000 }
    case 'after':
      return { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: position.sequence }
    case 'latest':
    case 'shardEnd':
      return { ShardIteratorType: 'LATEST' }
  }
}

function iteratorOf(body: Buffer): string {
  const reply: unknown = JSON.parse(body.toString('utf8'))
  const found = typeof reply === 'object' && reply !== null ? Reflect.get(reply, 'ShardIterator') : undefined
  if (typeof found === 'string') return found
  throw new SyntaxError('the answer to GetShardIterator lacks ShardIterator')
}

function placeOf({ sequence, subSequence }: StreamRecord): Position {
  return { at: 'after', sequence, subSequence }
}

function ordinalOf(shardId: string): number {
  return Number(/^shardId-(\d+)$/.exec(shardId)?.[1] ?? Infinity)
}
