import { z } from 'zod'
import { inUse, invalidArgument, limitExceeded, notFound } from '../../aws-error.ts'
import { fields } from '../../request.ts'
import { Consumer } from '../consumer.ts'
import type { Kinesis } from '../kinesis.ts'
import { operation, type Operation } from '../operation.ts'
import type { Stream } from '../stream.ts'

// Source: RegisterStreamConsumer, "up to 20 consumers per stream".
const maxConsumers = 20

const RegisterStreamConsumer = operation(
  z.object({ StreamARN: fields.arn, ConsumerName: fields.name, Tags: fields.tags.default({}) }),
  (kinesis, { StreamARN, ConsumerName, Tags }) => {
    const stream = kinesis.activeStream({ StreamARN })
    if (stream.consumers.has(ConsumerName)) {
      throw inUse(`Consumer ${ConsumerName} of stream ${stream.name} already exists.`)
    }
    if (stream.consumers.size >= maxConsumers) {
      throw limitExceeded(`Stream ${stream.name} has ${maxConsumers} consumers: no more are allowed.`)
    }
    const now = kinesis.now()
    const arn = `${stream.arn}/consumer/${ConsumerName}:${Math.floor(now / 1000)}`
    const consumer = new Consumer(ConsumerName, arn, now, kinesis.transitionMs)
    for (const [key, value] of Object.entries(Tags)) consumer.tags.set(key, value)
    stream.consumers.set(ConsumerName, consumer)
    return { Consumer: show(kinesis, consumer) }
  },
)

const reference = {
  StreamARN: fields.arn.optional(),
  ConsumerName: fields.name.optional(),
  ConsumerARN: fields.arn.optional(),
}

const DescribeStreamConsumer = operation(z.object(reference), (kinesis, input) => {
  const { stream, consumer } = consumerOf(kinesis, input)
  return { ConsumerDescription: { ...show(kinesis, consumer), StreamARN: stream.arn } }
})

const DeregisterStreamConsumer = operation(z.object(reference), (kinesis, input) => {
  const { stream, consumer } = consumerOf(kinesis, input)
  stream.consumers.delete(consumer.name)
  consumer.end()
})

const ListStreamConsumers = operation(
  z.object({
    StreamARN: fields.arn,
    NextToken: z.string().optional(),
    MaxResults: z.int().min(1).max(10_000).default(100),
    StreamCreationTimestamp: fields.timestamp.optional(),
  }),
  (kinesis, { StreamARN, NextToken = '', MaxResults }) => {
    const { consumers } = kinesis.stream({ StreamARN })
    const left = [...consumers.values()]
      .filter(({ name }) => name > NextToken)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const page = left.slice(0, MaxResults)
    return {
      Consumers: page.map(consumer => show(kinesis, consumer)),
      ...(left.length > MaxResults ? { NextToken: page.at(-1)?.name } : {}),
    }
  },
)

export interface ConsumerReference {
  readonly StreamARN?: string | undefined
  readonly ConsumerName?: string | undefined
  readonly ConsumerARN?: string | undefined
}

/** Throws a ResourceNotFoundException. */
export function consumerOf(
  kinesis: Kinesis,
  { StreamARN, ConsumerName, ConsumerARN }: ConsumerReference,
): { readonly stream: Stream; readonly consumer: Consumer } {
  const streamArn = ConsumerARN?.split('/consumer/', 1)[0] ?? StreamARN
  if (streamArn === undefined || (ConsumerARN ?? ConsumerName) === undefined) {
    throw invalidArgument('Either ConsumerARN, or StreamARN and ConsumerName, must be given.')
  }
  const stream = kinesis.stream({ StreamARN: streamArn })
  const consumer = [...stream.consumers.values()].find(({ name, arn }) =>
    ConsumerARN === undefined ? name === ConsumerName : arn === ConsumerARN,
  )
  if (consumer === undefined) {
    throw notFound(`Consumer ${ConsumerARN ?? ConsumerName} under account ${kinesis.accountId} not found.`)
  }
  return { stream, consumer }
}

function show(kinesis: Kinesis, consumer: Consumer): object {
  return {
    ConsumerName: consumer.name,
    ConsumerARN: consumer.arn,
    ConsumerStatus: consumer.status(kinesis.now()),
    ConsumerCreationTimestamp: consumer.createdAt / 1000,
  }
}

export const consumerOperations: Readonly<Record<string, Operation>> = {
  RegisterStreamConsumer,
  DescribeStreamConsumer,
  DeregisterStreamConsumer,
  ListStreamConsumers,
}
