import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { startFaultProxy, type FaultProxy } from '../../src/aws-local/index.ts'
import { configSchema, type Config } from '../../src/config/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import type { MillraceEvent } from '../../src/observe/index.ts'
import {
  createStreams,
  openBackend,
  startAwsStandIns,
  startCollector,
  startWorker,
} from '../../src/service/index.ts'

// Starts that meet what passes: on the way to AWS is a proxy that goes wrong until a test has seen enough.

const program = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
const documents = { igluConfig: null, enrichments: [] }

interface Site {
  readonly config: Config
  readonly kinesis: FaultProxy
  readonly dynamo: FaultProxy
  /** What was asked of Kinesis, as `CreateStream`. */
  readonly asked: string[]
}

async function site(t: TestContext): Promise<Site> {
  const standIns = await startAwsStandIns({ clock: systemClock })
  t.after(() => standIns.stop())
  const asked: string[] = []
  const onForward = ({ operation }: { operation: string }) => asked.push(operation.split('.')[1] ?? '')
  const proxyOf = async (endpoint: string) => {
    const proxy = await startFaultProxy({ endpoint, seed: 1, chances: {}, onForward })
    t.after(() => proxy.close())
    return proxy
  }
  const kinesis = await proxyOf(standIns.endpoint)
  const dynamo = await proxyOf(standIns.dynamodbEndpoint)
  const config = configSchema.parse({
    backend: 'aws',
    aws: { region: 'us-east-1', endpoint: kinesis.endpoint, dynamodbEndpoint: dynamo.endpoint },
    streams: { raw: { shards: 2 } },
    collector: { port: 0 },
    leases: { leaseMs: 3000 },
    worker: { threads: 0 },
  })
  return { config, kinesis, dynamo, asked }
}

/** All is refused until that was told once. */
function stormUntilTold(proxy: FaultProxy, told: MillraceEvent[]) {
  proxy.strike({ throttle: 1 })
  const observe = (event: MillraceEvent) => {
    told.push(event)
    if (event.type === 'outside-failed') proxy.strike({})
  }
  return { clock: systemClock, observe, stopping: new AbortController().signal }
}

const failures = (events: readonly MillraceEvent[]) =>
  events.flatMap(event => (event.type === 'outside-failed' ? [`${event.what} ${event.error}`] : []))

test('a worker that Kinesis throttles starts when that is over', { timeout: 60_000 }, async t => {
  const { config, kinesis } = await site(t)
  const told: MillraceEvent[] = []
  const worker = await startWorker(config, documents, stormUntilTold(kinesis, told))
  await worker.stop('test')
  assert.match(failures(told)[0] ?? '', /^store start: cannot create raw: .*it is too busy; try again$/)
})

test('one that DynamoDB throttles does, too', { timeout: 60_000 }, async t => {
  const { config, dynamo } = await site(t)
  const told: MillraceEvent[] = []
  const worker = await startWorker(config, documents, stormUntilTold(dynamo, told))
  await worker.stop('test')
  assert.match(failures(told)[0] ?? '', /^leases start: cannot look up the keys in the DynamoDB table/)
})

test('a collector as well', { timeout: 60_000 }, async t => {
  const { config, kinesis } = await site(t)
  const told: MillraceEvent[] = []
  const collector = await startCollector(config, stormUntilTold(kinesis, told))
  await collector.stop('test')
  assert.ok(failures(told).length > 0)
})

test('streams that are there are not made anew: an account may ask for that five times a second', async t => {
  const { config, asked } = await site(t)
  const backend = await openBackend(config, { clock: systemClock, observe() {} })
  t.after(() => backend.close())
  await createStreams(backend, config)
  assert.equal(asked.filter(operation => operation === 'CreateStream').length, 3)
  for (let start = 0; start < 5; start++) await createStreams(backend, config)
  assert.equal(asked.filter(operation => operation === 'CreateStream').length, 3)
})

test('a worker that is told to stop while it cannot start ends well', { timeout: 60_000 }, async t => {
  const { kinesis, dynamo } = await site(t)
  kinesis.strike({ throttle: 1 })
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-start-'))
  t.after(() => rmSync(cwd, { recursive: true }))
  const path = join(cwd, 'config.yaml')
  const aws = `{ region: us-east-1, endpoint: "${kinesis.endpoint}", dynamodbEndpoint: "${dynamo.endpoint}" }`
  writeFileSync(path, `backend: aws\naws: ${aws}\nmonitoring: { http: { enabled: false } }\n`)
  const child = spawn(process.execPath, [program, 'run', '--config', path], {
    cwd,
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stderr })) {
    if (!line.includes('start: cannot create raw')) continue
    child.kill('SIGTERM')
    break
  }
  assert.deepEqual(await ended, [0, null])
})
