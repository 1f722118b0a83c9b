import { Readable } from 'node:stream'
import { GetRecordsCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { openAws, type HttpAnswer, type Outgoing, type Posted } from '../src/backends/aws/index.ts'
import type { OutputRecord, StreamRecord } from '../src/streams/index.ts'
import { InlineEnricher } from '../src/worker/index.ts'
import { newCore } from './core.ts'
import { pageViewRecords } from './payloads.ts'
import { benchShards } from './shards.ts'

/** All times are processor time for one event of 3.4 kB, garbage collection included. */
export interface KinesisFigures {
  /** Read from Kinesis, enriched and put on Kinesis, per second of one core. The network costs nothing here. */
  readonly eventsPerCoreSecond: number
  /** GetRecords: sign the call, read the answer, give out batches. */
  readonly sourceMicros: number
  readonly coreMicros: number
  /** PutRecords: provenance, hash keys, body, signature, answer. */
  readonly sinkMicros: number
  /** The same two by the SDK's own commands, without provenance. */
  readonly sdkGetMicros: number
  readonly sdkPutMicros: number
  /** Of a whole worker at its defaults under load: `npm run bench -- shards`, with few shards. */
  readonly dynamoWritesPerShardSecond: number
  readonly dynamoReadsPerSecond: number
}

const recordsPerCall = 500
const pages = 8
const warmUpRounds = 12
const rounds = 41

export async function benchKinesis(): Promise<KinesisFigures> {
  const stages = await benchStages()
  const { dynamoWritesPerShardSecond, dynamoReadsPerSecond } = await benchShards({ shards: 8, seconds: 15 })
  return { ...stages, dynamoWritesPerShardSecond, dynamoReadsPerSecond }
}

type StageFigures = Omit<KinesisFigures, 'dynamoWritesPerShardSecond' | 'dynamoReadsPerSecond'>

/** All stages by turns, so that whatever slows the machine slows them alike. */
async function benchStages(): Promise<StageFigures> {
  const stub = new StubKinesis()
  const backend = openAws({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    leaseStore: () => {
      throw new Error('nothing is leased here')
    },
    post: outgoing => stub.answer(outgoing),
    idleMs: 0,
    behindMs: 0,
    maxBytesPerSecond: Infinity,
  })
  const enricher = new InlineEnricher(await newCore())
  const enrich = (records: readonly StreamRecord[]) => enricher.enrich({ stream: 'raw', shardId, records })
  const sink = backend.sink({ application: 'bench', streams: { good: 'enriched' } })
  const batches = backend.source('raw').read(shardId, { at: 'trimHorizon' }, limits)[Symbol.asyncIterator]()
  const put = (records: readonly OutputRecord[]) =>
    sink.put({ kind: 'good', records, epoch: 7, mayGo: () => true })
  const sdk = newSdk(stub)
  const times: Record<'source' | 'core' | 'sink' | 'whole' | 'sdkGet' | 'sdkPut', number[]> = {
    source: [],
    core: [],
    sink: [],
    whole: [],
    sdkGet: [],
    sdkPut: [],
  }
  for (let round = -warmUpRounds; round < rounds; round++) {
    const read: { records: readonly StreamRecord[] } = { records: [] }
    const enriched: { outputs: readonly OutputRecord[] } = { outputs: [] }
    const took = {
      source: await time(async () => (read.records = await nextRecords(batches))),
      core: await time(async () => (enriched.outputs = (await enrich(read.records)).outputs)),
      sink: await time(() => put(enriched.outputs)),
      whole: await time(async () => {
        const done = await enrich(await nextRecords(batches))
        await put(done.outputs)
        done.free()
      }),
      sdkGet: await time(() => sdk.send(new GetRecordsCommand({ ShardIterator: 'next' }))),
      sdkPut: await time(() => sdk.send(sdkPut(enriched.outputs))),
    }
    if (round < 0) continue
    for (const stage of stages) times[stage].push(took[stage])
  }
  await backend.close()
  return {
    eventsPerCoreSecond: Math.round(1e6 / median(times.whole)),
    sourceMicros: median(times.source),
    coreMicros: median(times.core),
    sinkMicros: median(times.sink),
    sdkGetMicros: median(times.sdkGet),
    sdkPutMicros: median(times.sdkPut),
  }
}

const stages = ['source', 'core', 'sink', 'whole', 'sdkGet', 'sdkPut'] as const
const shardId = 'shardId-000000000007'
const limits = {
  signal: new AbortController().signal,
  maxBatchBytes: 4 * 1024 * 1024,
  maxBatchRecords: recordsPerCall,
}

async function nextRecords(batches: AsyncIterator<{ records: readonly StreamRecord[] }>) {
  const next = await batches.next()
  if (next.done === true) throw new Error('the shard has ended')
  return next.value.records
}

/** Answers at once, with the same few pages again and again. */
class StubKinesis {
  readonly #pages = Array.from({ length: pages }, (_, seed) => page(seed))
  #reads = 0

  async answer({ headers, body }: Outgoing): Promise<Posted> {
    return { sent: true, leftAt: performance.now(), answer: this.reply(headers['x-amz-target'] ?? '', body) }
  }

  reply(target: string, request: Buffer | undefined): HttpAnswer {
    const [, operation] = target.split('.')
    return { status: 200, headers: { date: new Date().toUTCString() }, body: this.#body(operation, request) }
  }

  #body(operation: string | undefined, request: Buffer | undefined): Buffer {
    if (operation === 'GetShardIterator') return Buffer.from('{"ShardIterator":"first"}')
    if (operation === 'GetRecords') return this.#page()
    if (request !== undefined && request.length < recordsPerCall * 500)
      throw new Error('hardly anything was put')
    return stored
  }

  /** What the page is numbered with makes each record another one: a reader leaves out what it knows. */
  #page(): Buffer {
    const { body, places } = this.#pages[this.#reads++ % pages] ?? { body: Buffer.alloc(0), places: [] }
    const number = String(this.#reads).padStart(8, '0')
    for (const place of places) body.write(number, place, 'latin1')
    return body
  }
}

const numbered = '49590338271490256608559692538361571095'

function page(seed: number): { body: Buffer; places: readonly number[] } {
  const records = pageViewRecords(recordsPerCall, seed + 1).map(({ data }, i) => ({
    SequenceNumber: `${numbered}${'0'.repeat(8)}${String(i).padStart(10, '0')}`,
    ApproximateArrivalTimestamp: 1_760_000_000.123,
    Data: Buffer.from(data).toString('base64'),
    PartitionKey: `6f1dbe5e-3ff6-4b40-a6f5-${String(i).padStart(12, '0')}`,
  }))
  const reply = { Records: records, NextShardIterator: 'n'.repeat(224), MillisBehindLatest: 60_000 }
  const body = Buffer.from(JSON.stringify(reply))
  const places: number[] = []
  for (let at = body.indexOf(numbered); at >= 0; at = body.indexOf(numbered, at + 1)) {
    places.push(at + numbered.length)
  }
  return { body, places }
}

const stored = Buffer.from(
  JSON.stringify({
    FailedRecordCount: 0,
    Records: Array.from({ length: recordsPerCall }, (_, i) => ({
      SequenceNumber: `${numbered}${String(i).padStart(18, '0')}`,
      ShardId: 'shardId-000000000001',
    })),
  }),
)

function newSdk(stub: StubKinesis): KinesisClient {
  return new KinesisClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    maxAttempts: 1,
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      destroy() {},
      async handle({ headers }: { headers: Record<string, string> }) {
        const { status, headers: replied, body } = stub.reply(headers['x-amz-target'] ?? '', undefined)
        const response = { statusCode: status, headers: { ...replied }, body: Readable.from([body]) }
        return { response }
      },
    },
  })
}

function sdkPut(outputs: readonly OutputRecord[]): PutRecordsCommand {
  const records = outputs.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey }))
  return new PutRecordsCommand({ StreamName: 'enriched', Records: records })
}

/** Microseconds of processor time for one record, those of the garbage collector's threads included. */
async function time(work: () => Promise<unknown>): Promise<number> {
  // Lets the garbage of one stage be collected outside the time of the next.
  await new Promise(resolve => setImmediate(resolve))
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / recordsPerCall
}

function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
  return Number(middle.toFixed(2))
}
