import { z } from 'zod'
import { AwsError, inUse, invalidArgument } from '../../aws-error.ts'
import { fields, streamReference } from '../../request.ts'
import type { Kinesis } from '../kinesis.ts'
import { operation, type Operation } from '../operation.ts'
import type { Shard } from '../shard.ts'
import type { Stream } from '../stream.ts'
import { seal, unseal } from '../tokens.ts'

/** What a caller may know of a shard that closed a moment ago: it looks open for as long as listings lag. */
export function showShard(kinesis: Kinesis, shard: Shard): object {
  const [parent, adjacent] = shard.parents
  const closed = shard.closedAt !== undefined && listed(kinesis, shard.closedAt)
  return {
    ShardId: shard.shardId,
    ...(parent === undefined ? {} : { ParentShardId: parent.shardId }),
    ...(adjacent === undefined ? {} : { AdjacentParentShardId: adjacent.shardId }),
    HashKeyRange: {
      StartingHashKey: String(shard.range.startingHashKey),
      EndingHashKey: String(shard.range.endingHashKey),
    },
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequence,
      ...(closed ? { EndingSequenceNumber: shard.endingSequence } : {}),
    },
  }
}

export function listedShards(kinesis: Kinesis, stream: Stream): readonly Shard[] {
  return stream.tree.all.filter(shard => shard.parents.length === 0 || listed(kinesis, shard.createdAt))
}

function listed(kinesis: Kinesis, changedAt: number): boolean {
  return kinesis.listLagMs === 0 || changedAt + kinesis.listLagMs <= kinesis.now()
}

const filterTypes = [
  'AFTER_SHARD_ID',
  'AT_TRIM_HORIZON',
  'FROM_TRIM_HORIZON',
  'AT_LATEST',
  'AT_TIMESTAMP',
  'FROM_TIMESTAMP',
] as const

const filterSchema = z.object({
  Type: z.enum(filterTypes),
  ShardId: fields.shardId.optional(),
  Timestamp: fields.timestamp.optional(),
})

type Filter = z.output<typeof filterSchema>

/** Which shards a filter lets through. A shard is open from its creation to just before its close. */
function matcher(filter: Filter, kinesis: Kinesis, stream: Stream): (shard: Shard) => boolean {
  const horizon = stream.horizon(kinesis.now())
  const from = Math.max(filter.Timestamp ?? horizon, horizon)
  switch (filter.Type) {
    case 'AFTER_SHARD_ID':
      return ({ shardId }) => shardId > required(filter.ShardId, 'ShardId')
    case 'FROM_TRIM_HORIZON':
      return () => true
    case 'AT_TRIM_HORIZON':
      return openAt(horizon)
    case 'AT_LATEST':
      return ({ closedAt }) => closedAt === undefined || !listed(kinesis, closedAt)
    case 'AT_TIMESTAMP':
      required(filter.Timestamp, 'Timestamp')
      return openAt(from)
    case 'FROM_TIMESTAMP':
      required(filter.Timestamp, 'Timestamp')
      return notClosedAt(from)
  }
}

function notClosedAt(ms: number): (shard: Shard) => boolean {
  return ({ closedAt = Infinity }) => closedAt > ms
}

function openAt(ms: number): (shard: Shard) => boolean {
  return ({ createdAt, closedAt = Infinity }) => createdAt <= ms && closedAt > ms
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw invalidArgument(`The ShardFilter needs a ${name}.`)
  return value
}

const listSchema = z.object({
  ...streamReference,
  MaxResults: z.int().min(1).max(10_000).default(1000),
  NextToken: z.string().optional(),
  ExclusiveStartShardId: fields.shardId.optional(),
  StreamCreationTimestamp: fields.timestamp.optional(),
  ShardFilter: filterSchema.optional(),
})

type ListInput = z.output<typeof listSchema>

/** Where a listing goes on, and what it lists. */
interface Page {
  readonly stream: Stream
  readonly after: string
  readonly filter: Filter
}

const ListShards = operation(listSchema, (kinesis, input) => {
  const { stream, after, filter } =
    input.NextToken === undefined ? first(kinesis, input) : onward(kinesis, input)
  const status = stream.status(kinesis.now())
  if (status === 'CREATING' || status === 'DELETING') {
    throw inUse(`Stream ${stream.name} under account ${kinesis.accountId} is ${status}.`)
  }
  const shards = listedShards(kinesis, stream)
    .filter(matcher(filter, kinesis, stream))
    .filter(({ shardId }) => shardId > after)
  // Kinesis gives a thousand at most, whatever it was asked for.
  const count = Math.min(input.MaxResults, 1000)
  const last = shards[count - 1]
  const token = (shardId: string) =>
    seal(['shards', stream.name, shardId, JSON.stringify(filter), kinesis.now()])
  return {
    Shards: shards.slice(0, count).map(shard => showShard(kinesis, shard)),
    ...(last !== undefined && shards.length > count ? { NextToken: token(last.shardId) } : {}),
  }
})

function first(kinesis: Kinesis, input: ListInput): Page {
  const { ShardFilter = { Type: 'FROM_TRIM_HORIZON' }, ExclusiveStartShardId = '' } = input
  return { stream: kinesis.stream(input), after: ExclusiveStartShardId, filter: ShardFilter }
}

const tokenSchema = z.tuple([
  z.literal('shards'),
  z.string(),
  z.string(),
  z
    .string()
    .transform(text => JSON.parse(text) as unknown)
    .pipe(filterSchema.extend({ Timestamp: z.number().optional() })),
  z.number(),
])

function onward(kinesis: Kinesis, input: ListInput): Page {
  const { NextToken = '', StreamName, StreamARN, ExclusiveStartShardId, ShardFilter } = input
  if ((StreamName ?? StreamARN ?? ExclusiveStartShardId ?? ShardFilter) !== undefined) {
    throw invalidArgument('NextToken stands alone: neither a stream nor a start nor a filter beside it.')
  }
  const parsed = tokenSchema.safeParse(unseal(NextToken))
  if (!parsed.success) throw invalidArgument('NextToken is invalid.')
  const [, name, after, filter, issuedAt] = parsed.data
  if (kinesis.now() - issuedAt > kinesis.iteratorMs) {
    throw new AwsError('ExpiredNextTokenException', 'NextToken is expired.')
  }
  return { stream: kinesis.stream({ StreamName: name }), after, filter }
}

export const shardOperations: Readonly<Record<string, Operation>> = { ListShards }
