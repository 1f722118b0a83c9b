import { MemoryStream, type Append } from '../../src/backends/memory/stream.ts'
import type { PutReply, PutRequest, ReadBackSink, RecordFate } from '../../src/delivery/index.ts'
import { MillraceError } from '../../src/lib/index.ts'
import {
  type Position,
  type ReadOptions,
  type RecordBatch,
  type Shard,
  type Source,
  type StreamRecord,
} from '../../src/streams/index.ts'
import type { Machine } from './machine.ts'
import type { Network, Service } from './network.ts'
import type { Random } from './random.ts'
import type { Timeline } from './timeline.ts'

export interface StreamFaults {
  /** Share of records that a put refuses. */
  readonly throttled: number
  /** Share of records of which a put says nothing: stored or not. */
  readonly unclear: number
  /** Share of requests that take effect late, up to `settleMs` after their socket write. */
  readonly slow: number
  /** Share of requests that take effect up to `lateMs` after it: later than anybody reckons with. */
  readonly late: number
  readonly lateMs: number
  /** Share of requests whose process is paused between the check of the fence and the socket write. */
  readonly frozen: number
  readonly frozenMs: number
  /** Share of these where the machine's clocks stand still as well. */
  readonly freezes: number
}

export const calmStreams: StreamFaults = {
  throttled: 0,
  unclear: 0,
  slow: 0,
  late: 0,
  lateMs: 0,
  frozen: 0,
  frozenMs: 0,
  freezes: 0,
}

/** One request, from the socket write on. */
export interface Sent {
  readonly request: PutRequest
  readonly machine: Machine
  readonly owner: string
  readonly socketAt: number
  /** It takes effect later than the protocol reckons with, or its process was paused between check and socket. */
  readonly excused: boolean
  /** When it takes effect, if it does. */
  effectAt: number | undefined
}

export interface StreamWitness {
  /** The fence of the lease has closed by true time: nobody may send now, but for a process that was just paused. */
  pastFence(owner: string, request: PutRequest): boolean
  /** The same, and the machine's own clocks cannot tell: they stood still. */
  frozen(owner: string, request: PutRequest, machine: Machine, newestDate: number): boolean
  /** After the socket write. */
  sent(sent: Sent): void
  store(sent: Sent, record: number, stored: StreamRecord): void
  /** The reply has arrived. */
  answered(sent: Sent, fates: readonly RecordFate[]): void
  /** Nothing of it can take effect any more. */
  over(sent: Sent): void
}

export interface StreamServiceOptions {
  readonly timeline: Timeline
  readonly random: Random
  readonly network: Network
  readonly settleMs: number
  readonly visibleMs: number
  readonly pollMs: number
  /** How late a list may show new shards. */
  readonly listLagMs: number
  readonly witness: StreamWitness
}

const application = 'app'
const timeoutMs = 1000

/** Streams on their servers: what is stored can be read a little later, by calls that may fail. */
export class StreamService {
  readonly streams = new Map<string, MemoryStream>()
  /** When a record can be read; by the stream's name and the record's sequence. */
  readonly #visibleAt = new Map<string, number>()
  /** From when on a list shows a shard; by the stream's name and the shard's. */
  readonly #listedAt = new Map<string, number>()
  #lastListedAt = 0
  readonly options: StreamServiceOptions
  faults: StreamFaults = calmStreams
  #throttledUntil = 0

  constructor(options: StreamServiceOptions) {
    this.options = options
  }

  /** Nearly every record is refused for so long. */
  split(stream: MemoryStream, shardId: string): void {
    this.#reshard(stream, () => stream.split(shardId, this.options.network.serverDate()))
  }

  merge(stream: MemoryStream, low: string, high: string): void {
    this.#reshard(stream, () => stream.merge(low, high, this.options.network.serverDate()))
  }

  /** What a list of the shards shows: new ones come a little late. */
  list(name: string): readonly Shard[] {
    const { now } = this.options.timeline
    return this.stream(name)
      .shards.filter(({ shardId }) => (this.#listedAt.get(`${name}/${shardId}`) ?? 0) <= now)
      .map(shard => shard.describe())
  }

  #reshard(stream: MemoryStream, act: () => void): void {
    const before = new Set(stream.shards)
    act()
    const { timeline, random, listLagMs } = this.options
    // A list is as of some moment: it shows no child before its parents.
    const at = Math.max(timeline.now + random.edgy(0, listLagMs), this.#lastListedAt)
    this.#lastListedAt = at
    for (const shard of stream.shards)
      if (!before.has(shard)) this.#listedAt.set(`${stream.name}/${shard.shardId}`, at)
  }

  throttle(ms: number): void {
    this.#throttledUntil = this.options.timeline.now + ms
  }

  mend(): void {
    this.faults = calmStreams
    this.#throttledUntil = 0
  }

  create(name: string, shards: number): MemoryStream {
    const stream = new MemoryStream(name, { shards, role: 'raw', retentionMs: 1e12 })
    this.streams.set(name, stream)
    return stream
  }

  stream(name: string): MemoryStream {
    return this.streams.get(name) ?? this.create(name, 1)
  }

  append(name: string, record: Append): StreamRecord {
    const { network, timeline, random, visibleMs } = this.options
    const [stored] = this.stream(name).append([record], network.serverDate())
    if (stored === undefined) throw new Error('nothing was stored')
    this.#visibleAt.set(`${name}/${stored.sequence}`, timeline.now + random.edgy(0, visibleMs))
    return stored
  }

  visibleAt(name: string, sequence: string): number {
    return this.#visibleAt.get(`${name}/${sequence}`) ?? 0
  }

  source(machine: Machine, name: string, service: Service): Source {
    return new RemoteSource(this, { machine, name, service })
  }

  sink(machine: Machine, owner: string): ReadBackSink {
    return new RemoteSink(this, machine, owner)
  }

  /** What a read brings: records become visible in order. */
  read(name: string, shardId: string, from: Position, limit: number): RecordBatch {
    const shard = this.stream(name).shard(shardId)
    if (shard === undefined) throw new Error('no shard is ever removed here')
    const done = shard.locate(from)
    const start = shard.indexAfter(done)
    const { now } = this.options.timeline
    let end = start
    const seen = (record: StreamRecord) => this.visibleAt(name, record.sequence) <= now
    for (; end < shard.records.length && end - start < limit; end++) {
      const record = shard.records[end]
      if (record === undefined || !seen(record)) break
    }
    const records = shard.records.slice(start, end)
    const next = shard.records[end]
    if (next === undefined && shard.closed !== undefined && records.length === 0)
      return { records, position: { at: 'shardEnd' }, millisBehindLatest: 0 }
    const sequence = records.at(-1)?.sequence ?? String(done)
    const behind = next !== undefined && seen(next) ? 1 : 0
    return { records, position: { at: 'after', sequence, subSequence: 0 }, millisBehindLatest: behind }
  }

  /** One record of a request takes effect. */
  take(sent: Sent, record: number): RecordFate {
    const { random, witness, timeline } = this.options
    const { kind, records, epoch } = sent.request
    const output = records[record]
    const throttled = timeline.now < this.#throttledUntil ? 0.95 : this.faults.throttled
    if (output === undefined || random.chance(throttled)) return 'refused'
    const unclear = random.chance(this.faults.unclear)
    if (unclear && random.chance(0.5)) return 'unknown'
    const { partitionKey, data, provenance } = output
    const written = { ...provenance, application, output: output.output, epoch }
    witness.store(sent, record, this.append(kind, { partitionKey, data, provenance: written }))
    return unclear ? 'unknown' : 'stored'
  }
}

interface Remote {
  readonly machine: Machine
  readonly name: string
  readonly service: Service
}

class RemoteSource implements Source {
  readonly stream: string
  readonly #service: StreamService
  readonly #remote: Remote

  constructor(service: StreamService, remote: Remote) {
    this.stream = remote.name
    this.#service = service
    this.#remote = remote
  }

  listShards(): Promise<readonly Shard[]> {
    return this.#retry(() => this.#service.list(this.stream))
  }

  async *read(shardId: string, from: Position, options: ReadOptions): AsyncGenerator<RecordBatch> {
    const { signal, maxBatchRecords } = options
    let position = from
    for (let first = true; !signal.aborted; first = false) {
      if (!first) await this.#rest(signal)
      const at = position
      const batch = await this.#retry(() => this.#service.read(this.stream, shardId, at, maxBatchRecords))
      if (signal.aborted) return
      position = batch.position
      yield batch
      if (position.at === 'shardEnd') return
    }
  }

  async close(): Promise<void> {}

  /** Until it comes through: nobody is told of a call that failed. */
  async #retry<T>(act: () => T): Promise<T> {
    const { network, pollMs } = this.#service.options
    const { machine, service } = this.#remote
    for (;;) {
      try {
        return (await network.call(machine, { service, code: 'source', timeoutMs, act })).value
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        await machine.clock.sleep(pollMs)
      }
    }
  }

  #rest(signal: AbortSignal): Promise<void> {
    return this.#remote.machine.clock.sleep(this.#service.options.pollMs, signal)
  }
}

class RemoteSink implements ReadBackSink {
  readonly capability = 'readBack'
  readonly maxRequestRecords = 500
  readonly maxRequestBytes = 5_000_000
  readonly #service: StreamService
  readonly #machine: Machine
  readonly #owner: string
  readonly putTimeoutMs = 2000

  constructor(service: StreamService, machine: Machine, owner: string) {
    this.#service = service
    this.#machine = machine
    this.#owner = owner
  }

  async put(request: PutRequest): Promise<PutReply> {
    const { random } = this.#service.options
    const { frozen, frozenMs } = this.#service.faults
    if (!request.mayGo()) return { sent: false }
    const pausedMs = random.chance(frozen) ? random.edgy(1, frozenMs) : 0
    if (pausedMs > 0) await this.#pause(pausedMs)
    return this.#send(request, pausedMs > 0)
  }

  async close(): Promise<void> {}

  async #send(request: PutRequest, paused: boolean): Promise<PutReply> {
    const { network, timeline, witness, settleMs } = this.#service.options
    const { requestMs, late } = this.#requestMs()
    const past = paused
      ? witness.pastFence(this.#owner, request)
      : witness.frozen(this.#owner, request, this.#machine, network.dates(this.#machine).newest ?? 0)
    const excused = late || past
    const sent: Sent = {
      request,
      machine: this.#machine,
      owner: this.#owner,
      socketAt: timeline.now,
      excused,
      effectAt: undefined,
    }
    witness.sent(sent)
    timeline.after(Math.max(requestMs, settleMs), () => witness.over(sent))
    const answer = network.call(this.#machine, {
      service: 'output',
      code: 'sink',
      timeoutMs: this.putTimeoutMs,
      requestMs,
      act: () => {
        sent.effectAt = timeline.now
        return request.records.map((_, record) => this.#service.take(sent, record))
      },
    })
    const leftAt = this.#machine.clock.monotonic()
    try {
      const { value: fates } = await answer
      witness.answered(sent, fates)
      return { sent: true, leftAt, fates }
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      return { sent: true, leftAt, fates: request.records.map(() => 'unknown') }
    }
  }

  #requestMs(): { requestMs: number; late: boolean } {
    const { random, settleMs, network } = this.#service.options
    const { slow, late, lateMs } = this.#service.faults
    if (random.chance(late)) return { requestMs: random.edgy(settleMs + 1, lateMs), late: true }
    if (random.chance(slow)) return { requestMs: random.edgy(1, settleMs - 1), late: false }
    return { requestMs: random.between(1, network.faults.delayMs), late: false }
  }

  /** The whole process stands still, and goes on where it was. */
  async #pause(ms: number): Promise<void> {
    const { random } = this.#service.options
    const { freezes } = this.#service.faults
    this.#machine.pause(ms, random.chance(freezes) ? 'freeze' : 'stop')
    await new Promise<void>(resolve => this.#machine.deliver(resolve))
  }
}
