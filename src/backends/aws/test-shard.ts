import { no, type Answer, type Asked, type Script } from './test-service.ts'

export interface TestRecord {
  readonly sequence: string
  readonly data: Buffer
  readonly partitionKey?: string
  readonly arrivedAt?: number
}

/** One shard of one stream, as much of Kinesis as a reader sees; a test may change everything about it at any time. */
export class TestShard {
  readonly shardId = 'shardId-000000000000'
  records: TestRecord[] = []
  startingSequence = '100'
  closed = false
  /** Whether GetRecords at the end of a closed shard names its children. */
  namesChildren = true
  /** Answers the next calls before anything else does. */
  readonly faults: ((asked: Asked) => Answer | undefined)[] = []
  /** Retention has removed the shard, and its child remains. */
  removed = false
  /** What the service's clock says. */
  now = 1_760_000_000_000

  readonly script: Script = asked => {
    const fault = this.faults[0]?.(asked)
    if (fault !== undefined) {
      this.faults.shift()
      return fault
    }
    if (asked.operation === 'ListShards') return { json: { Shards: this.#shards() }, date: this.now }
    if (asked.operation === 'GetShardIterator') return this.#iterator(asked.input)
    if (asked.operation === 'GetRecords') return this.#read(asked.input)
    return no('UnknownOperationException')
  }

  /** Adds records after those that are there. */
  put(...texts: readonly (string | Buffer)[]): void {
    for (const text of texts) {
      const last = Number(this.records.at(-1)?.sequence ?? this.startingSequence)
      this.records.push({ sequence: String(last + 1), data: Buffer.from(text), arrivedAt: this.now })
    }
  }

  #shards(): object[] {
    const range = { StartingHashKey: '0', EndingHashKey: String(2n ** 128n - 1n) }
    const one = {
      ShardId: this.shardId,
      HashKeyRange: range,
      SequenceNumberRange: {
        StartingSequenceNumber: this.startingSequence,
        ...(this.closed && { EndingSequenceNumber: '999999' }),
      },
    }
    const child = {
      ShardId: 'shardId-000000000001',
      ParentShardId: this.shardId,
      HashKeyRange: range,
      SequenceNumberRange: { StartingSequenceNumber: '1000000' },
    }
    if (this.removed) return [child]
    return this.closed ? [one, child] : [one]
  }

  #iterator(input: Record<string, unknown>): Answer {
    if (this.removed || input['ShardId'] !== this.shardId) return no('ResourceNotFoundException')
    const from = this.#start(input)
    return { json: { ShardIterator: `after ${from}` }, date: this.now }
  }

  /** The sequence behind which reading begins. */
  #start(input: Record<string, unknown>): number {
    const type = input['ShardIteratorType']
    if (type === 'AT_SEQUENCE_NUMBER') return Number(input['StartingSequenceNumber']) - 1
    const last = Number(this.records.at(-1)?.sequence ?? 0)
    if (type === 'AT_TIMESTAMP') {
      const ms = Number(input['Timestamp']) * 1000
      const first = this.records.find(({ arrivedAt = 0 }) => arrivedAt >= ms)
      return first === undefined ? last : Number(first.sequence) - 1
    }
    return type === 'TRIM_HORIZON' ? 0 : last
  }

  #read(input: Record<string, unknown>): Answer {
    const after = Number(String(input['ShardIterator']).slice('after '.length))
    const left = this.records.filter(({ sequence }) => Number(sequence) > after)
    const given = left.slice(0, Number(input['Limit']))
    const more = left.length > given.length
    const next = given.at(-1)?.sequence ?? after
    const ended = this.closed && !more
    return {
      date: this.now,
      json: {
        Records: given.map(({ sequence, data, partitionKey = 'key', arrivedAt = this.now }) => ({
          SequenceNumber: sequence,
          PartitionKey: partitionKey,
          Data: data.toString('base64'),
          ApproximateArrivalTimestamp: arrivedAt / 1000,
        })),
        MillisBehindLatest: more ? 5000 : 0,
        ...(!ended && { NextShardIterator: `after ${next}` }),
        ...(ended && this.namesChildren && { ChildShards: [{ ShardId: 'shardId-000000000001' }] }),
      },
    }
  }
}
