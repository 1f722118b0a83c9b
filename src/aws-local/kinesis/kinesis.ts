import type { Clock } from '../../lib/index.ts'
import { AwsError, invalidArgument, notFound } from '../aws-error.ts'
import { ControlThrottle, limitsOf, type KinesisLimits, type LimitsOption } from './limits.ts'
import type { Shard } from './shard.ts'
import { Stream, type StreamMode } from './stream.ts'

export interface KinesisOptions {
  readonly clock: Clock
  readonly region: string
  readonly accountId: string
  readonly limits?: LimitsOption
  /** How long a stream is CREATING, UPDATING or DELETING, and a consumer CREATING. */
  readonly transitionMs?: number
  /** How long after its arrival a record is first read. */
  readonly visibleAfterMs?: number
  /** How far ListShards and DescribeStream are behind. */
  readonly listLagMs?: number
  /** How long a shard iterator and a page token live. */
  readonly iteratorMs?: number
  /** How long a subscription to a shard lives. */
  readonly subscriptionMs?: number
  /** A subscription that has nothing to tell says so this often. */
  readonly heartbeatMs?: number
}

/** Which stream a request is about. */
export interface StreamReference {
  readonly StreamName?: string | undefined
  readonly StreamARN?: string | undefined
}

const minuteMs = 60_000

/** One account's Kinesis in one region, in memory. The operations are functions of it. */
export class Kinesis {
  readonly clock: Clock
  readonly accountId: string
  readonly limits: KinesisLimits
  readonly control: ControlThrottle
  readonly visibleAfterMs: number
  readonly listLagMs: number
  readonly iteratorMs: number
  readonly subscriptionMs: number
  readonly heartbeatMs: number
  readonly transitionMs: number
  readonly #arnPrefix: string
  readonly #streams = new Map<string, Stream>()

  constructor(options: KinesisOptions) {
    this.clock = options.clock
    this.accountId = options.accountId
    this.limits = limitsOf(options.limits ?? 'real')
    this.control = new ControlThrottle(this.limits.controlScale)
    this.transitionMs = options.transitionMs ?? 0
    this.visibleAfterMs = options.visibleAfterMs ?? 0
    this.listLagMs = options.listLagMs ?? 0
    this.iteratorMs = options.iteratorMs ?? 5 * minuteMs
    this.subscriptionMs = options.subscriptionMs ?? 5 * minuteMs
    this.heartbeatMs = options.heartbeatMs ?? 5_000
    this.#arnPrefix = `arn:aws:kinesis:${options.region}:${options.accountId}:stream/`
  }

  /** Whole milliseconds: what AWS tells and compares. */
  now(): number {
    return Math.floor(this.clock.now())
  }

  /** In the order of their names. */
  streams(): readonly Stream[] {
    const now = this.now()
    for (const stream of this.#streams.values()) if (stream.gone(now)) this.#streams.delete(stream.name)
    return [...this.#streams.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  create(name: string, mode: StreamMode, shards: number, maxRecordKiB: number): Stream {
    const { limits, transitionMs } = this
    const arn = this.#arnPrefix + name
    const options = { name, arn, mode, shards, limits, transitionMs, maxRecordKiB, now: this.now() }
    const stream = new Stream(options)
    this.#streams.set(name, stream)
    return stream
  }

  find(name: string): Stream | undefined {
    const stream = this.#streams.get(name)
    return stream?.gone(this.now()) === true ? undefined : stream
  }

  /** The stream of a request, whatever it is doing. Throws a ResourceNotFoundException. */
  stream(reference: StreamReference): Stream {
    const name = this.#nameIn(reference)
    const stream = this.find(name)
    if (stream === undefined) throw notFound(`Stream ${name} under account ${this.accountId} not found.`)
    stream.trim(this.now())
    return stream
  }

  /** A stream that takes and gives records. */
  liveStream(reference: StreamReference): Stream {
    const stream = this.stream(reference)
    const status = stream.status(this.now())
    if (status === 'ACTIVE' || status === 'UPDATING') return stream
    throw notFound(`Stream ${stream.name} under account ${this.accountId} not found.`)
  }

  /** A stream whose shards or settings may be changed now. */
  activeStream(reference: StreamReference): Stream {
    const stream = this.stream(reference)
    const status = stream.status(this.now())
    if (status === 'ACTIVE') return stream
    const where = `Stream ${stream.name} under account ${this.accountId}`
    throw new AwsError('ResourceInUseException', `${where} not ACTIVE, instead in state ${status}`)
  }

  /** A shard that the stream still knows, open or closed. */
  shard(stream: Stream, shardId: string): Shard {
    const shard = stream.tree.get(shardId)
    if (shard !== undefined) return shard
    const where = `in stream ${stream.name} under account ${this.accountId}`
    throw notFound(`Could not find shard ${shardId} ${where}.`)
  }

  #nameIn({ StreamName, StreamARN }: StreamReference): string {
    const named =
      StreamARN?.startsWith(this.#arnPrefix) === true ? StreamARN.slice(this.#arnPrefix.length) : undefined
    if (StreamARN !== undefined && named === undefined) {
      throw notFound(`Stream ${StreamARN} under account ${this.accountId} not found.`)
    }
    const name = StreamName ?? named
    if (name === undefined) throw invalidArgument('Either StreamName or StreamARN must be given.')
    if (named !== undefined && named !== name) throw invalidArgument('StreamName and StreamARN do not match.')
    return name
  }
}
