import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { policyOf, type Policy } from '../../src/backends/aws/index.ts'
import { configSchema } from '../../src/config/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { policyFor, startAwsStandIns } from '../../src/service/index.ts'
import { killUnderTraffic } from '../kill.ts'
import { TestNetwork, type SeenRequest } from './dynamo.ts'

const place = { region: 'us-east-1', account: '000000000000' }

/** `kinesis:PutRecords arn:…`, once for each pair that the policies allow. */
function pairs(policies: readonly Policy[]): Set<string> {
  const statements = policies.flatMap(({ Statement }) => Statement)
  return new Set(
    statements.flatMap(({ Action, Resource }) =>
      Action.flatMap(action => Resource.map(resource => `${action} ${resource}`)),
    ),
  )
}

const actions = (allowed: ReadonlySet<string>) => new Set([...allowed].map(pair => pair.split(' ')[0] ?? ''))

test('whatever is sent is allowed on what it was sent for, and what is allowed is sent', async context => {
  const standIns = await startAwsStandIns({ clock: systemClock })
  context.after(() => standIns.stop())
  const record = async (endpoint: string) => {
    const network = await TestNetwork.open(Number(new URL(endpoint).port), [])
    context.after(() => network.close())
    return network
  }
  const kinesis = await record(standIns.endpoint)
  const dynamodb = await record(standIns.dynamodbEndpoint)
  const config = configSchema.parse({
    backend: 'aws',
    aws: {
      region: place.region,
      endpoint: kinesis.endpoint,
      dynamodbEndpoint: dynamodb.endpoint,
      dateMarginMs: 2000,
    },
    collector: { port: 0 },
    leases: { leaseMs: 3000 },
    worker: { threads: 1, maxBatchRecords: 50 },
  })
  await killUnderTraffic(config)

  const policies = [await policyFor(config, 'run', place), await policyFor(config, 'collect', place)]
  const allowed = pairs(policies)
  const sent = new Set([
    ...kinesis.requests.map(request => sentTo('kinesis', 'stream/', request)),
    ...dynamodb.requests.map(request => sentTo('dynamodb', 'table/', request)),
  ])
  const known = actions(allowed)
  assert.deepEqual(
    [...sent].filter(pair => !(pair.includes(' ') ? allowed : known).has(pair)),
    [],
  )
  const seldom = [
    // Of rows whose shards retention has taken.
    'dynamodb:DeleteItem',
    // Tags come along with CreateTable, and IAM asks for this one then.
    'dynamodb:TagResource',
    // For records that are kept for longer than a day.
    'kinesis:IncreaseStreamRetentionPeriod',
  ]
  const seen = actions(sent)
  assert.deepEqual(
    [...known].filter(action => !seen.has(action) && !seldom.includes(action)),
    [],
  )
})

/** The action, and the resource where the request names one: GetRecords names an iterator only. */
function sentTo(service: string, kind: string, { operation, body }: SeenRequest): string {
  const name = body['StreamName'] ?? body['TableName']
  const resource = `arn:aws:${service}:us-east-1:000000000000:${kind}${String(name)}`
  return `${service}:${operation}${name === undefined ? '' : ` ${resource}`}`
}

/** What a person does by hand, with rights of their own. */
const byHand = ['kinesis:SplitShard', 'kinesis:MergeShards']

test('every call in the source is in the policy of a worker, or made by hand', () => {
  const room = join(import.meta.dirname, '..', '..', 'src', 'backends', 'aws')
  const sources = globSync('*.ts', { cwd: room }).filter(file => !/\.test\.ts$|^test-/.test(file))
  const called = new Set<string>()
  for (const file of sources) {
    const source = readFileSync(join(room, file), 'utf8')
    const service = source.includes('@aws-sdk/client-dynamodb') ? 'dynamodb' : 'kinesis'
    for (const [, command] of source.matchAll(/new (\w+)Command\(/g)) called.add(`${service}:${command}`)
    for (const [, command] of source.matchAll(/connection\.(?:call|open)\(\s*'(\w+)'/g))
      called.add(`kinesis:${command}`)
  }
  assert.ok(called.has('kinesis:PutRecords') && called.has('dynamodb:UpdateItem'))
  const everything = policyOf({
    input: 'raw',
    consumer: 'millrace',
    outputs: ['good'],
    leaseTable: 'millrace',
    createsStreams: true,
  })
  const allowed = actions(pairs([everything]))
  assert.deepEqual([...called].filter(action => !allowed.has(action)).toSorted(), byHand.toSorted())
})

async function allowedWith(retrievalMode: 'Polling' | 'FanOut'): Promise<Set<string>> {
  const config = configSchema.parse({ backend: 'aws', application: 'enrich', aws: { retrievalMode } })
  return pairs([await policyFor(config, 'run', place)])
}

test('a worker that records are pushed to may register and subscribe, and one that polls may not', async () => {
  const [polling, fanOut] = [await allowedWith('Polling'), await allowedWith('FanOut')]
  const raw = 'arn:aws:kinesis:us-east-1:000000000000:stream/raw'
  assert.deepEqual([...fanOut].filter(pair => !polling.has(pair)).toSorted(), [
    `kinesis:DescribeStreamConsumer ${raw}`,
    `kinesis:DescribeStreamConsumer ${raw}/consumer/enrich:*`,
    `kinesis:RegisterStreamConsumer ${raw}`,
    `kinesis:RegisterStreamConsumer ${raw}/consumer/enrich:*`,
    `kinesis:SubscribeToShard ${raw}`,
    `kinesis:SubscribeToShard ${raw}/consumer/enrich:*`,
  ])
})

test('the policy names resources of its region and account, and leaves out what is not configured', () => {
  const least = policyOf({
    region: 'cn-north-1',
    account: '123456789012',
    input: 'raw',
    leaseTable: 'leases',
  })
  assert.deepEqual(
    least.Statement.map(({ Sid, Resource }) => [Sid, Resource]),
    [
      ['ReadInput', ['arn:aws-cn:kinesis:cn-north-1:123456789012:stream/raw']],
      ['Leases', ['arn:aws-cn:dynamodb:cn-north-1:123456789012:table/leases']],
      ['CreateLeaseTable', ['arn:aws-cn:dynamodb:cn-north-1:123456789012:table/leases']],
    ],
  )
  const anywhere = policyOf({ puts: ['raw'] })
  assert.deepEqual(anywhere.Statement[0]?.Resource, ['arn:aws:kinesis:REGION:ACCOUNT_ID:stream/raw'])
})
