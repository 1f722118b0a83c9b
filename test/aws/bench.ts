import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  PutRecordCommand,
  KinesisServiceException,
  type CreateStreamCommandInput,
  type GetRecordsCommandOutput,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  type Shard,
} from '@aws-sdk/client-kinesis'
import type { Target } from './target.ts'

export const lastHashKey = (1n << 128n) - 1n
export const middleHashKey = 1n << 127n

export interface TestStream {
  readonly name: string
  readonly arn: string
}

let names = 0

const impatient = new Set(['LimitExceededException', 'ProvisionedThroughputExceededException'])

/** One target, and the words in which cases speak to it. */
export class Bench {
  readonly client: KinesisClient
  readonly #target: Target
  readonly #made: string[] = []

  constructor(target: Target) {
    this.client = target.client
    this.#target = target
  }

  get patienceMs(): number {
    return this.#target.patienceMs
  }

  freshName(): string {
    return `conformance-${process.pid}-${Date.now()}-${names++}`
  }

  /** A new stream that is ACTIVE. */
  async stream(options: Partial<CreateStreamCommandInput> = { ShardCount: 1 }): Promise<TestStream> {
    const name = this.freshName()
    await this.patiently(() => this.client.send(new CreateStreamCommand({ ...options, StreamName: name })))
    this.#made.push(name)
    return { name, arn: await this.active(name) }
  }

  /** Resolves to the stream's ARN when nothing is changing any more. */
  async active(name: string): Promise<string> {
    for (;;) {
      const summary = await this.summary(name)
      if (summary.StreamStatus === 'ACTIVE') return summary.StreamARN ?? ''
      await sleep(20)
    }
  }

  async summary(name: string) {
    const command = new DescribeStreamSummaryCommand({ StreamName: name })
    const { StreamDescriptionSummary } = await this.patiently(() => this.client.send(command))
    if (StreamDescriptionSummary === undefined) throw new Error('no summary')
    return StreamDescriptionSummary
  }

  async shards(name: string): Promise<readonly Shard[]> {
    const command = new ListShardsCommand({ StreamName: name })
    return (await this.patiently(() => this.client.send(command))).Shards ?? []
  }

  async put(name: string, text: string, hashKey?: bigint): Promise<{ shardId: string; sequence: string }> {
    const command = new PutRecordCommand({
      StreamName: name,
      PartitionKey: 'key',
      Data: Buffer.from(text),
      ...(hashKey === undefined ? {} : { ExplicitHashKey: String(hashKey) }),
    })
    const { ShardId = '', SequenceNumber = '' } = await this.patiently(() => this.client.send(command))
    return { shardId: ShardId, sequence: SequenceNumber }
  }

  async iterator(
    name: string,
    start: Partial<GetShardIteratorCommandInput> = {},
    shardId = 'shardId-000000000000',
  ): Promise<string> {
    const command = new GetShardIteratorCommand({
      StreamName: name,
      ShardId: shardId,
      ShardIteratorType: 'TRIM_HORIZON',
      ...start,
    })
    return (await this.patiently(() => this.client.send(command))).ShardIterator ?? ''
  }

  read(iterator: string, limit?: number): Promise<GetRecordsCommandOutput> {
    const command = new GetRecordsCommand({
      ShardIterator: iterator,
      ...(limit === undefined ? {} : { Limit: limit }),
    })
    return this.patiently(() => this.client.send(command))
  }

  /** The texts of what is read from an iterator. */
  async texts(iterator: string): Promise<string> {
    return textsOf(await this.readSome(iterator)).join(' ')
  }

  /** Reads on until there are records or the shard ends: a real stream tells late, and sometimes nothing. */
  async readSome(iterator: string): Promise<GetRecordsCommandOutput> {
    for (let calls = 0, next = iterator; ; calls++) {
      const output = await this.read(next)
      if ((output.Records?.length ?? 0) > 0 || !output.NextShardIterator || calls === 20) return output
      next = output.NextShardIterator
    }
  }

  /** Tries again while it is throttled: a case is about something else. */
  async patiently<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call()
      } catch (error) {
        if (!(error instanceof Error) || !impatient.has(error.name)) throw error
        await this.wait(300)
      }
    }
  }

  /** Waits, or makes time pass. */
  async wait(ms: number): Promise<void> {
    if (this.#target.pass === undefined) await sleep(ms)
    else this.#target.pass(ms)
  }

  async tidy(): Promise<void> {
    for (const name of this.#made.splice(0)) {
      const command = new DeleteStreamCommand({ StreamName: name, EnforceConsumerDeletion: true })
      await this.patiently(() => this.client.send(command)).catch(() => undefined)
    }
  }
}

export function textsOf({ Records = [] }: GetRecordsCommandOutput): string[] {
  return Records.map(({ Data = new Uint8Array() }) => Buffer.from(Data).toString())
}

/** 'accepted', or what was answered instead. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'accepted'
  } catch (error) {
    return refusalOf(error)
  }
}

/** The name of the error that a service answered with. Throws what is none. */
export function refusalOf(error: unknown): string {
  if (!(error instanceof KinesisServiceException)) throw error
  const named = error.name.endsWith('Exception')
  return named ? error.name : `HTTP ${error.$metadata.httpStatusCode}`
}

export function isOpen({ SequenceNumberRange }: Shard): boolean {
  return SequenceNumberRange?.EndingSequenceNumber === undefined
}

export function rangesOf(shards: readonly Shard[]): [bigint, bigint][] {
  return shards
    .map(({ HashKeyRange }): [bigint, bigint] => [
      BigInt(HashKeyRange?.StartingHashKey ?? -1),
      BigInt(HashKeyRange?.EndingHashKey ?? -1),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** 'whole' when the ranges hold every hash key once. */
export function coverOf(shards: readonly Shard[]): string {
  let next = 0n
  for (const [start, end] of rangesOf(shards)) {
    if (start !== next) return `gap or overlap at ${next}`
    next = end + 1n
  }
  return next === lastHashKey + 1n ? 'whole' : `ends at ${next}`
}

const short = (shardId = '0') => String(Number(shardId.slice(-12)))

/** The tree in one line: each shard with its parents, closed ones in brackets. */
export function treeOf(shards: readonly Shard[]): string {
  return shards
    .map(shard => {
      const { ShardId, ParentShardId, AdjacentParentShardId } = shard
      const parents = [ParentShardId, AdjacentParentShardId].filter(id => id !== undefined).map(short)
      const text = short(ShardId) + (parents.length > 0 ? `<${parents.sort().join('+')}` : '')
      return isOpen(shard) ? text : `(${text})`
    })
    .join(' ')
}
