import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configSchema, type Config } from '../src/config/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { unobserved } from '../src/observe/index.ts'
import { createStreams, openBackend, startCollector, startWorkerProcess } from '../src/service/index.ts'
import { tail, type Source } from '../src/streams/index.ts'

/** One record behind the pipeline, byte for byte. */
export interface Output {
  readonly kind: 'good' | 'bad'
  readonly data: Buffer
}

/** Collector, streams on disk, and a worker in a process of its own: what a tracker sends comes out behind them. */
export interface Pipeline {
  readonly port: number
  readonly outputs: Outputs
  /** The raw stream once more from its beginning, by a worker of another application, into other streams. */
  replay(): Promise<Outputs>
  stop(): Promise<void>
}

const iglu = 'iglu:com.snowplowanalytics.snowplow'

const enrichments = [
  {
    schema: `${iglu}/anon_ip/jsonschema/1-0-1`,
    data: {
      vendor: 'com.snowplowanalytics.snowplow',
      name: 'anon_ip',
      enabled: true,
      parameters: { anonOctets: 2, anonSegments: 6 },
    },
  },
  {
    schema: `${iglu}/event_fingerprint_config/jsonschema/1-0-1`,
    data: {
      vendor: 'com.snowplowanalytics.snowplow',
      name: 'event_fingerprint_config',
      enabled: true,
      parameters: { excludeParameters: ['cv', 'eid', 'nuid', 'stm'], hashAlgorithm: 'SHA256' },
    },
  },
  {
    schema: `${iglu}/campaign_attribution/jsonschema/1-0-1`,
    data: {
      vendor: 'com.snowplowanalytics.snowplow',
      name: 'campaign_attribution',
      enabled: true,
      parameters: {
        mapping: 'static',
        fields: {
          mktMedium: ['utm_medium', 'medium'],
          mktSource: ['utm_source', 'source'],
          mktTerm: ['utm_term', 'legacy_term'],
          mktContent: ['utm_content'],
          mktCampaign: ['utm_campaign', 'cid'],
          mktClickId: { fbclid: 'Facebook' },
        },
      },
    },
  },
]

const parts = { clock: systemClock, observe: unobserved }

export async function startPipeline(): Promise<Pipeline> {
  await using starting = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'millrace-trackers-'))
  starting.defer(() => rm(directory, { recursive: true }))
  const config = configSchema.parse({
    embedded: { directory },
    // One shard, so that events come out in the order in which they were sent.
    streams: { raw: { shards: 1 } },
    collector: { port: 0 },
    worker: { threads: 1 },
  })
  const collector = await startCollector(config, parts)
  starting.defer(() => collector.stop('test'))
  const outputs = await startApplication(config, starting)
  const running = starting.move()
  return {
    port: collector.port,
    outputs,
    replay: () => startApplication(anotherApplication(config), running),
    stop: () => running.disposeAsync(),
  }
}

/** Other batches in another kind of worker, so that nothing can depend on these. */
function anotherApplication(config: Config): Config {
  const { raw } = config.streams
  return {
    ...config,
    application: 'another',
    streams: { raw, good: { name: 'enriched-again', shards: 1 }, bad: { name: 'bad-again', shards: 1 } },
    worker: { ...config.worker, threads: 0, maxBatchRecords: 1 },
  }
}

async function startApplication(config: Config, running: AsyncDisposableStack): Promise<Outputs> {
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  running.defer(() => backend.close())
  await createStreams(backend, config)
  const { good, bad } = config.streams
  const outputs = new Outputs(backend.source(good.name), backend.source(bad.name))
  running.defer(() => outputs.stop())
  const documents = { igluConfig: null, enrichments }
  const worker = await startWorkerProcess(config.application, { config, documents }, parts)
  running.defer(() => worker.stop('test'))
  return outputs
}

/** Reads the enriched and the bad stream from their beginning, and keeps all that comes. */
export class Outputs {
  readonly all: Output[] = []
  /** All before it were asked for. */
  #taken = 0
  #arrived = Promise.withResolvers<void>()
  readonly #stop = new AbortController()
  readonly #reading: Promise<unknown>

  constructor(good: Source, bad: Source) {
    this.#reading = Promise.all([this.#read('good', good), this.#read('bad', bad)])
  }

  /** The next output that was not asked for yet, past or to come. */
  async next(): Promise<Output> {
    for (;;) {
      const output = this.all[this.#taken]
      if (output !== undefined) {
        this.#taken++
        return output
      }
      await this.#arrived.promise
    }
  }

  /** Everything, once there are so many. */
  async reached(count: number): Promise<readonly Output[]> {
    while (this.all.length < count) await this.#arrived.promise
    return this.all
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#reading
  }

  async #read(kind: Output['kind'], source: Source): Promise<void> {
    const { signal } = this.#stop
    const limits = { signal, maxBatchBytes: 1024 * 1024, maxBatchRecords: 1000 }
    for await (const { records } of tail(source, { ...limits, from: { at: 'trimHorizon' } })) {
      for (const { data } of records) this.all.push({ kind, data: Buffer.from(data) })
      if (records.length === 0) continue
      this.#arrived.resolve()
      this.#arrived = Promise.withResolvers()
    }
  }
}
