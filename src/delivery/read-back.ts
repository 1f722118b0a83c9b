import type { Clock, ServerDate } from '../lib/index.ts'
import { MillraceError } from '../lib/index.ts'
import type { OutputKind, Position, RecordBatch, Shard, Source, StreamRecord } from '../streams/index.ts'
import { Presence } from './presence.ts'

export interface ReadBackParts {
  /** The output streams, by the kind of what lies in them. */
  readonly outputs: ReadonlyMap<OutputKind, Source>
  readonly application: string
  /** The input stream. */
  readonly stream: string
  readonly serverDate: ServerDate
  readonly dateSkewMs: number
  readonly maxBatchBytes: number
  readonly maxBatchRecords: number
  readonly clock: Clock
}

/** One lease's view of what was read back. */
export interface Look {
  /** What was found of its shard so far. */
  readonly present: Presence
  /** Everything that could be read by then, by our monotonic clock, has been read. */
  readonly upTo: number
  /** Where retention has removed a part of what was to be read: a copy of that cannot be told. */
  readonly expired: string | undefined
  /**
   * Goes on from where it stopped until everything that can be read at `moment` has been read. The end is fixed in
   * advance: it comes however fast others write. Rejects with a MillraceError when the streams cannot be read.
   */
  readUpTo(moment: number): Promise<void>
}

/** Leases that are taken together are looked for together; no output is given out before a longer wait anyway. */
const gatherMs = 100

/**
 * Reads output streams again, to find out what is there already of the shards that this process takes over.
 * One pass over the streams serves all leases that ask for it at about the same time.
 */
export class ReadBack {
  readonly #parts: ReadBackParts
  readonly #stop = new AbortController()
  #gathering: Sweep | undefined

  constructor(parts: ReadBackParts) {
    this.#parts = parts
  }

  /** A look at what arrived since `from`, server time. */
  look(shardId: string, from: number): Look {
    this.#gathering ??= new Sweep(this.#parts, {
      signal: this.#stop.signal,
      onBegin: () => (this.#gathering = undefined),
    })
    return this.#gathering.join(shardId, from)
  }

  close(): void {
    this.#stop.abort()
  }
}

/** One pass over all output streams, with its end moved on as often as somebody wants to look further. */
class Sweep {
  readonly #parts: ReadBackParts
  readonly #signal: AbortSignal
  readonly #onBegin: () => void
  readonly #present = new Map<string, Presence>()
  readonly #streams: StreamSweep[]
  #from = Number.POSITIVE_INFINITY
  #begun = false
  #upTo = Number.NEGATIVE_INFINITY
  #wanted = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined

  constructor(parts: ReadBackParts, { signal, onBegin }: { signal: AbortSignal; onBegin: () => void }) {
    this.#parts = parts
    this.#signal = signal
    this.#onBegin = onBegin
    const find = (kind: OutputKind, record: StreamRecord) => this.#find(kind, record)
    this.#streams = Array.from(
      parts.outputs,
      ([kind, source]) => new StreamSweep(source, parts, record => find(kind, record)),
    )
  }

  join(shardId: string, from: number): Look {
    const present = this.#present.get(shardId) ?? new Presence()
    this.#present.set(shardId, present)
    this.#from = Math.min(this.#from, from)
    const upTo = () => this.#upTo
    const expired = () => this.#streams.find(stream => stream.expired)?.name
    return {
      present,
      get upTo() {
        return upTo()
      },
      get expired() {
        return expired()
      },
      readUpTo: moment => this.#readUpTo(moment),
    }
  }

  async #readUpTo(moment: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, moment)
    while (this.#upTo < moment) {
      this.#reading ??= this.#read().finally(() => (this.#reading = undefined))
      await this.#reading
    }
  }

  async #read(): Promise<void> {
    const { clock } = this.#parts
    if (!this.#begun) await clock.sleep(gatherMs, this.#signal)
    if (!this.#begun) this.#onBegin()
    this.#begun = true
    const upTo = this.#wanted
    const end = { upTo, signal: this.#signal }
    await Promise.all(this.#streams.map(stream => stream.read(this.#from, end)))
    this.#upTo = upTo
  }

  #find(kind: OutputKind, { provenance }: StreamRecord): void {
    const { application, stream } = this.#parts
    if (provenance?.application !== application || provenance.stream !== stream) return
    this.#present.get(provenance.shardId)?.add(kind, provenance, provenance.output)
  }
}

interface End {
  /** Own monotonic time. */
  readonly upTo: number
  readonly signal: AbortSignal
}

// As long as it takes a stream to list the children of a shard that has ended.
const childrenMs = 100

/** One pass over one stream, following its splits and merges. */
class StreamSweep {
  readonly #source: Source
  readonly #parts: ReadBackParts
  readonly #find: (record: StreamRecord) => void
  /** How far each shard was read. */
  readonly #places = new Map<string, Position>()
  expired = false

  constructor(source: Source, parts: ReadBackParts, find: (record: StreamRecord) => void) {
    this.#source = source
    this.#parts = parts
    this.#find = find
  }

  get name(): string {
    return this.#source.stream
  }

  /**
   * Caught up with every shard is not enough: one that closed meanwhile has children. The pass is over when a list of
   * the shards that was asked for after the end holds nothing that was not read.
   */
  async read(from: number, end: End): Promise<void> {
    const { clock } = this.#parts
    const read = new Set<string>()
    for (;;) {
      const late = clock.monotonic() >= end.upTo
      const shards = await this.#source.listShards()
      const left = shards.filter(shard => !this.#isDone(shard, read))
      if (left.length === 0 && late && !this.#childless(shards)) return
      await Promise.all(left.map(shard => this.#readShard(shard, from, end)))
      for (const { shardId } of left) read.add(shardId)
      if (end.signal.aborted)
        throw new MillraceError('source', 'reading back was stopped', { retryable: true })
      if (left.length === 0) await clock.sleep(childrenMs, end.signal)
    }
  }

  #isDone({ shardId, endingSequence }: Shard, read: ReadonlySet<string>): boolean {
    if (this.#places.get(shardId)?.at === 'shardEnd') return true
    return endingSequence === undefined && read.has(shardId)
  }

  /** A shard has ended, and its children are not listed yet. */
  #childless(shards: readonly Shard[]): boolean {
    return shards.some(
      ({ shardId }) =>
        this.#places.get(shardId)?.at === 'shardEnd' &&
        !shards.some(({ parents }) => parents.includes(shardId)),
    )
  }

  /** Until a call that was made after the end says that there is no more, or brings what came after the end. */
  async #readShard({ shardId, endingSequence }: Shard, from: number, { upTo, signal }: End): Promise<void> {
    const { clock } = this.#parts
    if (!this.#places.has(shardId)) this.#places.set(shardId, { at: 'timestamp', ms: from })
    while (!signal.aborted) {
      if (endingSequence !== undefined) return this.#readToEnd(shardId, signal)
      const late = clock.monotonic() >= upTo
      const done = late
        ? await this.#readPast(shardId, signal)
        : await this.#readUntil(shardId, { upTo, signal })
      if (done) return
      await clock.sleep(Math.max(0, upTo - clock.monotonic()), signal)
    }
  }

  async #readToEnd(shardId: string, signal: AbortSignal): Promise<void> {
    for await (const { position } of this.#batches(shardId, signal)) if (position.at === 'shardEnd') return
  }

  /** Reads what is there, before the end has come. True at the end of the shard. */
  async #readUntil(shardId: string, { upTo, signal }: End): Promise<boolean> {
    for await (const batch of this.#batches(shardId, signal)) {
      if (batch.position.at === 'shardEnd') return true
      if (batch.millisBehindLatest === 0 || this.#parts.clock.monotonic() >= upTo) return false
    }
    return false
  }

  /** A read that begins after the end: what its replies do not show was not there at the end. */
  async #readPast(shardId: string, signal: AbortSignal): Promise<boolean> {
    const { serverDate, dateSkewMs } = this.#parts
    let pastDate: number | undefined
    for await (const batch of this.#batches(shardId, signal)) {
      if (batch.position.at === 'shardEnd' || batch.millisBehindLatest === 0) return true
      // This reply was asked for after the end, so the date that came with it lies behind the end too.
      pastDate ??= (serverDate.newest ?? Number.POSITIVE_INFINITY) + 2 * dateSkewMs
      if ((batch.records.at(-1)?.arrivedAt ?? Number.NEGATIVE_INFINITY) > pastDate) return true
    }
    return false
  }

  async *#batches(shardId: string, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    const { maxBatchBytes, maxBatchRecords } = this.#parts
    const from = this.#places.get(shardId) ?? { at: 'trimHorizon' }
    for await (const batch of this.#source.read(shardId, from, { signal, maxBatchBytes, maxBatchRecords })) {
      if (batch.gap === true) this.expired = true
      for (const record of batch.records) this.#find(record)
      this.#places.set(shardId, batch.position)
      yield batch
    }
    if (signal.aborted) return
    const message = `reading ${shardId} of ${this.#source.stream} back ended too early: the stream was closed`
    throw new MillraceError('source', message, { retryable: true })
  }
}
