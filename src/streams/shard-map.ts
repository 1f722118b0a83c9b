import { hash } from 'node:crypto'
import { MillraceError } from '../lib/index.ts'
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
  return BigInt(`0x${hash('md5', partitionKey)}`)
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

export function shardIdOf(ordinal: number): string {
  return `shardId-${String(ordinal).padStart(12, '0')}`
}

/** A part of the hash-key space, both ends inclusive. */
export type HashRange = Pick<Shard, 'startingHashKey' | 'endingHashKey'>

/** The two ranges that a split makes; the upper one starts at `at`, or at the middle. */
export function splitRange(range: HashRange, at?: bigint): readonly [HashRange, HashRange] {
  const { startingHashKey, endingHashKey } = range
  const start = at ?? startingHashKey + (endingHashKey - startingHashKey + 1n) / 2n
  if (start <= startingHashKey || start > endingHashKey) {
    throw new MillraceError('config', `cannot split ${describe(range)} at ${start}: choose a key inside it`, {
      retryable: false,
    })
  }
  return [
    { startingHashKey, endingHashKey: start - 1n },
    { startingHashKey: start, endingHashKey },
  ]
}

/** The range that two neighbours make together. */
export function mergeRanges(a: HashRange, b: HashRange): HashRange {
  const [low, high] = a.startingHashKey <= b.startingHashKey ? [a, b] : [b, a]
  if (low.endingHashKey + 1n !== high.startingHashKey) {
    const message = `cannot merge ${describe(a)} with ${describe(b)}: choose two shards whose ranges touch`
    throw new MillraceError('config', message, { retryable: false })
  }
  return { startingHashKey: low.startingHashKey, endingHashKey: high.endingHashKey }
}

function describe({ startingHashKey, endingHashKey }: HashRange): string {
  return `hash keys ${startingHashKey} to ${endingHashKey}`
}
