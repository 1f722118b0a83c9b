/** One record as GetRecords gives it. */
export interface KinesisRecord {
  readonly sequence: string
  readonly partitionKey: string
  /** Ms since the epoch, by the stream's clock. */
  readonly arrivedAt: number
  readonly data: Buffer
}

/** What GetRecords answers, or an event of a subscription tells. */
export interface ShardReply {
  readonly records: readonly KinesisRecord[]
  /** Where reading goes on: an iterator, or a sequence number. Absent at the end of a closed shard. */
  readonly next?: string
  readonly millisBehindLatest: number
  /** The shard has ended and its children are known. */
  readonly hasChildren: boolean
}

/** Reads the JSON answer to GetRecords. Throws a SyntaxError for anything else. */
export function readGetRecords(body: Buffer): ShardReply {
  return readReply(body, 'NextShardIterator')
}

/** Reads the JSON of a SubscribeToShardEvent. Throws a SyntaxError for anything else. */
export function readShardEvent(body: Buffer): ShardReply {
  return readReply(body, 'ContinuationSequenceNumber')
}

function readReply(body: Buffer, nextField: string): ShardReply {
  const reply: unknown = JSON.parse(body.toString('utf8'))
  if (!isObject(reply) || !('Records' in reply) || !Array.isArray(reply.Records)) throw wrong('Records')
  const { [nextField]: next, MillisBehindLatest: behind, ChildShards: children } = reply
  const records: readonly unknown[] = reply.Records
  return {
    records: records.map(readRecord),
    ...(typeof next === 'string' && { next }),
    millisBehindLatest: typeof behind === 'number' ? behind : 0,
    hasChildren: Array.isArray(children) && children.length > 0,
  }
}

function readRecord(record: unknown): KinesisRecord {
  if (!isObject(record)) throw wrong('a record')
  const { SequenceNumber, PartitionKey, ApproximateArrivalTimestamp: arrived, Data } = record
  if (typeof SequenceNumber !== 'string') throw wrong('SequenceNumber')
  if (typeof PartitionKey !== 'string') throw wrong('PartitionKey')
  if (typeof Data !== 'string') throw wrong('Data')
  return {
    sequence: SequenceNumber,
    partitionKey: PartitionKey,
    // Seconds with decimals.
    arrivedAt: typeof arrived === 'number' ? Math.round(arrived * 1000) : 0,
    data: Buffer.from(Data, 'base64'),
  }
}

interface ReplyObject {
  readonly [key: string]: unknown
}

function isObject(value: unknown): value is ReplyObject {
  return typeof value === 'object' && value !== null
}

function wrong(what: string): SyntaxError {
  return new SyntaxError(`the answer lacks ${what}`)
}
