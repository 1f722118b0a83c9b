import { Backoff, MillraceError, messageOf, type Clock } from '../../lib/index.ts'
import { refuseUnfit, type NewRecord, type Producer } from '../../streams/index.ts'
import { refusalOf, refusedCall } from './answer.ts'
import type { Connection } from './connection.ts'
import { maxPutRecords, putRecordsBody } from './put-body.ts'
import { putResults } from './put-reply.ts'
import type { Posted } from './socket-post.ts'

export interface ProducerSettings {
  readonly clock: Clock
  readonly putTimeoutMs: number
  readonly maxRequestBytes: number
  readonly maxRecordBytes: number
  /** How long one put is tried for. */
  readonly giveUpMs: number
}

const backoff = { minMs: 50, maxMs: 2000 }

/**
 * Appends to a raw stream. What was refused is put again, and so is what has an unknown fate: there is no telling, and a
 * record that comes twice is better than one that is lost.
 */
export class KinesisProducer implements Producer {
  readonly stream: string
  readonly maxRecordBytes: number
  readonly #connection: Connection
  readonly #settings: ProducerSettings

  constructor(stream: string, connection: Connection, settings: ProducerSettings) {
    this.stream = stream
    this.maxRecordBytes = settings.maxRecordBytes
    this.#connection = connection
    this.#settings = settings
  }

  async put(records: readonly NewRecord[]): Promise<void> {
    for (const record of records) refuseUnfit(this.stream, record, this.maxRecordBytes)
    for (const request of cut(records, this.#settings.maxRequestBytes)) await this.#putAll(request)
  }

  async close(): Promise<void> {}

  async #putAll(records: readonly NewRecord[]): Promise<void> {
    const { clock, giveUpMs } = this.#settings
    const until = clock.monotonic() + giveUpMs
    const pause = new Backoff(backoff, clock)
    for (let left = records; ;) {
      const { open, why } = await this.#try(left)
      left = open
      if (left.length === 0) return
      if (clock.monotonic() >= until || this.#connection.closed.aborted) {
        const message = `put of ${left.length} of ${records.length} records on ${this.stream} failed: ${why}`
        throw new MillraceError('sink', message, { retryable: true })
      }
      await pause.wait(this.#connection.closed)
    }
  }

  /** What is not known to be stored after one request, and the last thing that was wrong. */
  async #try(records: readonly NewRecord[]): Promise<{ open: readonly NewRecord[]; why: string }> {
    const body = putRecordsBody(this.stream, records)
    let posted: Posted
    try {
      posted = await this.#connection.call('PutRecords', body, { answerMs: this.#settings.putTimeoutMs })
    } catch (error) {
      return { open: records, why: messageOf(error) }
    }
    if (!('answer' in posted)) return { open: records, why: posted.error?.message ?? 'nothing was sent' }
    const refusal = refusalOf(posted.answer)
    if (refusal === undefined) {
      const results = putResults(posted.answer.body, records.length)
      return {
        open: records.filter((_, i) => results[i]?.fate !== 'stored'),
        why: 'the stream refuses records',
      }
    }
    if (refusal.kind === 'invalid' || refusal.kind === 'missing') {
      throw refusedCall('sink', `put records on ${this.stream}`, refusal)
    }
    if (refusal.kind === 'credentials') await this.#connection.renewCredentials()
    return { open: records, why: `${refusal.name} ${refusal.message}` }
  }
}

function cut(records: readonly NewRecord[], maxBytes: number): NewRecord[][] {
  const requests: NewRecord[][] = []
  let bytes = Infinity
  for (const record of records) {
    const size = record.data.byteLength + Buffer.byteLength(record.partitionKey)
    const request = requests.at(-1)
    if (request === undefined || request.length >= maxPutRecords || bytes + size > maxBytes) {
      requests.push([record])
      bytes = size
    } else {
      request.push(record)
      bytes += size
    }
  }
  return requests
}
