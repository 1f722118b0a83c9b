import { limitExceeded } from '../aws-error.ts'
import { TokenBucket } from './token-bucket.ts'

/** What Kinesis lets through. Rates are per second; Infinity switches one off. */
export interface KinesisLimits {
  /** Per shard, partition keys included. */
  readonly writeBytesPerSecond: number
  /** Per shard. */
  readonly writeRecordsPerSecond: number
  /** Per shard, all pollers together; and per shard and registered consumer. */
  readonly readBytesPerSecond: number
  /** GetRecords calls per shard. */
  readonly readCallsPerSecond: number
  /** GetShardIterator calls per shard. */
  readonly iteratorCallsPerSecond: number
  /** Multiplies the rates of all other operations. */
  readonly controlScale: number
  /** Seconds before a consumer may subscribe to the same shard again. */
  readonly subscribeAgainSeconds: number
  /** Open shards of an account. */
  readonly shards: number
}

const MiB = 1024 * 1024

// Source: "Quotas and limits" of the Kinesis Data Streams developer guide.
const realLimits: KinesisLimits = {
  writeBytesPerSecond: MiB,
  writeRecordsPerSecond: 1000,
  readBytesPerSecond: 2 * MiB,
  readCallsPerSecond: 5,
  iteratorCallsPerSecond: 5,
  controlScale: 1,
  subscribeAgainSeconds: 5,
  shards: 20_000,
}

export const noLimits: KinesisLimits = {
  writeBytesPerSecond: Infinity,
  writeRecordsPerSecond: Infinity,
  readBytesPerSecond: Infinity,
  readCallsPerSecond: Infinity,
  iteratorCallsPerSecond: Infinity,
  controlScale: Infinity,
  subscribeAgainSeconds: 0,
  shards: Infinity,
}

/** The rates, all of them, none of them, or those of AWS but for some. Sizes always hold. */
export type LimitsOption = 'real' | 'none' | Partial<KinesisLimits>

export function limitsOf(option: LimitsOption): KinesisLimits {
  if (option === 'real') return realLimits
  if (option === 'none') return noLimits
  return { ...realLimits, ...option }
}

interface ControlLimit {
  readonly perSecond: number
  readonly each: 'account' | 'stream'
}

const perAccount = (perSecond: number): ControlLimit => ({ perSecond, each: 'account' })

// Source: "API limits" of the same page.
const controlLimits: Readonly<Record<string, ControlLimit>> = {
  CreateStream: perAccount(5),
  DeleteStream: perAccount(5),
  DescribeStream: perAccount(10),
  DescribeStreamSummary: perAccount(20),
  ListStreams: perAccount(5),
  ListShards: { perSecond: 1000, each: 'stream' },
  SplitShard: perAccount(5),
  MergeShards: perAccount(5),
  UpdateShardCount: perAccount(5),
  IncreaseStreamRetentionPeriod: perAccount(5),
  DecreaseStreamRetentionPeriod: perAccount(5),
  RegisterStreamConsumer: perAccount(5),
  DeregisterStreamConsumer: perAccount(5),
  DescribeStreamConsumer: perAccount(20),
  ListStreamConsumers: perAccount(5),
  AddTagsToStream: perAccount(5),
  RemoveTagsFromStream: perAccount(5),
  ListTagsForStream: perAccount(5),
}

/** The rates of the operations that are not about records. */
export class ControlThrottle {
  readonly #scale: number
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(scale: number) {
    this.#scale = scale
  }

  /** Throws a LimitExceededException. */
  admit(operation: string, stream: string, now: number): void {
    const limit = controlLimits[operation]
    if (limit === undefined || this.#scale === Infinity) return
    const key = limit.each === 'stream' ? `${operation} ${stream}` : operation
    const bucket = this.#buckets.get(key) ?? new TokenBucket(limit.perSecond * this.#scale, now)
    this.#buckets.set(key, bucket)
    if (!bucket.has(1, now)) throw limitExceeded(`Rate exceeded for ${operation}.`)
    bucket.take(1, now)
  }
}

/** The rates of one shard. */
export class ShardThrottle {
  readonly #writeBytes: TokenBucket
  readonly #writeRecords: TokenBucket
  readonly #readBytes: TokenBucket
  readonly #readCalls: TokenBucket
  readonly #iterators: TokenBucket

  constructor(limits: KinesisLimits, now: number) {
    this.#writeBytes = new TokenBucket(limits.writeBytesPerSecond, now)
    this.#writeRecords = new TokenBucket(limits.writeRecordsPerSecond, now)
    this.#readBytes = new TokenBucket(limits.readBytesPerSecond, now)
    this.#readCalls = new TokenBucket(limits.readCallsPerSecond, now)
    this.#iterators = new TokenBucket(limits.iteratorCallsPerSecond, now)
  }

  admitWrite(bytes: number, now: number): boolean {
    if (!this.#writeRecords.has(1, now) || !this.#writeBytes.has(bytes, now)) return false
    this.#writeRecords.take(1, now)
    this.#writeBytes.take(bytes, now)
    return true
  }

  /** The bytes are charged afterwards: a large read is served whole and waited for. */
  admitRead(now: number): boolean {
    if (!this.#readCalls.has(1, now) || !this.#readBytes.has(0, now)) return false
    this.#readCalls.take(1, now)
    return true
  }

  chargeRead(bytes: number, now: number): void {
    this.#readBytes.take(bytes, now)
  }

  admitIterator(now: number): boolean {
    const admitted = this.#iterators.has(1, now)
    if (admitted) this.#iterators.take(1, now)
    return admitted
  }
}
