import { createHash } from 'node:crypto'
import type { SequenceNumber } from './record.ts'

/** 2^128 - 1: the last hash key. */
export const maxHashKey = (1n << 128n) - 1n

/** One shard of a stream, open or closed, as ListShards tells it. */
export interface Shard {
  readonly shardId: string
  /** Empty for the first shards of a stream; two after a merge. Parents may be gone already. */
  readonly parents: readonly string[]
  /** Inclusive. */
  readonly startingHashKey: bigint
  /** Inclusive. */
  readonly endingHashKey: bigint
  readonly startingSequence: SequenceNumber
  /** Present when the shard is closed. */
  readonly endingSequence?: SequenceNumber
}

/** The hash key of a partition key: its MD5 as an unsigned 128-bit number. Source: Kinesis PutRecord. */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`)
}

/** Splits the hash-key space into `count` ranges that differ by one in length at most. */
export function evenRanges(count: number): { startingHashKey: bigint; endingHashKey: bigint }[] {
  const space = maxHashKey + 1n
  const bound = (i: number) => (space * BigInt(i)) / BigInt(count)
  return Array.from({ length: count }, (_, i) => ({
    startingHashKey: bound(i),
    endingHashKey: bound(i + 1) - 1n,
  }))
}
