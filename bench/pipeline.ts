import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configSchema, type Config } from '../src/config/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { unobserved } from '../src/observe/index.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import { createStreams, openBackend, startWorkerProcess } from '../src/service/index.ts'
import { pageViewRecords } from './payloads.ts'

export interface PipelineFigures {
  /** Raw records enriched and committed per second of wall time, by one worker process. */
  readonly eventsPerSecond: number
  /** The same per second of processor time of that process, all its threads together. */
  readonly eventsPerCoreSecond: number
  /** From arrival in the raw stream to commit in the enriched stream, at `paceEventsPerSecond`. */
  readonly latencyMsP50: number
  readonly latencyMsP99: number
  readonly paceEventsPerSecond: number
  /** Largest resident memory of the worker, threads included. */
  readonly workerRssMiB: number
}

export const documents = {
  igluConfig: null,
  enrichments: [
    {
      schema: 'iglu:com.snowplowanalytics.snowplow/campaign_attribution/jsonschema/1-0-0',
      data: {
        vendor: 'com.snowplowanalytics.snowplow',
        name: 'campaign_attribution',
        enabled: true,
        parameters: {
          mapping: 'static',
          fields: {
            mktMedium: ['utm_medium'],
            mktSource: ['utm_source'],
            mktTerm: ['utm_term'],
            mktContent: ['utm_content'],
            mktCampaign: ['utm_campaign'],
          },
        },
      },
    },
  ],
}

const distinct = pageViewRecords(4000).map(({ data }) => data)
const warmUpRecords = 20_000
const putRecords = 500
/** A new process compiles its schemas and its hot paths; what counts is how it runs afterwards. */
const warmUpSeconds = 3

/** The embedded pipeline without the collector: raw stream in, enriched stream out, one worker process. */
export async function benchPipeline({ records = 120_000, paceSeconds = 13 } = {}): Promise<PipelineFigures> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const config = configSchema.parse({ embedded: { directory }, worker: { threads: 1 } })
  try {
    const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
    await createStreams(backend, config)
    const throughput = await measureThroughput(config, records)
    const latency = await measureLatency(config, paceSeconds)
    await backend.close()
    return {
      ...throughput,
      ...latency,
      workerRssMiB: Math.max(throughput.workerRssMiB, latency.workerRssMiB),
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The raw stream is full when the worker starts; what it does after a warm-up counts. */
async function measureThroughput(config: Config, records: number) {
  await fill(config, warmUpRecords + records)
  const progress = new Progress()
  const worker = await startWorkerProcess(
    'bench',
    { config, documents },
    { clock: systemClock, observe: progress.observe },
  )
  const pid = worker.pid ?? 0
  await progress.reach(warmUpRecords)
  const from = { records: progress.records, at: performance.now(), cpu: cpuSeconds(pid) }
  await progress.reach(warmUpRecords + records)
  const done = progress.records - from.records
  const figures = {
    eventsPerSecond: Math.round((done / (performance.now() - from.at)) * 1000),
    eventsPerCoreSecond: Math.round(done / (cpuSeconds(pid) - from.cpu)),
    workerRssMiB: peakRssMiB(pid),
  }
  await worker.stop('bench')
  return figures
}

/** A steady trickle, as a collector makes it: one put every 10 ms. */
async function measureLatency(config: Config, seconds: number, pace = 500) {
  const progress = new Progress()
  const worker = await startWorkerProcess(
    'bench',
    { config, documents },
    { clock: systemClock, observe: progress.observe },
  )
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  const producer = backend.producer(config.streams.raw.name)
  const began = performance.now()
  let sent = 0
  const puts: Promise<void>[] = []
  for (;;) {
    const elapsed = (performance.now() - began) / 1000
    if (elapsed > seconds) break
    if (elapsed < warmUpSeconds) progress.latencies.length = 0
    const due = Math.floor(elapsed * pace) - sent
    puts.push(producer.put(records(sent, due)))
    sent += due
    await systemClock.sleep(10)
  }
  await Promise.all(puts)
  await progress.reach(sent)
  const pid = worker.pid ?? 0
  const rss = peakRssMiB(pid)
  await worker.stop('bench')
  await backend.close()
  const sorted = progress.latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
  return { latencyMsP50: at(0.5), latencyMsP99: at(0.99), paceEventsPerSecond: pace, workerRssMiB: rss }
}

class Progress {
  records = 0
  readonly latencies: number[] = []
  #waiting: { count: number; resolve: () => void } | undefined

  readonly observe = (event: MillraceEvent): void => {
    if (event.type !== 'batch-committed') return
    this.records += event.records
    this.latencies.push(...event.latenciesMs)
    if (this.#waiting !== undefined && this.records >= this.#waiting.count) this.#waiting.resolve()
  }

  reach(count: number): Promise<void> {
    if (this.records >= count) return Promise.resolve()
    return new Promise(resolve => (this.#waiting = { count, resolve }))
  }
}

function records(from: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    partitionKey: `key-${from + i}`,
    data: distinct[(from + i) % distinct.length] ?? new Uint8Array(),
  }))
}

/** Puts page views into the raw stream. */
export async function fill(config: Config, count: number): Promise<void> {
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  const producer = backend.producer(config.streams.raw.name)
  for (let n = 0; n < count; n += putRecords) await producer.put(records(n, putRecords))
  await backend.close()
}

/** Source: proc(5), /proc/pid/stat fields 14 and 15, in ticks of 10 ms. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Source: proc(5), VmHWM of /proc/pid/status. */
export function peakRssMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024)
}
