import type { TestContext } from 'node:test'
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  type ShardIteratorType,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { systemClock, type Clock } from '../lib/index.ts'
import { startAwsLocal, type AwsLocalOptions } from './index.ts'

/** A clock that a test moves; it stands still by itself, but sleep is real. */
export class HandClock implements Clock {
  #ms = Date.UTC(2026, 0, 1)

  now(): number {
    return this.#ms
  }

  monotonic(): number {
    return this.#ms
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal)
  }

  pass(ms: number): void {
    this.#ms += ms
  }
}

export function clientOf(endpoint: string): KinesisClient {
  return new KinesisClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: new NodeHttpHandler({ requestTimeout: 5_000 }),
    maxAttempts: 1,
  })
}

/** A server that lives as long as the test, its clock, and a client of AWS's own. */
export async function startTest(context: TestContext, options: AwsLocalOptions = {}) {
  const clock = new HandClock()
  const aws = await startAwsLocal({ clock, ...options })
  const client = clientOf(aws.endpoint)
  context.after(() => {
    client.destroy()
    return aws.close()
  })
  return { aws, clock, client }
}

export async function createStream(client: KinesisClient, name: string, shards = 1): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }))
}

export async function put(client: KinesisClient, name: string, text: string): Promise<void> {
  const Data = Buffer.from(text)
  await client.send(new PutRecordCommand({ StreamName: name, PartitionKey: 'key', Data }))
}

export async function iteratorOf(
  client: KinesisClient,
  name: string,
  type: ShardIteratorType = 'TRIM_HORIZON',
): Promise<string> {
  const command = new GetShardIteratorCommand({
    StreamName: name,
    ShardId: 'shardId-000000000000',
    ShardIteratorType: type,
  })
  return (await client.send(command)).ShardIterator ?? ''
}

/** The texts of the first shard. */
export async function read(client: KinesisClient, name: string): Promise<string[]> {
  const ShardIterator = await iteratorOf(client, name)
  const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }))
  return Records.map(({ Data = new Uint8Array() }) => Buffer.from(Data).toString())
}
