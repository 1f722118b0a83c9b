import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { startFaultProxy } from '../../src/aws-local/index.ts'
import { DynamoClient, LeaseItems, openLeaseTable } from '../../src/backends/aws/index.ts'
import { checkEncryption } from '../../src/backends/aws/stream-checkup.ts'
import { kclItems } from '../../src/backends/aws/test-kcl-items.ts'
import { configSchema, type Config } from '../../src/config/index.ts'
import { formatFinding, systemClock, type Finding } from '../../src/lib/index.ts'
import { unobserved } from '../../src/observe/index.ts'
import {
  createStreams,
  examine,
  openBackend,
  startAwsStandIns,
  startCollector,
  startWorker,
} from '../../src/service/index.ts'

// AWS behind a proxy that denies what a test says.

const parts = { clock: systemClock, observe: unobserved }
const documents = { igluConfig: null, enrichments: [] }

const program = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')

interface Account {
  readonly config: Config
  /** Operations without permission, as `PutRecords`. */
  readonly denied: Set<string>
}

async function account(
  t: TestContext,
  { streams = true, table = true, clock = systemClock } = {},
): Promise<Account> {
  const standIns = await startAwsStandIns({ clock })
  const denied = new Set<string>()
  const proxyOf = async (endpoint: string) => {
    const proxy = await startFaultProxy({
      endpoint,
      seed: 1,
      chances: {},
      denies: operation => denied.has(operation.split('.')[1] ?? ''),
    })
    t.after(() => proxy.close())
    return proxy.endpoint
  }
  t.after(() => standIns.stop())
  const config = configSchema.parse({
    backend: 'aws',
    aws: {
      region: 'us-east-1',
      endpoint: await proxyOf(standIns.endpoint),
      dynamodbEndpoint: await proxyOf(standIns.dynamodbEndpoint),
      createStreams: false,
    },
    streams: { raw: { shards: 2 } },
    collector: { port: 0 },
    leases: { leaseMs: 3000 },
    worker: { threads: 0 },
  })
  if (streams) {
    const backend = await openBackend(config, parts)
    await createStreams(backend, config)
    await backend.close()
  }
  if (table) await withTable(config, async client => void (await openLeaseTable(client, 'millrace')))
  return { config, denied }
}

async function withTable(config: Config, work: (client: DynamoClient) => Promise<void>): Promise<void> {
  const client = new DynamoClient({ region: 'us-east-1', endpoint: config.aws.dynamodbEndpoint ?? '' })
  try {
    await work(client)
  } finally {
    client.close()
  }
}

async function look({ config }: Account, role: 'run' | 'collect' = 'run'): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const finding of examine(config, documents, { role, clock: systemClock })) findings.push(finding)
  return findings
}

const problems = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level === 'problem').map(formatFinding)
const linesOn = (findings: readonly Finding[], subject: string) =>
  findings.filter(finding => finding.subject === subject)

test('where all is well, the doctor names what it saw and tried', async t => {
  const findings = await look(await account(t))
  assert.deepEqual(findings.filter(({ level }) => level !== 'ok').map(formatFinding), [])
  const said = findings.map(formatFinding).join('\n')
  assert.match(said, /stream raw: ACTIVE, 2 open shards.* 24 h; allowed: .*ListShards.*GetRecords$/m)
  assert.match(said, /stream enriched: .*PutRecords is not tried/)
  assert.match(said, /table millrace: ACTIVE, on demand; allowed: .*DeleteItem/)
  assert.match(said, /clock: agrees/)
  assert.match(said, /latency of DynamoDB: [\d.]+ ms/)
})

test('what the doctor tries leaves no row behind', async t => {
  const home = await account(t)
  await look(home)
  await withTable(home.config, async client => {
    assert.deepEqual(await new LeaseItems(client, 'millrace').scan(true), [])
  })
})

const tried = [
  ['DescribeStreamSummary', 'kinesis:DescribeStreamSummary'],
  ['ListShards', 'kinesis:ListShards'],
  ['GetShardIterator', 'kinesis:GetShardIterator'],
  ['GetRecords', 'kinesis:GetRecords'],
  ['DescribeTable', 'dynamodb:DescribeTable'],
  ['Scan', 'dynamodb:Scan'],
  ['GetItem', 'dynamodb:GetItem'],
  ['PutItem', 'dynamodb:PutItem'],
  ['UpdateItem', 'dynamodb:UpdateItem'],
  ['DeleteItem', 'dynamodb:DeleteItem'],
] as const

test('each permission that is missing is named, by the doctor and at the start of a worker', async t => {
  const home = await account(t)
  for (const [operation, action] of tried) {
    home.denied.clear()
    home.denied.add(operation)
    const found = problems(await look(home))
    assert.ok(found.length > 0, operation)
    for (const line of found) assert.match(line, new RegExp(`; allow ${action} on `), operation)
    await assert.rejects(startWorker(home.config, documents, parts), (error: Error) => {
      assert.ok(error.message.includes(`allow ${action} on `), `${operation}: ${error.message}`)
      // The same words: each line that the start tells, the doctor tells.
      const lines = error.message.split('\n').filter(line => line.startsWith('stream '))
      assert.deepEqual(
        lines.filter(line => !found.includes(line)),
        [],
      )
      return true
    })
  }
})

test('where records are pushed, the consumer is looked for, whether it is registered or not', async t => {
  const home = await account(t)
  const aws = { ...home.config.aws, retrievalMode: { type: 'FanOut' as const } }
  const config = { ...home.config, aws }
  assert.deepEqual(problems(await look({ ...home, config })), [])
  const [stream] = linesOn(await look({ ...home, config }), 'stream raw')
  assert.match(stream?.found ?? '', /DescribeStreamConsumer; .*SubscribeToShard are not tried/)
  const worker = await startWorker(config, documents, parts)
  await worker.stop('test')
  assert.deepEqual(problems(await look({ ...home, config })), [])
  home.denied.add('DescribeStreamConsumer')
  const [found = ''] = problems(await look({ ...home, config }))
  assert.match(found, /; allow kinesis:DescribeStreamConsumer on /)
})

test('a stream that takes smaller records than are written is named, and one that is made takes them', async t => {
  const home = await account(t)
  const maxRecordBytes = 2 * 1024 * 1024
  const config = { ...home.config, enrich: { ...home.config.enrich, maxRecordBytes } }
  const found = problems(await look({ ...home, config }))
  const words =
    /^stream enriched: takes records of up to 1024 KiB, .*; .* set enrich.maxRecordBytes to 1048576$/
  assert.match(found[0] ?? '', words)
  await assert.rejects(startWorker(config, documents, parts), { code: 'config', message: /up to 1024 KiB/ })
  const empty = await account(t, { streams: false })
  const aws = { ...empty.config.aws, createStreams: true }
  const worker = await startWorker({ ...config, aws }, documents, parts)
  await worker.stop('test')
  assert.deepEqual(problems(await look({ ...empty, config: { ...config, aws } })), [])
})

test('streams that are missing are named at once, with how to create them', async t => {
  const home = await account(t, { streams: false })
  const found = problems(await look(home))
  assert.equal(found.length, 3)
  const words =
    /^stream raw: there is no such stream.*; create it \(aws kinesis create-stream --stream-name raw --shard-count 2\)/
  assert.match(found[0] ?? '', words)
  const refused = (error: Error) => {
    assert.match(error.message, words)
    assert.match(error.message, /^stream bad: there is no such stream/m)
    return true
  }
  await assert.rejects(startWorker(home.config, documents, parts), refused)
  await assert.rejects(startCollector(home.config, parts), refused)
})

test('streams that a start makes are no problem', async t => {
  const home = await account(t, { streams: false, table: false })
  const config = { ...home.config, aws: { ...home.config.aws, createStreams: true } }
  const findings = await look({ ...home, config })
  assert.deepEqual(problems(findings), [])
  assert.match(linesOn(findings, 'stream raw')[0]?.found ?? '', /the first start makes it, with 2 shards/)
  const worker = await startWorker(config, documents, parts)
  await worker.stop('test')
  assert.match(linesOn(await look({ ...home, config }), 'stream raw')[0]?.found ?? '', /^ACTIVE/)
})

test('a table that is missing is made, and a worker that may not make it says so', async t => {
  const home = await account(t, { table: false })
  assert.deepEqual(problems(await look(home)), [])
  home.denied.add('CreateTable')
  await assert.rejects(
    startWorker(home.config, documents, parts),
    /allow dynamodb:CreateTable and dynamodb:TagResource/,
  )
})

test('a collector needs neither the lease table nor to read', async t => {
  const home = await account(t, { table: false })
  for (const operation of ['Scan', 'DescribeTable', 'GetRecords', 'ListShards']) home.denied.add(operation)
  assert.deepEqual(problems(await look(home, 'collect')), [])
  const collector = await startCollector(home.config, parts)
  await collector.stop('test')
})

test('a table with one write unit is named as the trap it is', async t => {
  const home = await account(t, { table: false })
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: home.config.aws.dynamodbEndpoint ?? '' })
  t.after(() => client.destroy())
  await client.send(
    new CreateTableCommand({
      TableName: 'millrace',
      KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    }),
  )
  const lines = linesOn(await look(home), 'table millrace')
  assert.equal(lines[1]?.level, 'problem')
  assert.match(lines[1]?.found ?? '', /provisioned with 1 writes per second, and 2 shards need 4/)
  assert.match(lines[1]?.next ?? '', /--billing-mode PAY_PER_REQUEST/)
})

test('leases of another program are told, and whether it lives', async t => {
  const home = await account(t)
  await withTable(home.config, async client => {
    const items = new LeaseItems(client, 'millrace')
    await items.create(kclItems.working)
    const dead = linesOn(await look(home), 'leases in millrace')
    assert.match(
      dead[1]?.found ?? '',
      /1 were last written by another program, as KCL, which does not renew them/,
    )
    let counter = Number(kclItems.working.leaseCounter.N)
    const renewing = setInterval(() => {
      const change = { set: { leaseCounter: { N: String(++counter) } } }
      void items.update('renew', kclItems.working.leaseKey.S, { condition: {}, change }).catch(() => {})
    }, 500)
    try {
      const alive = linesOn(await look(home), 'leases in millrace')
      assert.equal(alive[1]?.level, 'warning')
      assert.match(alive[1]?.found ?? '', /works on 1 of them \(.+\): while both run, it is at least once/)
    } finally {
      clearInterval(renewing)
    }
  })
})

test('a clock that is off is told by how much', async t => {
  const server = { ...systemClock, now: () => systemClock.now() + 60_000 }
  const [line] = linesOn(await look(await account(t, { table: false, clock: server }), 'collect'), 'clock')
  assert.equal(line?.level, 'warning')
  assert.match(line?.found ?? '', /^this machine is (59|60|61) s behind AWS$/)
})

const encrypted = (KeyId: string) => ({ EncryptionType: 'KMS', KeyId }) as const

test('a stream that is encrypted with a key of its own needs rights that the policy does not name', () => {
  const use = { stream: 'good', reads: true, writes: true, shards: 1, created: false }
  const own = checkEncryption(use, encrypted('arn:aws:kms:eu-west-1:123456789012:key/1'))
  assert.match(own?.next ?? '', /kms:Decrypt and kms:GenerateDataKey/)
  assert.equal(checkEncryption(use, encrypted('alias/aws/kinesis')), undefined)
})

test('a command that cannot start says why in one line each, and exits with 78', async t => {
  const { config } = await account(t, { streams: false })
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-doctor-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const { region, endpoint, dynamodbEndpoint } = config.aws
  const aws = { region, endpoint, dynamodbEndpoint, createStreams: false }
  writeFileSync(
    join(cwd, 'config.yaml'),
    JSON.stringify({ backend: 'aws', aws, lifecycle: { watch: 'never' } }),
  )
  for (const command of ['run', 'collect']) {
    const child = spawn(process.execPath, [program, command, '--config', 'config.yaml'], { cwd })
    child.stdout.resume()
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
    assert.equal(code, 78, err)
    assert.match(
      err,
      /^(millrace: )?stream raw: there is no such stream in this region and account; create it/m,
    )
  }
})

test('without a region or credentials there is one problem, and no waiting', async t => {
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-doctor-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'config.yaml'), 'backend: aws\naws: { endpoint: "http://127.0.0.1:1" }\n')
  const doctor = async (env: Record<string, string>) => {
    const child = spawn(process.execPath, [program, 'doctor', '--config', 'config.yaml', '--json'], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', HOME: cwd, AWS_EC2_METADATA_DISABLED: 'true', ...env },
    })
    child.stderr.resume()
    const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
    const { findings } = JSON.parse(out) as { findings: Finding[] }
    return { code: code as number, lines: problems(findings) }
  }
  const nowhere = await doctor({})
  assert.equal(nowhere.code, 1)
  assert.deepEqual(nowhere.lines, [
    'region: nobody names one; name the region in aws.region, or set AWS_REGION',
  ])
  const nobody = await doctor({ AWS_REGION: 'us-east-1' })
  assert.equal(nobody.code, 1)
  assert.match(
    nobody.lines.join('\n'),
    /^credentials: none are found .*; give credentials: a role, a profile/,
  )
})
