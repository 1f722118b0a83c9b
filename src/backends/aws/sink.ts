import type { PutReply, PutRequest, ReadBackSink, RecordFate } from '../../delivery/index.ts'
import { MillraceError, messageOf, type Clock } from '../../lib/index.ts'
import type { Observe } from '../../observe/index.ts'
import { hashKeyOf, refuseUnfit, type OutputRecord, type WrittenProvenance } from '../../streams/index.ts'
import { refuseKind, type StreamSinkOptions } from '../backend.ts'
import { refusalOf, refusedCall, type Refusal } from './answer.ts'
import type { Connection } from './connection.ts'
import { Pacing } from './pacing.ts'
import { maxProvenanceBytes, writeProvenanceKey, type ProvenancePlace } from './provenance-key.ts'
import { maxPutRecords, putRecordsBody, type PutEntry } from './put-body.ts'
import { putResults } from './put-reply.ts'
import { listShards } from './shards.ts'
import type { Posted } from './socket-post.ts'

export interface SinkSettings {
  readonly clock: Clock
  readonly observe: Observe
  /** A put that has not answered by then has an unknown fate. As in the delivery's timers: the fence counts on it. */
  readonly putTimeoutMs: number
  /** Data and keys of one request together, at most. */
  readonly maxRequestBytes: number
  /** Data and key of one record together, at most: what the streams are set to. */
  readonly maxRecordBytes: number
  /** Where records say what made them. `derivedContext`: in the data that good ones bring; keys stay as they are. */
  readonly provenance: ProvenancePlace
}

interface Entry extends PutEntry {
  readonly hashKey: bigint
}

/** Refused credentials are renewed so many times before the caller hears of them. */
const maxCredentialRefusals = 5
const refreshShardsMs = 30_000

/**
 * Output streams on Kinesis. One `put` is one PutRecords at most, never repeated. Records for a shard that is too hot
 * are held back, and then `refused` without having been sent.
 */
export class KinesisSink implements ReadBackSink {
  readonly capability = 'readBack'
  readonly maxRequestRecords = maxPutRecords
  readonly maxRequestBytes: number
  readonly #options: StreamSinkOptions
  readonly #connection: Connection
  readonly #settings: SinkSettings
  readonly #pacing = new Map<string, StreamPacing>()
  #credentialRefusals = 0
  /** Requests in a row that failed as a whole. */
  #failures = 0

  constructor(options: StreamSinkOptions, connection: Connection, settings: SinkSettings) {
    this.#options = options
    this.#connection = connection
    this.#settings = settings
    // Callers count the keys that were meant; provenance comes on top.
    this.maxRequestBytes = settings.maxRequestBytes - maxPutRecords * maxProvenanceBytes
  }

  async put({ kind, records, epoch, mayGo }: PutRequest): Promise<PutReply> {
    const stream = this.#options.streams[kind] ?? refuseKind(kind)
    const all = records.map(record => this.#entry(stream, record, epoch))
    const { pacing } = this.#pacingOf(stream)
    const { clock, putTimeoutMs } = this.#settings
    const { admitted, waitMs } = pacing.plan(all.map(hashKey), clock.monotonic())
    if (waitMs > 0) await clock.sleep(waitMs, this.#connection.closed)
    const entries = admitted.length === all.length ? all : pick(all, admitted)
    const body = putRecordsBody(stream, entries)
    const posted = await this.#call(stream, body, { answerMs: putTimeoutMs, mayGo })
    if (!posted.sent && posted.error === undefined) return { sent: false }
    const leftAt = posted.sent ? posted.leftAt : clock.monotonic()
    const fates = await this.#fates(stream, posted, entries)
    const spread: RecordFate[] = all.map(() => 'refused')
    for (const [i, index] of admitted.entries()) spread[index] = fates[i] ?? 'unknown'
    return { sent: true, leftAt, fates: spread }
  }

  async close(): Promise<void> {}

  #entry(stream: string, record: OutputRecord, epoch: number): Entry {
    const { partitionKey, data } = record
    const { maxRecordBytes, provenance } = this.#settings
    refuseUnfit(stream, record, maxRecordBytes)
    const hashKey = hashKeyOf(partitionKey)
    if (provenance !== 'partitionKey') return { partitionKey, data, hashKey }
    const { application } = this.#options
    const written = { ...record.provenance, application, output: record.output, epoch }
    const key = keyWithin(written, partitionKey, maxRecordBytes - data.byteLength)
    refuseUnfit(stream, { partitionKey: key, data }, maxRecordBytes)
    return { partitionKey: key, explicitHashKey: hashKey.toString(), data, hashKey }
  }

  async #call(
    stream: string,
    body: Buffer,
    options: { answerMs: number; mayGo: () => boolean },
  ): Promise<Posted> {
    try {
      return await this.#connection.call('PutRecords', body, options)
    } catch (error) {
      const message = `cannot put records on ${stream}: ${messageOf(error)}; look at region and credentials`
      throw new MillraceError('sink', message, { retryable: true, cause: error })
    }
  }

  async #fates(stream: string, posted: Posted, entries: readonly Entry[]): Promise<readonly RecordFate[]> {
    const every = (fate: RecordFate) => entries.map(() => fate)
    if (!('answer' in posted)) {
      this.#failed(stream, posted.error?.message ?? 'not sent')
      return every(posted.sent ? 'unknown' : 'refused')
    }
    const refusal = refusalOf(posted.answer)
    if (refusal === undefined) {
      this.#credentialRefusals = 0
      this.#failures = 0
      const fates = putResults(posted.answer.body, entries.length).map(({ fate }) => fate)
      this.#learn(stream, entries, fates)
      return fates
    }
    const fate = await this.#refused(stream, refusal)
    this.#failed(stream, `${refusal.name} ${refusal.message}`)
    if (refusal.kind === 'throttled') this.#learn(stream, entries, every(fate))
    return every(fate)
  }

  /** What a no to the whole request says about its records. Throws when nobody needs to try again. */
  async #refused(stream: string, refusal: Refusal): Promise<RecordFate> {
    switch (refusal.kind) {
      case 'throttled':
        return 'refused'
      case 'credentials':
        if (++this.#credentialRefusals > maxCredentialRefusals) break
        await this.#connection.renewCredentials()
        return 'refused'
      case 'down':
      case 'expired-iterator':
      case 'unreachable':
        return 'unknown'
      case 'missing':
      case 'invalid':
        break
    }
    throw refusedCall('sink', `put records on ${stream}`, refusal)
  }

  /** The caller decides when it is tried again; why it has to be, only this place knows. */
  #failed(stream: string, why: string): void {
    const error = `cannot put records on ${stream}: ${why}`
    const attempt = ++this.#failures
    this.#settings.observe({ type: 'outside-failed', what: 'sink', error, attempt, retryInMs: 0 })
  }

  #learn(stream: string, entries: readonly Entry[], fates: readonly RecordFate[]): void {
    const { pacing } = this.#pacingOf(stream)
    const refused = (index: number) => fates[index] === 'refused'
    if (!pacing.active && !fates.includes('refused')) return
    this.#refreshShards(stream)
    pacing.learn(entries.map(hashKey), refused, this.#settings.clock.monotonic())
  }

  /** In the background: until the shards are known, nothing is held back. */
  #refreshShards(stream: string): void {
    const paced = this.#pacingOf(stream)
    const now = this.#settings.clock.monotonic()
    if (now < paced.refreshAt) return
    paced.refreshAt = now + refreshShardsMs
    const { client, closed } = this.#connection
    listShards(client, stream, closed).then(
      shards => (paced.pacing.shards = shards),
      () => (paced.refreshAt = now + 1000),
    )
  }

  #pacingOf(stream: string): StreamPacing {
    const found = this.#pacing.get(stream) ?? { pacing: new Pacing(), refreshAt: Number.NEGATIVE_INFINITY }
    this.#pacing.set(stream, found)
    return found
  }
}

interface StreamPacing {
  readonly pacing: Pacing
  refreshAt: number
}

function hashKey(entry: Entry): bigint {
  return entry.hashKey
}

function pick(entries: readonly Entry[], indexes: readonly number[]): Entry[] {
  return indexes.flatMap(index => entries[index] ?? [])
}

/** Of a record that is nearly as large as one may be, the key that was meant is left out. */
function keyWithin(provenance: WrittenProvenance, partitionKey: string, room: number): string {
  const key = writeProvenanceKey(provenance, partitionKey)
  return Buffer.byteLength(key) <= room ? key : writeProvenanceKey(provenance)
}
