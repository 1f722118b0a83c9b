import { z } from 'zod'
import type { Consumer } from '../consumer.ts'
import { inUse } from '../../aws-error.ts'
import { fields, parse } from '../../request.ts'
import { eventFrame } from '../event-frame.ts'
import { placeOf, startTypes } from '../iterators.ts'
import type { Kinesis } from '../kinesis.ts'
import type { Operation } from '../operation.ts'
import { readFrom, showChildren, showRecord, type Read } from '../reading.ts'
import type { Place, Shard } from '../shard.ts'
import { consumerOf } from './consumers.ts'

const schema = z.object({
  ConsumerARN: fields.arn,
  ShardId: fields.shardId,
  StartingPosition: z.object({
    Type: z.enum(startTypes),
    SequenceNumber: fields.sequence.optional(),
    Timestamp: fields.timestamp.optional(),
  }),
})

/**
 * Pushes the records of a shard to a consumer until the shard ends (told with its children), the subscription is five
 * minutes old, the consumer subscribes to the shard once more, or the caller hangs up.
 */
const SubscribeToShard: Operation = (kinesis, body) => {
  const { ConsumerARN, ShardId, StartingPosition } = parse(schema, body)
  const { stream, consumer } = consumerOf(kinesis, { ConsumerARN })
  const now = kinesis.now()
  if (consumer.status(now) !== 'ACTIVE') throw inUse(`Consumer ${ConsumerARN} is not ACTIVE.`)
  const shard = kinesis.shard(stream, ShardId)
  const { Type: type, SequenceNumber: sequence, Timestamp: timestamp } = StartingPosition
  const place = placeOf(shard, { type, sequence, timestamp }, now)
  const ended = subscribe(kinesis, consumer, shard, now)
  return { kind: 'events', frames: signal => push(kinesis, shard, place, AbortSignal.any([signal, ended])) }
}

/** Takes the place of the subscription before. Throws a ResourceInUseException when that one is too young. */
function subscribe(kinesis: Kinesis, consumer: Consumer, shard: Shard, since: number): AbortSignal {
  const before = consumer.subscriptions.get(shard.shardId)
  if (before !== undefined && since - before.since < kinesis.limits.subscribeAgainSeconds * 1000) {
    throw inUse(
      `Another active subscription exists for this consumer and shard: ${consumer.arn}, ${shard.shardId}`,
    )
  }
  before?.end()
  const life = new AbortController()
  consumer.subscriptions.set(shard.shardId, { since, end: () => life.abort() })
  return life.signal
}

// How much one event carries at most.
const eventBytes = 1024 * 1024

async function* push(
  kinesis: Kinesis,
  shard: Shard,
  start: Place,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const { clock } = kinesis
  const endsAt = kinesis.now() + kinesis.subscriptionMs
  const left = () => Math.max(0, endsAt - kinesis.now())
  yield eventFrame('initial-response', {})
  let place = start
  while (!signal.aborted && left() > 0) {
    const read = readFrom(shard, place, readLimits(kinesis), kinesis.now())
    place = read.next
    yield eventFrame('SubscribeToShardEvent', showEvent(shard, place, read))
    if (read.ended) return
    const paceMs = (read.bytes / kinesis.limits.readBytesPerSecond) * 1000
    if (paceMs > 0) await clock.sleep(Math.min(paceMs, left()), signal)
    if (read.millisBehindLatest === 0) await news(kinesis, shard, place, { signal, mostMs: left() })
  }
}

function readLimits(kinesis: Kinesis) {
  return { records: 10_000, bytes: eventBytes, visibleUntil: kinesis.now() - kinesis.visibleAfterMs }
}

function showEvent(shard: Shard, place: Place, { records, millisBehindLatest, ended }: Read): object {
  const last = records.at(-1)?.sequence ?? shard.at(place - 1)?.sequence ?? shard.startingSequence
  return {
    Records: records.map(showRecord),
    MillisBehindLatest: millisBehindLatest,
    // Absent at the end: there is nothing to go on from.
    ...(ended ? { ChildShards: showChildren(shard) } : { ContinuationSequenceNumber: last }),
  }
}

/** Resolves when there is something to read at `place`, or it is time for a heartbeat or for the end. */
async function news(
  kinesis: Kinesis,
  shard: Shard,
  place: Place,
  { signal, mostMs }: { readonly signal: AbortSignal; readonly mostMs: number },
): Promise<void> {
  const { clock } = kinesis
  const rung = new AbortController()
  const stop = shard.listen(() => rung.abort())
  const waitMs = Math.min(kinesis.heartbeatMs, mostMs)
  if (place === shard.end && shard.endingSequence === undefined) {
    await clock.sleep(waitMs, AbortSignal.any([signal, rung.signal]))
  }
  stop()
  const arrivedAt = shard.at(place)?.arrivedAt
  if (arrivedAt === undefined || kinesis.visibleAfterMs === 0) return
  const visibleInMs = arrivedAt + kinesis.visibleAfterMs - kinesis.now()
  if (visibleInMs > 0) await clock.sleep(Math.min(visibleInMs, mostMs), signal)
}

export const subscribeOperations: Readonly<Record<string, Operation>> = { SubscribeToShard }
