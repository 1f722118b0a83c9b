import { z } from 'zod'
import { AwsError, invalidArgument } from '../aws-error.ts'
import type { Kinesis } from './kinesis.ts'
import type { Place, Shard } from './shard.ts'
import type { Stream } from './stream.ts'
import { seal, unseal } from './tokens.ts'

export const startTypes = [
  'TRIM_HORIZON',
  'LATEST',
  'AT_TIMESTAMP',
  'AT_SEQUENCE_NUMBER',
  'AFTER_SEQUENCE_NUMBER',
] as const

/** Where reading starts, as GetShardIterator and SubscribeToShard are told. */
export interface Start {
  readonly type: (typeof startTypes)[number]
  readonly sequence?: string | undefined
  /** Milliseconds since the epoch. */
  readonly timestamp?: number | undefined
}

/** Throws an InvalidArgumentException for a start that does not lie in the shard. */
export function placeOf(shard: Shard, { type, sequence, timestamp }: Start, now: number): Place {
  switch (type) {
    case 'TRIM_HORIZON':
      return shard.start
    case 'LATEST':
      return shard.end
    case 'AT_TIMESTAMP':
      return shard.placeAt(checkedTimestamp(timestamp, now))
    case 'AT_SEQUENCE_NUMBER':
      return shard.placeOf(checkedSequence(shard, sequence))
    case 'AFTER_SEQUENCE_NUMBER':
      return shard.placeAfter(checkedSequence(shard, sequence))
  }
}

function checkedTimestamp(timestamp: number | undefined, now: number): number {
  if (timestamp === undefined)
    throw invalidArgument('Must specify timestampInMillis parameter for AT_TIMESTAMP.')
  if (timestamp <= now) return timestamp
  const values = `timestampInMillis: ${timestamp}, currentTimestampInMillis: ${now}`
  throw invalidArgument(
    `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ${values}`,
  )
}

function checkedSequence(shard: Shard, sequence: string | undefined): string {
  if (sequence === undefined) throw invalidArgument('Must specify startingSequenceNumber parameter.')
  if (shard.numbered(sequence)) return sequence
  throw invalidArgument(`StartingSequenceNumber ${sequence} did not come from shard ${shard.shardId}.`)
}

/** Where a GetRecords call goes on. */
export interface Cursor {
  readonly stream: Stream
  readonly shard: Shard
  readonly place: Place
}

const sealed = z.tuple([z.string(), z.number(), z.string(), z.number(), z.number(), z.number()])

// Two iterators are never the same text.
let issued = 0

export function sealIterator({ stream, shard, place }: Cursor, now: number): string {
  return seal([stream.name, stream.createdAt, shard.shardId, place, now, issued++])
}

/** Throws what GetRecords throws: garbage, too old, or of a stream or shard that is gone. */
export function openIterator(kinesis: Kinesis, iterator: string): Cursor {
  const parsed = sealed.safeParse(unseal(iterator))
  if (!parsed.success) throw invalidArgument('Invalid ShardIterator.')
  const [name, createdAt, shardId, place, issuedAt] = parsed.data
  const ageMs = kinesis.now() - issuedAt
  if (ageMs > kinesis.iteratorMs) {
    const message = `Iterator expired. It was created ${ageMs} ms ago, the tolerance is ${kinesis.iteratorMs} ms.`
    throw new AwsError('ExpiredIteratorException', message)
  }
  const stream = kinesis.liveStream({ StreamName: name })
  if (stream.createdAt !== createdAt) throw invalidArgument('Invalid ShardIterator.')
  return { stream, shard: kinesis.shard(stream, shardId), place }
}
