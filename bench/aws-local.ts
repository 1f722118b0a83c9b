import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { startAwsLocal } from '../src/aws-local/index.ts'

// Kinesis on loopback, through AWS's own client in the same process: how much goes in and comes out, by the clock and
// by processor time, and whether a full shard is slower than an empty one.

const shards = 4
const requests = 40
const Records = Array.from({ length: 500 }, (_, i) => ({
  PartitionKey: `key ${i}`,
  Data: Buffer.alloc(2_000, 'x'),
}))

export async function benchAwsLocal(): Promise<object> {
  const aws = await startAwsLocal({ limits: 'none' })
  const client = new KinesisClient({
    endpoint: aws.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  })
  try {
    await client.send(new CreateStreamCommand({ StreamName: 'raw', ShardCount: shards }))
    // The first requests compile.
    await puts(client, 8)
    const empty = await measure(() => puts(client, requests))
    const filled = await measure(() => puts(client, requests))
    const reads = await measure(() => readAll(client))
    return {
      'puts of 500 x 2 KB, records per second': empty.perSecond,
      'puts, records per processor second': empty.perProcessorSecond,
      'puts into a fuller stream, records per processor second': filled.perProcessorSecond,
      'reads, records per second': reads.perSecond,
      'reads, records per processor second': reads.perProcessorSecond,
    }
  } finally {
    client.destroy()
    await aws.close()
  }
}

/** Four requests on their way at any time. Gives the number of records. */
async function puts(client: KinesisClient, count: number): Promise<number> {
  let left = count
  const writer = async () => {
    while (left-- > 0) await client.send(new PutRecordsCommand({ StreamName: 'raw', Records }))
  }
  await Promise.all([writer(), writer(), writer(), writer()])
  return count * Records.length
}

async function readAll(client: KinesisClient): Promise<number> {
  const counts = await Promise.all(Array.from({ length: shards }, (_, i) => readShard(client, i)))
  return counts.reduce((a, b) => a + b)
}

async function readShard(client: KinesisClient, ordinal: number): Promise<number> {
  const ShardId = `shardId-${String(ordinal).padStart(12, '0')}`
  const start = { StreamName: 'raw', ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const
  let { ShardIterator } = await client.send(new GetShardIteratorCommand(start))
  for (let records = 0; ;) {
    const read = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 1_000 }))
    records += read.Records?.length ?? 0
    if (read.MillisBehindLatest === 0) return records
    ShardIterator = read.NextShardIterator
  }
}

async function measure(
  run: () => Promise<number>,
): Promise<{ perSecond: number; perProcessorSecond: number }> {
  const [cpu, started] = [process.cpuUsage(), performance.now()]
  const records = await run()
  const ms = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: Math.round((records / ms) * 1000),
    perProcessorSecond: Math.round((records / (user + system)) * 1_000_000),
  }
}
