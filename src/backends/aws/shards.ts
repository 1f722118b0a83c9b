import {
  KinesisServiceException,
  ListShardsCommand,
  type KinesisClient,
  type Shard as KinesisShard,
} from '@aws-sdk/client-kinesis'
import { MillraceError, type ErrorCode } from '../../lib/index.ts'
import type { Shard } from '../../streams/index.ts'
import { kinesisTrouble, remedyOf, saidBy, type KinesisTrouble } from './kinesis-error.ts'

/** Every shard of a stream, closed ones included, parents before children. The SDK tries again when it is throttled. */
export async function listShards(
  client: KinesisClient,
  stream: string,
  abortSignal?: AbortSignal,
): Promise<readonly Shard[]> {
  const options = abortSignal === undefined ? {} : { abortSignal }
  const shards: Shard[] = []
  let token: string | undefined
  do {
    const page = token === undefined ? { StreamName: stream } : { NextToken: token }
    const reply = await client.send(new ListShardsCommand(page), options)
    for (const shard of reply.Shards ?? []) shards.push(shardOf(shard))
    token = reply.NextToken
  } while (token !== undefined)
  return parentsFirst(shards)
}

function shardOf({ ShardId, ParentShardId, AdjacentParentShardId, ...shard }: KinesisShard): Shard {
  const parents = [ParentShardId, AdjacentParentShardId].filter(parent => parent !== undefined)
  const { HashKeyRange, SequenceNumberRange } = shard
  const ending = SequenceNumberRange?.EndingSequenceNumber
  return {
    shardId: ShardId ?? '',
    parents,
    startingHashKey: BigInt(HashKeyRange?.StartingHashKey ?? 0),
    endingHashKey: BigInt(HashKeyRange?.EndingHashKey ?? 0),
    startingSequence: SequenceNumberRange?.StartingSequenceNumber ?? '0',
    ...(ending !== undefined && { endingSequence: ending }),
  }
}

/** Shard ids are numbered as the shards are made, so a child's is higher than its parents'. */
function parentsFirst(shards: readonly Shard[]): Shard[] {
  return shards.toSorted((a, b) => {
    if (a.shardId.length !== b.shardId.length) return a.shardId.length - b.shardId.length
    return a.shardId < b.shardId ? -1 : 1
  })
}

export function isNamed(error: unknown, name: string): error is KinesisServiceException {
  return error instanceof KinesisServiceException && error.name === name
}

/** Refusals that another try may get past: streams are made, throttling ends, credentials and clocks are renewed. */
const passing: readonly KinesisTrouble[] = ['missing', 'throttled', 'credentials', 'clock']

/** Whatever the SDK throws, as an error that says what was attempted. */
export function sdkFailure(code: ErrorCode, attempted: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  const refused = error instanceof KinesisServiceException ? error : undefined
  const trouble = kinesisTrouble(error)
  const retryable =
    refused === undefined
      ? trouble !== 'no-region'
      : passing.includes(trouble) || refused.$retryable !== undefined || refused.$fault === 'server'
  const message = `cannot ${attempted}: ${saidBy(error)}; ${remedyOf(trouble)}`
  return new MillraceError(code, message, { retryable, cause: error })
}
