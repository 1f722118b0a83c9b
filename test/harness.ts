import assert from 'node:assert/strict'
import type { Backend } from '../src/backends/index.ts'
import { transactionalDelivery, type Committer } from '../src/delivery/index.ts'
import { systemClock } from '../src/lib/index.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import { tail, type OutputRecord } from '../src/streams/index.ts'
import type { Batch, Enriched } from '../src/worker/job.ts'
import type { Enricher } from '../src/worker/enricher.ts'
import { EnrichWorker, type WorkerOptions } from '../src/worker/worker.ts'

export const timers = { leaseMs: 400, renewMs: 100, scanMs: 60, shardSyncMs: 300 }

/** Copies each raw record to the good stream. */
export const copier: Enricher = {
  async enrich({ stream, shardId, records }: Batch): Promise<Enriched> {
    const outputs = records.map(({ sequence, subSequence, partitionKey, data }): OutputRecord => ({
      kind: 'good',
      partitionKey,
      data,
      output: 0,
      provenance: { stream, shardId, sequence, subSequence, index: 0 },
    }))
    return { outputs, omitted: {}, free() {} }
  },
  async close() {},
}

export async function createStreams(backend: Backend, shards: number): Promise<void> {
  await backend.createStream('raw', { shards, role: 'raw' })
  await backend.createStream('good', { shards: 1, role: 'output' })
  await backend.createStream('bad', { shards: 1, role: 'output' })
}

/** Events that can be waited for. */
export class Events {
  readonly #waiting = new Set<{ matches: (event: MillraceEvent) => boolean; resolve: () => void }>()

  readonly observe = (event: MillraceEvent): void => {
    for (const wait of this.#waiting) if (wait.matches(event)) wait.resolve()
  }

  seen(matches: (event: MillraceEvent) => boolean): Promise<void> {
    return new Promise(resolve => this.#waiting.add({ matches, resolve }))
  }
}

function committerOf(backend: Backend): Committer {
  const streams = { good: 'good', bad: 'bad' }
  const sink = backend.sink({ application: 'app', inputStream: 'raw', streams })
  return sink.capability === 'transactional' ? sink : assert.fail('no transactions here')
}

/** A worker on the streams `raw`, `good` and `bad`, with whatever is given in place of what it would have. */
export function makeWorker(
  backend: Backend,
  name: string,
  enricher: Enricher = copier,
  given: Partial<WorkerOptions> = {},
) {
  const events = new Events()
  const worker = new EnrichWorker({
    name,
    source: backend.source('raw'),
    leaseStore: backend.leaseStore({ application: 'app', stream: 'raw' }),
    delivery: given.delivery ?? transactionalDelivery(committerOf(backend)),
    enricher,
    initialPosition: { at: 'trimHorizon' },
    timers,
    maxLeases: 1000,
    maxBatchBytes: 64 * 1024,
    maxBatchRecords: 7,
    maxBufferedBytes: 1024 * 1024,
    drainMs: 5000,
    clock: systemClock,
    observe: events.observe,
    ...given,
  })
  return { worker, seen: (matches: (event: MillraceEvent) => boolean) => events.seen(matches) }
}

export async function put(backend: Backend, from: number, to: number): Promise<void> {
  const producer = backend.producer('raw')
  for (let n = from; n < to; n++)
    await producer.put([{ partitionKey: `key-${n}`, data: Buffer.from(String(n)) }])
}

/** The data of a stream's records: until `count` are there and no more come, or nothing has come for a long time. */
export async function readAll(backend: Backend, stream: string, count: number): Promise<string[]> {
  const found: string[] = []
  const stop = new AbortController()
  const options = { maxBatchBytes: 1e6, maxBatchRecords: 1000, from: { at: 'trimHorizon' } as const }
  let idle = 0
  for await (const { records } of tail(backend.source(stream), { ...options, signal: stop.signal })) {
    for (const { data } of records) found.push(Buffer.from(data).toString())
    idle = records.length === 0 ? idle + 1 : 0
    if ((found.length >= count && idle >= 3) || idle > 200) stop.abort()
  }
  return found
}

export async function readNumbers(backend: Backend, count: number): Promise<number[]> {
  return (await readAll(backend, 'good', count)).map(Number)
}

export const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
export const inOrder = (found: readonly number[]) => found.toSorted((a, b) => a - b)
