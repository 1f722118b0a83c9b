import {
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  ListStreamConsumersCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  SubscribeToShardCommand,
  type StartingPosition,
  type SubscribeToShardEvent,
} from '@aws-sdk/client-kinesis'
import { middleHashKey, outcome, type Bench, type TestStream } from '../bench.ts'
import type { Case } from '../case.ts'

async function register(bench: Bench, { arn }: TestStream, name = 'reader'): Promise<string> {
  const command = new RegisterStreamConsumerCommand({ StreamARN: arn, ConsumerName: name })
  const { Consumer } = await bench.patiently(() => bench.client.send(command))
  for (;;) {
    const describe = new DescribeStreamConsumerCommand({ StreamARN: arn, ConsumerName: name })
    const { ConsumerDescription } = await bench.patiently(() => bench.client.send(describe))
    if (ConsumerDescription?.ConsumerStatus === 'ACTIVE') return Consumer?.ConsumerARN ?? ''
    await bench.wait(50)
  }
}

async function consumersOf(bench: Bench, { arn }: TestStream): Promise<string> {
  const command = new ListStreamConsumersCommand({ StreamARN: arn })
  const { Consumers = [] } = await bench.patiently(() => bench.client.send(command))
  return Consumers.map(({ ConsumerName }) => ConsumerName).join(' ')
}

async function subscribe(
  bench: Bench,
  arn: string,
  start: StartingPosition,
): Promise<{ events: AsyncIterable<SubscribeToShardEvent>; hangUp: () => void }> {
  const life = new AbortController()
  const command = new SubscribeToShardCommand({
    ConsumerARN: arn,
    ShardId: 'shardId-000000000000',
    StartingPosition: start,
  })
  const { EventStream } = await bench.client.send(command, { abortSignal: life.signal })
  async function* events() {
    for await (const { SubscribeToShardEvent } of EventStream ?? []) {
      if (SubscribeToShardEvent !== undefined) yield SubscribeToShardEvent
    }
  }
  return { events: events(), hangUp: () => life.abort() }
}

const textsIn = ({ Records = [] }: SubscribeToShardEvent) =>
  Records.map(({ Data = new Uint8Array() }) => Buffer.from(Data).toString())

/** The texts of the first `count` records, and where reading would go on. */
async function take(events: AsyncIterable<SubscribeToShardEvent>, count: number) {
  const texts: string[] = []
  let goesOn = ''
  for await (const event of events) {
    texts.push(...textsIn(event))
    goesOn = event.ContinuationSequenceNumber ?? ''
    if (texts.length >= count) break
  }
  return { texts: texts.join(' '), goesOn }
}

/** Whether a subscription ends by itself, in peace or with an error. */
async function drained(events: AsyncIterable<SubscribeToShardEvent>): Promise<string> {
  try {
    for await (const _ of events);
    return 'has ended'
  } catch (error) {
    return error instanceof Error && error.name === 'ResourceInUseException' ? 'has ended' : 'goes on'
  }
}

export const consumerCases: readonly Case[] = [
  {
    name: 'consumers are registered, listed and deregistered',
    aws: 'reader, then none',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const stream = await bench.stream()
      await register(bench, stream)
      const before = await consumersOf(bench, stream)
      const bye = { StreamARN: stream.arn, ConsumerName: 'reader' }
      await bench.patiently(() => bench.client.send(new DeregisterStreamConsumerCommand(bye)))
      while ((await consumersOf(bench, stream)) !== '') await bench.wait(50)
      return `${before}, then none`
    },
  },
  {
    name: 'the same consumer twice',
    aws: 'ResourceInUseException',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const stream = await bench.stream()
      await register(bench, stream)
      const again = { StreamARN: stream.arn, ConsumerName: 'reader' }
      return outcome(bench.client.send(new RegisterStreamConsumerCommand(again)))
    },
  },
  {
    name: 'describing a consumer that is not registered',
    aws: 'ResourceNotFoundException',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const { arn } = await bench.stream()
      const nobody = new DescribeStreamConsumerCommand({ StreamARN: arn, ConsumerName: 'nobody' })
      return outcome(bench.patiently(() => bench.client.send(nobody)))
    },
  },
  {
    name: 'subscribing for a consumer that was deregistered',
    aws: 'ResourceNotFoundException',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const stream = await bench.stream()
      const consumer = await register(bench, stream)
      const bye = new DeregisterStreamConsumerCommand({ ConsumerARN: consumer })
      await bench.patiently(() => bench.client.send(bye))
      while ((await consumersOf(bench, stream)) !== '') await bench.wait(50)
      return outcome(subscribe(bench, consumer, { Type: 'LATEST' }))
    },
  },
  {
    name: 'a subscription in the middle: AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER',
    aws: 'b c, c',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const stream = await bench.stream()
      await bench.put(stream.name, 'a')
      const { sequence } = await bench.put(stream.name, 'b')
      await bench.put(stream.name, 'c')
      const arn = await register(bench, stream)
      const at = await subscribe(bench, arn, { Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: sequence })
      const first = await take(at.events, 2)
      at.hangUp()
      await bench.wait(5_000)
      const after = await subscribe(bench, arn, { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: sequence })
      const second = await take(after.events, 1)
      after.hangUp()
      return `${first.texts}, ${second.texts}`
    },
  },
  {
    name: 'a second subscription five seconds later takes over',
    aws: 'the first one has ended, the second one goes on',
    differs: { 'kinesis-local': 'ResourceInUseException', kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const stream = await bench.stream()
      const arn = await register(bench, stream)
      const first = await subscribe(bench, arn, { Type: 'LATEST' })
      await bench.wait(5_000)
      const second = await subscribe(bench, arn, { Type: 'LATEST' })
      const patience = setTimeout(first.hangUp, bench.patienceMs)
      const ended = await drained(first.events)
      clearTimeout(patience)
      await bench.put(stream.name, 'new')
      const { texts } = await take(second.events, 1)
      second.hangUp()
      return `the first one ${ended}, the second one ${texts === 'new' ? 'goes on' : 'stands still'}`
    },
  },
  {
    name: 'a subscription gives what is there and what comes',
    aws: 'old new',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const stream = await bench.stream()
      await bench.put(stream.name, 'old')
      const { events, hangUp } = await subscribe(bench, await register(bench, stream), {
        Type: 'TRIM_HORIZON',
      })
      await bench.put(stream.name, 'new')
      const { texts } = await take(events, 2)
      hangUp()
      return texts
    },
  },
  {
    name: 'a subscription goes on from ContinuationSequenceNumber',
    aws: 'a b, c',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const stream = await bench.stream()
      await bench.put(stream.name, 'a')
      await bench.put(stream.name, 'b')
      const arn = await register(bench, stream)
      const first = await subscribe(bench, arn, { Type: 'TRIM_HORIZON' })
      const { texts, goesOn } = await take(first.events, 2)
      first.hangUp()
      await bench.put(stream.name, 'c')
      await bench.wait(5_000)
      const second = await subscribe(bench, arn, { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: goesOn })
      const rest = await take(second.events, 1)
      second.hangUp()
      return `${texts}, ${rest.texts}`
    },
  },
  {
    name: 'a second subscription within five seconds',
    aws: 'ResourceInUseException',
    differs: { kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const arn = await register(bench, await bench.stream())
      const { hangUp } = await subscribe(bench, arn, { Type: 'LATEST' })
      const second = subscribe(bench, arn, { Type: 'LATEST' })
      const said = await outcome(second)
      await second.then(
        subscription => subscription.hangUp(),
        () => undefined,
      )
      hangUp()
      return said
    },
  },
  {
    name: 'a subscription ends with the shard and tells its children',
    aws: 'ended: shardId-000000000001 shardId-000000000002',
    differs: { 'kinesis-local': 'does not end', kinesalite: 'UnknownOperationException' },
    observe: async bench => {
      const stream = await bench.stream()
      const { events, hangUp } = await subscribe(bench, await register(bench, stream), { Type: 'LATEST' })
      const patience = setTimeout(hangUp, bench.patienceMs)
      const command = new SplitShardCommand({
        StreamName: stream.name,
        ShardToSplit: 'shardId-000000000000',
        NewStartingHashKey: String(middleHashKey),
      })
      await bench.patiently(() => bench.client.send(command))
      const children: string[] = []
      try {
        for await (const { ChildShards = [] } of events) {
          children.push(...ChildShards.map(({ ShardId = '' }) => ShardId))
        }
        return `ended: ${children.join(' ')}`
      } catch {
        return 'does not end'
      } finally {
        clearTimeout(patience)
      }
    },
  },
  {
    name: 'a subscription ends after five minutes',
    aws: 'ended',
    needs: 'clock',
    observe: async bench => {
      const { events } = await subscribe(bench, await register(bench, await bench.stream()), {
        Type: 'LATEST',
      })
      for await (const { ChildShards } of events) if (ChildShards !== undefined) return 'children'
      return 'ended'
    },
  },
]
