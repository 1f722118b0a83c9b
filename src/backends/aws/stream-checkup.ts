import {
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  type StreamDescriptionSummary,
} from '@aws-sdk/client-kinesis'
import { fine, type Finding } from '../../lib/index.ts'
import { kinesisTrouble, remedyOf, saidBy, type KinesisTrouble } from './kinesis-error.ts'
import { isNamed, listShards } from './shards.ts'

/** What a process does with one stream. */
export interface StreamUse {
  readonly stream: string
  readonly reads: boolean
  readonly writes: boolean
  /** Whose consumer of it the records are pushed to; absent: they are polled. */
  readonly consumer?: string
  /** The largest record that may be written, its partition key included. */
  readonly maxRecordBytes: number
  /** Shards to propose for a stream that has to be created. */
  readonly shards: number
  /** A process that starts creates it. */
  readonly created: boolean
}

export interface StreamCheckup {
  readonly findings: readonly Finding[]
  /** Absent: the stream cannot be looked at, and this is why. */
  readonly summary?: StreamDescriptionSummary
  readonly trouble?: KinesisTrouble
  /** What the stream knows, when it may be asked. */
  readonly shardIds: readonly string[]
}

/** One call takes no longer, however often the SDK repeats it. */
const callMs = 10_000

/**
 * Looks at a stream, and makes every call that reading it takes, once, for no record. Writing cannot be tried: what is
 * allowed is written.
 */
export async function checkStream(client: KinesisClient, use: StreamUse): Promise<StreamCheckup> {
  const { stream } = use
  const subject = `stream ${stream}`
  let summary: StreamDescriptionSummary | undefined
  try {
    const options = { abortSignal: AbortSignal.timeout(callMs) }
    const reply = await client.send(new DescribeStreamSummaryCommand({ StreamName: stream }), options)
    summary = reply.StreamDescriptionSummary
  } catch (error) {
    const trouble = kinesisTrouble(error)
    if (trouble === 'throttled') return { findings: [busy(subject)], trouble, shardIds: [] }
    return { findings: [refusal(use, 'DescribeStreamSummary', error)], trouble, shardIds: [] }
  }
  if (summary === undefined) return { findings: [emptyAnswer(subject)], shardIds: [] }
  const { calls, refused, shardIds } = use.reads
    ? await tryReading(client, use, summary.StreamARN)
    : { calls: ['DescribeStreamSummary'], refused: [], shardIds: [] }
  const found = `${describe(summary)}; ${tried(calls, use)}`
  const state = stateOf(subject, summary) ?? [...refused, fine(subject, found)]
  return { findings: [...state, ...tooSmall(use, summary)], summary, shardIds }
}

interface Tried {
  readonly calls: readonly string[]
  readonly refused: readonly Finding[]
  readonly shardIds: readonly string[]
}

/** At the tip of one open shard, where there is nothing to read. */
async function tryReading(client: KinesisClient, use: StreamUse, arn: string | undefined): Promise<Tried> {
  const calls = ['DescribeStreamSummary']
  const refused: Finding[] = []
  const attempt = async <T>(operation: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      const result = await work()
      calls.push(operation)
      return result
    } catch (error) {
      // Who is told to be slower was let in.
      if (kinesisTrouble(error) === 'throttled') calls.push(operation)
      else refused.push(refusal(use, operation, error))
      return undefined
    }
  }
  const options = { abortSignal: AbortSignal.timeout(3 * callMs) }
  const shards = (await attempt('ListShards', () => listShards(client, use.stream))) ?? []
  const shardIds = shards.map(({ shardId }) => shardId)
  const shard = shards.findLast(({ endingSequence }) => endingSequence === undefined)
  const place = {
    StreamName: use.stream,
    // A name that every stream has had: a caller without permission is told that first.
    ShardId: shard?.shardId ?? 'shardId-000000000000',
    ShardIteratorType: 'LATEST',
  } as const
  const iterator = await attempt('GetShardIterator', () =>
    client.send(new GetShardIteratorCommand(place), options),
  )
  const { ShardIterator } = iterator ?? {}
  if (ShardIterator !== undefined)
    await attempt('GetRecords', () =>
      client.send(new GetRecordsCommand({ ShardIterator, Limit: 1 }), options),
    )
  const { consumer } = use
  if (consumer !== undefined)
    await attempt('DescribeStreamConsumer', async () => {
      const which = { StreamARN: arn, ConsumerName: consumer }
      try {
        await client.send(new DescribeStreamConsumerCommand(which), options)
      } catch (error) {
        // The first worker registers it.
        if (!isNamed(error, 'ResourceNotFoundException')) throw error
      }
    })
  return { calls, refused, shardIds }
}

function refusal({ stream, shards, created }: StreamUse, operation: string, error: unknown): Finding {
  const subject = `stream ${stream}`
  const trouble = kinesisTrouble(error)
  const found = `${operation} was refused (${saidBy(error)})`
  const problem = { level: 'problem', subject } as const
  if (trouble === 'missing' && operation === 'DescribeStreamSummary') {
    if (created) return fine(subject, `is not there yet: the first start makes it, with ${shards} shards`)
    const next =
      `create it (aws kinesis create-stream --stream-name ${stream} --shard-count ${shards}), name another one or ` +
      'another region, or set aws.createStreams to true'
    return { ...problem, found: 'there is no such stream in this region and account', next }
  }
  if (trouble === 'denied')
    return {
      ...problem,
      found,
      next: `allow kinesis:${operation} on it to these credentials (millrace doctor --policy)`,
    }
  const retryable = trouble === 'other' || trouble === 'throttled' || trouble === 'credentials'
  const attempted = retryable ? `${operation} failed (${saidBy(error)})` : found
  return { ...problem, found: attempted, next: remedyOf(trouble), retryable }
}

/** A fleet that starts at once asks more often than an account may. That is no reason not to start. */
function busy(subject: string): Finding {
  const found = 'DescribeStreamSummary is throttled: this account asks too often for it'
  return { level: 'warning', subject, found, next: 'look again later' }
}

function emptyAnswer(subject: string): Finding {
  const next = 'what answers there is not Kinesis: look at aws.endpoint'
  return { level: 'problem', subject, found: 'an answer without a description', next }
}

/** Undefined when it can be used. */
function stateOf(subject: string, { StreamStatus: status }: StreamDescriptionSummary): Finding[] | undefined {
  if (status === 'ACTIVE' || status === 'UPDATING') return undefined
  const next = status === 'CREATING' ? 'wait until it is ACTIVE' : 'look at it in the console'
  return [{ level: 'problem', subject, found: `is ${status ?? 'in no state'}`, next, retryable: true }]
}

/** A record that the stream refuses it refuses for ever, and the shard that it came from stands still. */
function tooSmall(use: StreamUse, { MaxRecordSizeInKiB: most }: StreamDescriptionSummary): Finding[] {
  const { stream, writes, maxRecordBytes } = use
  if (!writes || most === undefined || maxRecordBytes <= most * 1024) return []
  const found = `takes records of up to ${most} KiB, and enrich.maxRecordBytes is ${maxRecordBytes}`
  const next = `raise the largest record of the stream, or set enrich.maxRecordBytes to ${most * 1024}`
  return [{ level: 'problem', subject: `stream ${stream}`, found, next }]
}

function describe(summary: StreamDescriptionSummary): string {
  const { StreamStatus, OpenShardCount, RetentionPeriodHours, StreamModeDetails, EncryptionType, KeyId } =
    summary
  const shards = OpenShardCount === 1 ? '1 open shard' : `${OpenShardCount} open shards`
  const mode = StreamModeDetails?.StreamMode === 'ON_DEMAND' ? 'on demand' : 'provisioned'
  const key = EncryptionType === 'KMS' ? `, encrypted with ${KeyId}` : ''
  return `${StreamStatus}, ${shards}, ${mode}, records kept for ${RetentionPeriodHours} h${key}`
}

function tried(calls: readonly string[], { writes, consumer }: StreamUse): string {
  const untried = [
    writes ? '; PutRecords is not tried, as it would write' : '',
    consumer === undefined
      ? ''
      : '; RegisterStreamConsumer and SubscribeToShard are not tried, as they would change who reads',
  ].join('')
  return `allowed: ${calls.join(', ')}${untried}`
}

/** The keys that callers need, unless it is AWS's own, which lets everybody in who may use the stream. */
export function checkEncryption(
  { stream, reads, writes }: Pick<StreamUse, 'stream' | 'reads' | 'writes'>,
  { EncryptionType, KeyId }: Pick<StreamDescriptionSummary, 'EncryptionType' | 'KeyId'>,
): Finding | undefined {
  if (EncryptionType !== 'KMS' || KeyId === undefined || KeyId.endsWith('alias/aws/kinesis')) return undefined
  const actions = [...(reads ? ['kms:Decrypt'] : []), ...(writes ? ['kms:GenerateDataKey'] : [])]
  return {
    level: 'warning',
    subject: `stream ${stream}`,
    found: `is encrypted with a key of your own, ${KeyId}, and writing is not tried`,
    next: `see that ${actions.join(' and ')} on that key are allowed to these credentials`,
  }
}
