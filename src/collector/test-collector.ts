import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
// Only the fields of the record as they stand there: what the pipeline makes of them is its own business.
import { readRequest, type CollectedRequest } from '../core/decode/request.ts'
import { configDefaults } from '../config/index.ts'
import { MillraceError, systemClock, type Clock } from '../lib/index.ts'
import type { CollectorEvent } from '../observe/index.ts'
import type { NewRecord, Producer } from '../streams/index.ts'
import { startCollector, type CollectorConfig } from './index.ts'

/** What an empty configuration means. */
export const collectorDefaults: CollectorConfig = {
  ...configDefaults.collector,
  processor: { artifact: 'millrace-collector', version: '0.1.0' },
}

/** A stream in memory that can be held up and broken. */
export class FakeStream implements Producer {
  readonly stream: string
  readonly maxRecordBytes: number
  /** What is durable. */
  readonly records: NewRecord[] = []
  /** How many records each call brought, also those that failed. */
  readonly calls: number[] = []
  #gate: Promise<void> = Promise.resolve()
  #broken = false
  #called = Promise.withResolvers<void>()
  #stored = Promise.withResolvers<void>()

  constructor(stream: string, maxRecordBytes = 1024 * 1024) {
    this.stream = stream
    this.maxRecordBytes = maxRecordBytes
  }

  /** Calls wait from now on, until what is returned is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    return resolve
  }

  break(): void {
    this.#broken = true
  }

  mend(): void {
    this.#broken = false
  }

  /** Resolves when the calls brought so many records in all. */
  async offered(records = 1): Promise<void> {
    while (this.calls.reduce((sum, call) => sum + call, 0) < records) await this.#called.promise
  }

  /** Resolves when so many records are durable in all. */
  async stored(records: number): Promise<void> {
    while (this.records.length < records) await this.#stored.promise
  }

  async put(records: readonly NewRecord[]): Promise<void> {
    this.calls.push(records.length)
    this.#called.resolve()
    this.#called = Promise.withResolvers()
    await this.#gate
    if (this.#broken) throw new MillraceError('sink', `put to ${this.stream} failed`, { retryable: true })
    this.records.push(...records)
    this.#stored.resolve()
    this.#stored = Promise.withResolvers()
  }

  async close(): Promise<void> {}

  /** The requests in it, as they were written down. */
  get requests(): CollectedRequest[] {
    return this.records.map(({ data }) => decode(data))
  }

  /** The only request in it. */
  get request(): CollectedRequest {
    const [request, ...more] = this.requests
    assert.ok(request !== undefined && more.length === 0, `${this.records.length} records instead of one`)
    return request
  }
}

function decode(data: Uint8Array): CollectedRequest {
  const request = readRequest(Buffer.from(data))
  if ('error' in request) throw new Error(request.error)
  return request
}

export interface OpenOptions {
  readonly config?: Partial<CollectorConfig>
  readonly raw?: FakeStream
  /** Null: no bad stream. */
  readonly bad?: FakeStream | null
  readonly clock?: Clock
}

export interface OpenCollector {
  readonly url: string
  readonly port: number
  readonly raw: FakeStream
  readonly bad: FakeStream
  readonly events: CollectorEvent[]
  /** The first event of a type, past or to come. */
  readonly observed: <T extends CollectorEvent['type']>(
    type: T,
  ) => Promise<Extract<CollectorEvent, { type: T }>>
  readonly stop: () => Promise<void>
}

/** A collector on a free port, until the end of the test. */
export async function open(t: TestContext, options: OpenOptions = {}): Promise<OpenCollector> {
  const { raw = new FakeStream('raw'), bad = new FakeStream('bad'), clock = systemClock } = options
  const events: CollectorEvent[] = []
  let told = Promise.withResolvers<void>()
  const config = { ...collectorDefaults, port: 0, terminationDeadlineMs: 1_000, ...options.config }
  const running = await startCollector(config, {
    producer: raw,
    ...(bad === null ? {} : { bad }),
    clock,
    observe(event) {
      events.push(event)
      told.resolve()
      told = Promise.withResolvers()
    },
  })
  t.after(() => running.stop())
  return {
    url: `http://127.0.0.1:${running.port}`,
    port: running.port,
    raw,
    bad: bad ?? new FakeStream('none'),
    events,
    async observed(type) {
      for (;;) {
        const found = events.find(event => isOf(event, type))
        if (found !== undefined && isOf(found, type)) return found
        await told.promise
      }
    },
    stop: () => running.stop(),
  }
}

function isOf<T extends CollectorEvent['type']>(
  event: CollectorEvent,
  type: T,
): event is Extract<CollectorEvent, { type: T }> {
  return event.type === type
}

export const tp2 = '/com.snowplowanalytics.snowplow/tp2'

/** A tp2 body with these events. */
export function payloadData(events: readonly unknown[]): string {
  return JSON.stringify({
    schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
    data: events,
  })
}

export function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  const json = { 'Content-Type': 'application/json; charset=UTF-8' }
  return fetch(url, { method: 'POST', body, headers: { ...json, ...headers } })
}

/** Writes bytes to the port as they are, and resolves to all that comes back until the other side hangs up. */
export function exchange(port: number, ...chunks: readonly (string | Buffer)[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('data', data => (received += data.toString('latin1')))
  // Whether the other side says goodbye or not, what it said before is what counts.
  socket.on('error', () => {})
  socket.on('close', () => resolve(received))
  for (const chunk of chunks) socket.write(chunk)
  return promise
}
