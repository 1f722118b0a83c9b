import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openEmbedded, type EmbeddedBackend } from '../src/backends/embedded/index.ts'
import type { HeldLease, LeaseStore } from '../src/leases/index.ts'
import { tail, type NewRecord, type OutputRecord, type Position } from '../src/streams/index.ts'

// The embedded backend: how much it takes, how soon it comes out, and whether renewals notice.

const shard = 'shardId-000000000000'
const consumer = { application: 'bench', stream: 'raw' }
const horizon: Position = { at: 'trimHorizon' }
const limits = { maxBatchBytes: 4 * 1024 * 1024, maxBatchRecords: 5000 }

export async function benchEmbedded(seconds = 4): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const backend = openEmbedded({ directory })
  await backend.createStream('raw', { shards: 1, role: 'raw' })
  await backend.createStream('good', { shards: 2, role: 'output' })
  await backend.createStream('slow', { shards: 1, role: 'raw' })
  try {
    const lease = await takeLease(backend.leaseStore(consumer))
    const quiet = await renewals(backend, lease, seconds / 2)
    const before = await appends(backend, seconds)
    await reads(backend, before)
    await smallPuts(backend, seconds / 2)
    const kept = await commits(backend, quiet.lease, seconds)
    await latency(backend, seconds)
    await underLoad(backend, kept, { seconds, quiet: quiet.waits })
  } finally {
    await backend.close()
    await rm(directory, { recursive: true })
  }
}

function print(what: string, value: string): void {
  console.log(`  ${what.padEnd(58)} ${value}`)
}

/** Two puts of 500 records of 2 KB on their way at any time; every one is on the disk before it counts. */
async function appends(backend: EmbeddedBackend, seconds: number): Promise<number> {
  const producer = backend.producer('raw')
  const records = Array.from({ length: 500 }, (_, i) => record(`k${i}`, 2000))
  const { done, ms } = await flatOut(2, seconds, async () => {
    await producer.put(records)
    return records.length
  })
  print('appends, 2 KB records, puts of 500, synced', perSecond(done, ms))
  return done
}

async function reads(backend: EmbeddedBackend, count: number): Promise<void> {
  const stop = new AbortController()
  const started = performance.now()
  let read = 0
  for await (const batch of backend.source('raw').read(shard, horizon, { ...limits, signal: stop.signal })) {
    read += batch.records.length
    if (read >= count) break
  }
  print('reads, 2 KB records, from the horizon', perSecond(read, performance.now() - started))
}

/** What a collector does: many requests at once, one record each. */
async function smallPuts(backend: EmbeddedBackend, seconds: number): Promise<void> {
  const producer = backend.producer('slow')
  const waits: number[] = []
  const { done, ms } = await flatOut(64, seconds, async () => {
    const started = performance.now()
    await producer.put([record('k', 2000)])
    waits.push(performance.now() - started)
    return 1
  })
  print('puts of one record, 64 at once, synced', `${perSecond(done, ms)}, ${percentiles(waits)}`)
}

async function commits(backend: EmbeddedBackend, lease: HeldLease, seconds: number): Promise<HeldLease> {
  const committer = backend.committer({ ...consumer, inputStream: 'raw', streams: { good: 'good' } })
  const waits: number[] = []
  let sequence = 0
  const { done, ms } = await flatOut(1, seconds, async () => {
    const outputs = Array.from({ length: 100 }, () => output(++sequence, new Uint8Array(2000)))
    const position: Position = { at: 'after', sequence: String(sequence), subSequence: 0 }
    const started = performance.now()
    const outcome = await committer.commit(lease, { outputs, position })
    if (outcome === 'lost') throw new Error('the lease was lost')
    waits.push(performance.now() - started)
    return outputs.length
  })
  print(
    'commits of 100 outputs of 2 KB, one after the other',
    `${perSecond(done, ms)}, ${percentiles(waits)}`,
  )
  return lease
}

/** From the call of `put` until a tail of the output stream has the event, at 500 events a second. */
async function latency(backend: EmbeddedBackend, seconds: number): Promise<void> {
  const stop = new AbortController()
  const { signal } = stop
  await backend.createStream('events', { shards: 1, role: 'raw' })
  await backend.createStream('enriched', { shards: 1, role: 'output' })
  const store = backend.leaseStore({ application: 'bench', stream: 'events' })
  const worker = pass(backend, await takeLease(store), signal)
  const waits: number[] = []
  const reader = watch(backend, signal, waits)
  const producer = backend.producer('events')
  await producer.put([record('k', 2000)])
  const puts: Promise<void>[] = []
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    await sleep(10)
    // Five requests arrive in each hundredth of a second, each by itself.
    for (let i = 0; i < 5; i++) {
      const data = new Float64Array([performance.now(), ...new Float64Array(250)])
      puts.push(producer.put([{ partitionKey: `k${i}`, data: new Uint8Array(data.buffer) }]))
    }
  }
  await Promise.all(puts)
  await sleep(200)
  stop.abort()
  await Promise.all([worker, reader])
  print('from put to the tail of the output, 500 a second', `${waits.length} events, ${percentiles(waits)}`)
}

async function pass(backend: EmbeddedBackend, lease: HeldLease, signal: AbortSignal): Promise<void> {
  const committer = backend.committer({
    application: 'bench',
    inputStream: 'events',
    streams: { good: 'enriched' },
  })
  for await (const { records, position } of backend
    .source('events')
    .read(shard, horizon, { ...limits, signal })) {
    const outputs = records.map(({ sequence, data }) => output(Number(sequence), data))
    await committer.commit(lease, { outputs, position })
  }
}

async function watch(backend: EmbeddedBackend, signal: AbortSignal, waits: number[]): Promise<void> {
  const from = { at: 'latest' } as const
  for await (const { records } of tail(backend.source('enriched'), { ...limits, from, signal })) {
    for (const { data } of records) {
      const put = new DataView(data.buffer, data.byteOffset).getFloat64(0, true)
      // The first record only opened the files.
      if (put > 0) waits.push(performance.now() - put)
    }
  }
}

async function renewals(backend: EmbeddedBackend, lease: HeldLease, seconds: number) {
  const store = backend.leaseStore(consumer)
  const waits: number[] = []
  let held = lease
  await flatOut(1, seconds, async () => {
    await sleep(2)
    const started = performance.now()
    const kept = await store.keep(held)
    if (kept === 'lost') throw new Error('the lease was lost')
    waits.push(performance.now() - started)
    held = kept
    return 1
  })
  return { waits, lease: held }
}

/** Renewals while another process's worth of commits and appends is written without pause. */
async function underLoad(
  backend: EmbeddedBackend,
  lease: HeldLease,
  { seconds, quiet }: { seconds: number; quiet: readonly number[] },
): Promise<void> {
  const [{ waits }] = await Promise.all([
    renewals(backend, lease, seconds),
    ...['raw', 'slow', 'good'].map(stream => {
      const producer = backend.producer(stream)
      const records = Array.from({ length: 200 }, (_, i) => record(`k${i}`, 2000))
      return flatOut(2, seconds, async () => {
        await producer.put(records)
        return records.length
      })
    }),
  ])
  print('renewals while nothing else happens', percentiles(quiet))
  print('renewals while three streams are written flat out', percentiles(waits))
}

async function takeLease(store: LeaseStore): Promise<HeldLease> {
  await store.create({ shardId: shard, parents: [], checkpoint: horizon })
  const row = await store.get(shard)
  const lease = row === undefined ? 'lost' : await store.take(row, 'bench')
  if (lease === 'lost') throw new Error('the lease was lost')
  return lease
}

function record(partitionKey: string, size: number): NewRecord {
  return { partitionKey, data: new Uint8Array(size) }
}

function output(sequence: number, data: Uint8Array): OutputRecord {
  const provenance = {
    stream: 'raw',
    shardId: shard,
    sequence: String(sequence),
    subSequence: 0,
    index: 0,
  }
  return { kind: 'good', partitionKey: `k${sequence}`, data, provenance, output: 0 }
}

/** Runs `work` in `lanes` loops; it says how much it has done each time. */
async function flatOut(lanes: number, seconds: number, work: () => Promise<number>) {
  const started = performance.now()
  let done = 0
  const lane = async () => {
    while (performance.now() - started < seconds * 1000) {
      const more = await work()
      done += more
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { done, ms: performance.now() - started }
}

function perSecond(count: number, ms: number): string {
  return `${Math.round((count / ms) * 1000).toLocaleString('en')}/s`
}

function percentiles(waits: readonly number[]): string {
  const sorted = waits.toSorted((a, b) => a - b)
  const at = (part: number) => (sorted[Math.floor((sorted.length - 1) * part)] ?? NaN).toFixed(1)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`
}

if (import.meta.main) await benchEmbedded()
