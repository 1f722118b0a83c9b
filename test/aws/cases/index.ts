import type { Case } from '../case.ts'
import { consumerCases } from './consumers.ts'
import { limitCases } from './limits.ts'
import { putCases } from './put.ts'
import { readCases } from './read.ts'
import { reshardCases } from './reshard.ts'
import { shardCases } from './shards.ts'
import { streamCases } from './streams.ts'

export const groups: readonly (readonly [string, readonly Case[]])[] = [
  ['Streams', streamCases],
  ['Listing shards', shardCases],
  ['Writing', putCases],
  ['Reading', readCases],
  ['Splitting and merging', reshardCases],
  ['Enhanced fan-out', consumerCases],
  ['Limits', limitCases],
]

export const cases: readonly Case[] = groups.flatMap(([, group]) => group)
