import { MillraceError } from '../../lib/index.ts'
import type { Observe } from '../../observe/index.ts'
import {
  advances,
  compareSequences,
  type Position,
  type Shard,
  type StreamRecord,
} from '../../streams/index.ts'
import { refusedCall, type Refusal } from './answer.ts'
import type { Connection } from './connection.ts'
import type { ProvenancePlace } from './provenance-key.ts'
import { mayHaveExpired } from './retention.ts'
import type { ShardReply } from './shard-reply.ts'
import { countOutside, userRecords } from './user-records.ts'

export interface ShardProgressParts {
  readonly stream: string
  readonly connection: Connection
  readonly listShards: () => Promise<readonly Shard[]>
  readonly observe: Observe
  readonly provenance?: ProvenancePlace
}

/** What one answer, or one event of a subscription, brought. */
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
  | Trouble

export interface Trouble {
  readonly state: 'trouble'
  readonly error: MillraceError
  readonly again: 'at once' | 'later'
}

/** Where reading begins, as GetShardIterator and SubscribeToShard are told. */
export interface Start {
  readonly type: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP' | 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'
  readonly sequence?: string
  /** Seconds since the epoch. */
  readonly timestamp?: number
}

/** How far one reader has come in a shard, and what the stream's replies mean there. */
export class ShardProgress {
  readonly #shardId: string
  readonly #parts: ShardProgressParts
  #position: Position
  /** Where to begin when the position is too old to begin there. */
  #fromHorizon = false
  /** Begun from a record, or a moment, that has not shown itself: retention may have taken it, and others behind it. */
  #unproven = false
  #shard: Shard | undefined

  constructor(shardId: string, from: Position, parts: ShardProgressParts) {
    this.#shardId = shardId
    this.#parts = parts
    this.#position = from
  }

  get position(): Position {
    return this.#position
  }

  /** The place to begin at. */
  get start(): Start {
    return this.#fromHorizon ? { type: 'TRIM_HORIZON' } : startAt(this.#position)
  }

  /** Reading has begun at `start`. */
  begun(): void {
    this.#unproven = this.#position.at === 'after' || this.#position.at === 'timestamp'
  }

  /** True when a refused `start` was too old to begin at: there is another one now. */
  tooOld({ kind, name }: Refusal): boolean {
    const old = kind === 'invalid' && /InvalidArgument/.test(name)
    if (!old || this.#position.at !== 'after' || this.#fromHorizon) return false
    this.#fromHorizon = true
    return true
  }

  /** The user records of a reply that are new. `limit`: the most that it could have brought. */
  async page(reply: ShardReply, limit = Infinity): Promise<Page> {
    const { records: stored, next, millisBehindLatest, hasChildren } = reply
    const ended = next === undefined && (hasChildren || (await this.#closed()))
    const gap = await this.#gap(stored[0]?.sequence, millisBehindLatest === 0 || ended)
    const { records, aggregated } = userRecords(stored, this.#parts.provenance)
    if (aggregated.length > 0) await this.#tellOutside(aggregated)
    const fresh = records.filter(record => advances(this.#position, placeOf(record)))
    const last = stored.at(-1)
    if (last !== undefined) this.#passed(last.sequence, records.at(-1))
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

  /** What a refused call means. Throws a MillraceError when it will be refused for ever. */
  async refused(refusal: Refusal): Promise<Fetched> {
    const { stream, connection } = this.#parts
    const error = refusedCall('source', `read ${this.#shardId} of ${stream}`, refusal)
    if (refusal.kind === 'invalid') throw error
    if (refusal.kind === 'missing') return await this.#missing(error)
    if (refusal.kind === 'credentials') await connection.renewCredentials()
    return { state: 'trouble', error, again: refusal.kind === 'expired-iterator' ? 'at once' : 'later' }
  }

  /** Failures that another attempt may not meet are trouble, like gibberish from whatever answers. */
  async guarded<T>(fetch: () => Promise<T>): Promise<T | Trouble> {
    try {
      return await fetch()
    } catch (error) {
      if (error instanceof MillraceError && error.retryable)
        return { state: 'trouble', error, again: 'later' }
      if (!(error instanceof SyntaxError)) throw error
      const message = `cannot read ${this.#shardId} of ${this.#parts.stream}: ${error.message}; look at what answers there`
      const wrapped = new MillraceError('source', message, { retryable: true, cause: error })
      return { state: 'trouble', error: wrapped, again: 'later' }
    }
  }

  #passed(sequence: string, last: StreamRecord | undefined): void {
    const subSequence = last?.sequence === sequence ? last.subSequence : 0
    const place = { at: 'after', sequence, subSequence } as const
    if (advances(this.#position, place)) this.#position = place
  }

  /** Nothing to go on from, and no children, is no end yet, unless the list of shards says so. */
  async #closed(): Promise<boolean> {
    const shard = (await this.#parts.listShards()).find(({ shardId }) => shardId === this.#shardId)
    return shard === undefined || shard.endingSequence !== undefined
  }

  /** Whether retention took the record that the reader went on from. Nobody knows then what it took behind it. */
  async #gap(first: string | undefined, nothingLeft: boolean): Promise<boolean> {
    if (!this.#unproven) return false
    if (this.#position.at === 'after' && first === undefined && !nothingLeft) return false
    const taken = await this.#taken(first)
    // Only now: where that could not be found out, the same page comes again.
    this.#unproven = false
    return taken
  }

  /** Whether retention took what is at the position, when `first` is the first that comes. */
  async #taken(first: string | undefined): Promise<boolean> {
    const position = this.#position
    if (position.at === 'timestamp')
      return await mayHaveExpired(this.#parts.connection, this.#parts.stream, position.ms)
    if (position.at !== 'after' || first === position.sequence) return false
    const shard = await this.#describe()
    // A reader that began at the tip of an empty shard goes on from where the shard starts.
    return shard === undefined || compareSequences(position.sequence, shard.startingSequence) > 0
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

  async #missing(error: MillraceError): Promise<Fetched> {
    const shards = await this.#parts.listShards()
    if (shards.some(({ shardId }) => shardId === this.#shardId))
      return { state: 'trouble', error, again: 'later' }
    // Shards are numbered: one with a lower number than another's has been there.
    if (shards.some(({ shardId }) => ordinalOf(shardId) > ordinalOf(this.#shardId)))
      return { state: 'removed' }
    const message = `cannot read ${this.#shardId} of ${this.#parts.stream}: the stream never had such a shard; list its shards`
    throw new MillraceError('source', message, { retryable: false })
  }
}

/** The record itself is asked for again: when it does not come, retention has taken it. */
function startAt(position: Position): Start {
  switch (position.at) {
    case 'trimHorizon':
      return { type: 'TRIM_HORIZON' }
    case 'timestamp':
      return { type: 'AT_TIMESTAMP', timestamp: position.ms / 1000 }
    case 'after':
      return { type: 'AT_SEQUENCE_NUMBER', sequence: position.sequence }
    case 'latest':
    case 'shardEnd':
      return { type: 'LATEST' }
  }
}

function placeOf({ sequence, subSequence }: StreamRecord): Position {
  return { at: 'after', sequence, subSequence }
}

function ordinalOf(shardId: string): number {
  return Number(/^shardId-(\d+)$/.exec(shardId)?.[1] ?? Infinity)
}
