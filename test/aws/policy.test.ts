import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openAssets } from '../../src/assets/index.ts'
import { serveFile } from '../../src/assets/test-file-server.ts'
import { policyOf, type Policy } from '../../src/backends/aws/index.ts'
import { configSchema, type Config } from '../../src/config/index.ts'
import { coreDefaults } from '../../src/core/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { unobserved } from '../../src/observe/index.ts'
import { policyFor, startAwsStandIns } from '../../src/service/index.ts'
import { buildCore } from '../../src/worker/index.ts'
import { allOutputs, killUnderTraffic } from '../kill.ts'
import { TestNetwork, type SeenRequest } from './dynamo.ts'

const place = { region: 'us-east-1', account: '000000000000' }

const policyOfRole = (config: Config, role: 'run' | 'collect') =>
  policyFor(config, { role, enrichments: [], ...place })

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
    streams: allOutputs,
    leases: { leaseMs: 3000 },
    worker: { threads: 1, maxBatchRecords: 50 },
  })
  await killUnderTraffic(config)

  const policies = [await policyOfRole(config, 'run'), await policyOfRole(config, 'collect')]
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
  return pairs([await policyOfRole(config, 'run')])
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

const lists = (...names: string[]) =>
  names.map(database => ({
    schema: 'iglu:com.snowplowanalytics.snowplow/ua_parser_config/jsonschema/1-0-1',
    data: {
      vendor: 'com.snowplowanalytics.snowplow',
      name: 'ua_parser_config',
      enabled: true,
      parameters: { uri: 's3://our.lists/ua', database },
    },
  }))

const rules = `user_agent_parsers: [{ regex: 'Lynx' }]\nos_parsers: []\ndevice_parsers: []`

test('the files of enrichments that are in S3 may be read, each by its name and nothing else', async context => {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' })
  context.after(() => Object.assign(process.env, { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret }))
  const enrichments = lists('a.yaml', "it's(1).yaml")
  const server = await serveFile(context, { bytes: rules, etag: '"1"' })
  const assets = openAssets({ environment: { AWS_ENDPOINT_URL_S3: server.url } })
  await buildCore({ core: coreDefaults, igluConfig: null, enrichments }, unobserved, assets)
  await assets.refresh()
  await assets.close()
  // The second time under a condition, which is what a worker looks for newer files with.
  assert.deepEqual(server.statuses, [200, 200, 304, 304])
  const asked = server.requests.map(
    ({ method, path }) => `${method} arn:aws:s3:::${decodeURIComponent(path).slice(1)}`,
  )
  const config = configSchema.parse({ backend: 'aws' })
  const allowed = pairs([await policyFor(config, { role: 'run', enrichments, ...place })])
  const ofS3 = [...allowed].filter(pair => pair.startsWith('s3:'))
  assert.deepEqual(
    ofS3.map(pair => pair.replace('s3:GetObject', 'GET')),
    [...new Set(asked)],
  )
})

const s3Statements = async (
  role: 'run' | 'collect',
  backend: string,
  enrichments: readonly unknown[],
): Promise<Policy['Statement']> => {
  const config = configSchema.parse({ backend, aws: { region: 'cn-north-1' } })
  const { Statement } = await policyFor(config, { role, enrichments })
  return Statement.filter(({ Sid }) => Sid === 'ReadEnrichmentFiles')
}

test('the files of enrichments belong to a partition, and no name of one allows others', async () => {
  const [statement] = await s3Statements('run', 'aws', lists('a*b.yaml', 'a$b.yaml'))
  assert.deepEqual(statement, {
    Sid: 'ReadEnrichmentFiles',
    Effect: 'Allow',
    Action: ['s3:GetObject'],
    Resource: ['arn:aws-cn:s3:::our.lists/ua/a${*}b.yaml', 'arn:aws-cn:s3:::our.lists/ua/a${$}b.yaml'],
  })
})

test('a worker of the embedded backend needs its files, a collector of any backend needs none', async () => {
  const enrichments = lists('a.yaml')
  assert.equal((await s3Statements('run', 'embedded', enrichments)).length, 1)
  assert.equal((await s3Statements('run', 'aws', [])).length, 0)
  assert.equal((await s3Statements('collect', 'aws', enrichments)).length, 0)
  const embedded = configSchema.parse({ backend: 'embedded' })
  assert.deepEqual((await policyFor(embedded, { role: 'run', enrichments: [] })).Statement, [])
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
