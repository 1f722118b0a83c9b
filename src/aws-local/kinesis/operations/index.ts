import { AwsError } from '../../aws-error.ts'
import type { Kinesis } from '../kinesis.ts'
import type { Answer, Operation } from '../operation.ts'
import { consumerOperations } from './consumers.ts'
import { putOperations } from './put.ts'
import { readOperations } from './read.ts'
import { reshardOperations } from './reshard.ts'
import { settingOperations } from './settings.ts'
import { shardOperations } from './shards.ts'
import { streamOperations } from './streams.ts'
import { subscribeOperations } from './subscribe.ts'

const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    ...streamOperations,
    ...shardOperations,
    ...putOperations,
    ...readOperations,
    ...reshardOperations,
    ...settingOperations,
    ...consumerOperations,
    ...subscribeOperations,
  }),
)

/** Answers one request. Throws an AwsError. */
export function answerKinesis(
  kinesis: Kinesis,
  name: string,
  body: Readonly<Record<string, unknown>>,
): Answer {
  const operation = operations.get(name)
  if (operation === undefined) throw new AwsError('UnknownOperationException', `Unknown operation ${name}`)
  kinesis.control.admit(name, `${named(body['StreamName'])}${named(body['StreamARN'])}`, kinesis.now())
  return operation(kinesis, body)
}

const named = (value: unknown): string => (typeof value === 'string' ? value : '')
