import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { messageOf, type Clock } from '../lib/index.ts'
import type { NewRecord, Producer } from '../streams/index.ts'
import { bounceAnswer, redirectAnswer, refuse, trackerAnswer, withCookie, type Answer } from './answers.ts'
import { readBody, type Body } from './body.ts'
import { collect, type Collected, type CollectSettings } from './collect.ts'
import type { CollectorConfig } from './config.ts'
import type { CollectorEvent } from '../observe/index.ts'
import { GroupCommit } from './group-commit.ts'
import { InFlightBytes, type Reservation } from './in-flight-bytes.ts'
import { redirectTarget } from './redirect.ts'
import { httpRequest } from './request.ts'
import type { Route } from './routes.ts'
import { doNotTrackOf, nobody } from './visitor.ts'

/** What a collector is made of besides its configuration. */
export interface CollectorParts {
  /** The raw stream. */
  readonly producer: Producer
  /** Keeps what is too large for the raw stream; without it, such events are lost, and counted. */
  readonly bad?: Producer
  readonly clock: Clock
  readonly observe: (event: CollectorEvent) => void
}

export type TrackRoute = Extract<Route, { to: 'track' | 'redirect' }>
type Recorded = Extract<Collected, { is: 'recorded' }>

const bodyless: Body = { is: 'whole', bytes: Buffer.alloc(0) }

/** Takes requests that carry events to the stream, and answers them once these are durable. */
export class Tracking {
  readonly #config: CollectorConfig
  readonly #parts: CollectorParts
  readonly #settings: CollectSettings
  readonly #inFlight: InFlightBytes
  readonly #good: GroupCommit
  readonly #bad: GroupCommit | null

  constructor(config: CollectorConfig, parts: CollectorParts) {
    const { producer, bad } = parts
    const maxRecordBytes = Math.min(producer.maxRecordBytes, config.maxRecordBytes ?? Infinity)
    this.#config = config
    this.#parts = parts
    this.#settings = { config, doNotTrack: doNotTrackOf(config), maxRecordBytes, newId: randomUUID }
    this.#inFlight = new InFlightBytes(config.maxBytesInFlight)
    this.#good = new GroupCommit(config, parts)
    this.#bad = bad === undefined ? null : new GroupCommit(config, { ...parts, producer: bad })
  }

  /** Whether the last thing heard of the streams, lately, is good. */
  get healthy(): boolean {
    return this.#good.healthy && (this.#bad?.healthy ?? true)
  }

  /** What is wrong with a stream that has taken nothing for seconds. */
  get outage(): string | undefined {
    return this.#good.outage ?? this.#bad?.outage
  }

  /** Resolves when every record is written or given up. */
  async idle(): Promise<void> {
    await Promise.all([this.#good.idle(), this.#bad?.idle()])
  }

  /** Records the request. Resolves to its answer once that is true. */
  async answer(message: IncomingMessage, route: TrackRoute): Promise<Answer> {
    return route.to === 'redirect' ? this.#redirect(message, route) : this.#track(message, route)
  }

  async #redirect(message: IncomingMessage, route: TrackRoute): Promise<Answer> {
    const { querystring } = route
    if (this.#config.redirectDomains.length === 0) return refuse('redirects-off')
    const unnamed = redirectTarget(querystring, this.#config, nobody)
    if (unnamed === null) return refuse('redirect-refused')
    const { headers, refused, networkUserId = nobody } = await this.#track(message, route)
    // A person waits at this link and would not ask twice: without the stream the event is lost either way.
    if (refused !== undefined)
      this.#parts.observe({
        type: 'redirect-unrecorded',
        path: route.path,
        error: refused.error ?? refused.reason,
      })
    const location = redirectTarget(querystring, this.#config, networkUserId) ?? unnamed
    return withCookie(redirectAnswer(location), headers['Set-Cookie'])
  }

  async #track(message: IncomingMessage, route: TrackRoute): Promise<Answer> {
    const reservation = this.#inFlight.open()
    try {
      return await this.#read(message, route, reservation)
    } finally {
      reservation.release()
    }
  }

  async #read(message: IncomingMessage, route: TrackRoute, reservation: Reservation): Promise<Answer> {
    const { clock, observe } = this.#parts
    const started = clock.monotonic()
    const receivedAt = clock.now()
    const { path, querystring } = route
    const body = await this.#body(message, reservation)
    if (body.is === 'unread') return refuse(body.reason, this.#config)
    const request = httpRequest(message, { path, querystring, body: body.bytes, receivedAt })
    const collected = collect(request, this.#settings)
    if (collected.is === 'ignored') {
      observe({ type: 'request-ignored', path })
      return trackerAnswer(message.method)
    }
    if (collected.is === 'bounced') {
      observe({ type: 'request-bounced', path })
      return withCookie(bounceAnswer(querystring, this.#config.cookieBounce.name), collected.cookie)
    }
    const bytes = sizeOf(collected.records) + sizeOf(collected.badRows)
    if (!reservation.take(bytes)) return refuse('overloaded', this.#config)
    const failure = await this.#write(collected, path)
    if (failure !== null) return failure
    const records = collected.records.length + collected.badRows.length
    observe({ type: 'request-accepted', path, records, bytes, ms: clock.monotonic() - started })
    const { cookie, networkUserId } = collected
    return { ...withCookie(trackerAnswer(message.method), cookie), networkUserId }
  }

  async #body(message: IncomingMessage, reservation: Reservation): Promise<Body> {
    if (message.method !== 'POST') return bodyless
    if ((message.headers['content-encoding'] ?? 'identity') !== 'identity')
      return { is: 'unread', reason: 'unsupported-encoding' }
    return readBody(message, this.#config.maxBodyBytes, reservation)
  }

  /**
   * Resolves to null once all is durable. What fits in no record goes to the bad stream and is then as good as taken:
   * sent again, it would be too large again, and a tracker that is not told 200 would try for ever.
   */
  async #write({ records, badRows, tooLarge }: Recorded, path: string): Promise<Answer | null> {
    const kept = this.#bad !== null
    try {
      await Promise.all([
        records.length > 0 ? this.#good.append(records) : undefined,
        badRows.length > 0 ? this.#bad?.append(badRows) : undefined,
      ])
    } catch (error) {
      const { retryAfterSeconds } = this.#config
      return refuse('sink-unavailable', { retryAfterSeconds, error: messageOf(error) })
    }
    for (const { bytes } of tooLarge)
      this.#parts.observe({
        type: 'request-too-large',
        path,
        bytes,
        limitBytes: this.#settings.maxRecordBytes,
        kept,
      })
    return records.length === 0 && !kept ? refuse('too-large-to-keep') : null
  }
}

function sizeOf(records: readonly NewRecord[]): number {
  return records.reduce((sum, record) => sum + record.data.length, 0)
}
