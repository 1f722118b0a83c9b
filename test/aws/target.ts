import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { KinesisClient, ListStreamsCommand, type KinesisClientConfig } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { startAwsLocal } from '../../src/aws-local/index.ts'
import { systemClock } from '../../src/lib/index.ts'

export const targetNames = ['double', 'kinesis-local', 'kinesalite', 'aws'] as const
export type TargetName = (typeof targetNames)[number]

/** Something that speaks Kinesis. */
export interface Target {
  readonly client: KinesisClient
  /** Lets time pass, in no time; absent where time is real. */
  readonly pass?: (ms: number) => void
  /** How long it may take to do what it does by itself. */
  readonly patienceMs: number
  close(): Promise<void>
}

/** Starts a target, or says why it cannot be started here. */
export async function startTarget(name: TargetName): Promise<Target | { readonly missing: string }> {
  switch (name) {
    case 'double':
      return startDouble()
    case 'kinesis-local':
      return startEmulator(kinesisLocal)
    case 'kinesalite':
      return startEmulator(kinesalite)
    case 'aws':
      return reachAws()
  }
}

const loopback = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
}

async function startDouble(): Promise<Target> {
  let passed = 0
  const clock = { ...systemClock, now: () => systemClock.now() + passed }
  // Three seconds show the end of a subscription as well as five minutes do.
  const double = await startAwsLocal({ clock, subscriptionMs: 3_000 })
  const client = clientOf({ ...loopback, endpoint: double.endpoint })
  return {
    client,
    patienceMs: 4_000,
    pass: ms => {
      passed += ms
    },
    close: async () => {
      client.destroy()
      await double.close()
    },
  }
}

/** A real account, in the region that MILLRACE_TEST_AWS_REGION names. It costs a few cents: streams are made. */
async function reachAws(): Promise<Target | { readonly missing: string }> {
  const region = process.env['MILLRACE_TEST_AWS_REGION']
  if (region === undefined) return { missing: 'set MILLRACE_TEST_AWS_REGION to run against a real account' }
  const client = new KinesisClient({ region, maxAttempts: 1 })
  return { client, patienceMs: 120_000, close: async () => client.destroy() }
}

interface Emulator {
  readonly nodeArgs: readonly string[]
  /** Path under node_modules. */
  readonly script: string
  readonly args: (port: number) => readonly string[]
  readonly env: (port: number, otherPort: number) => Readonly<Record<string, string>>
}

const modules = join(import.meta.dirname, '..', '..', 'node_modules')

const kinesalite: Emulator = {
  nodeArgs: [],
  script: 'kinesalite/cli.js',
  args: port =>
    `--port ${port} --shardLimit 1000 --createStreamMs 10 --deleteStreamMs 10 --updateStreamMs 10`.split(' '),
  env: () => ({}),
}

const kinesisLocal: Emulator = {
  // It makes much that is thrown away at once: half as fast again with this.
  nodeArgs: ['--max-semi-space-size=128'],
  script: 'kinesis-local/main.js',
  args: () => [],
  env: (port, otherPort) => ({
    KINESIS_MOCK_PLAIN_PORT: `${port}`,
    KINESIS_MOCK_TLS_PORT: `${otherPort}`,
    KINESIS_MOCK_CERT_PATH: join(modules, 'kinesis-local', 'server.json'),
    LOG_LEVEL: 'ERROR',
    SHARD_LIMIT: '1000',
    ON_DEMAND_STREAM_COUNT_LIMIT: '1000',
    CREATE_STREAM_DURATION: '10ms',
    DELETE_STREAM_DURATION: '10ms',
    MERGE_SHARDS_DURATION: '10ms',
    SPLIT_SHARD_DURATION: '10ms',
    UPDATE_SHARD_COUNT_DURATION: '10ms',
    UPDATE_STREAM_MODE_DURATION: '10ms',
    REGISTER_STREAM_CONSUMER_DURATION: '10ms',
    DEREGISTER_STREAM_CONSUMER_DURATION: '10ms',
  }),
}

async function startEmulator(emulator: Emulator): Promise<Target | { readonly missing: string }> {
  const [port, otherPort] = [await freePort(), await freePort()]
  const preload = join(import.meta.dirname, 'bind-loopback.cjs')
  const args = [...emulator.nodeArgs, '-r', preload, join(modules, emulator.script), ...emulator.args(port)]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...emulator.env(port, otherPort) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-500)))
  const client = clientOf({ ...loopback, endpoint: `http://127.0.0.1:${port}` })
  const close = async () => {
    client.destroy()
    await end(child)
  }
  if (await answers(client, child)) return { client, patienceMs: 4_000, close }
  await close()
  return { missing: `${emulator.script} does not start: ${said}` }
}

const startMs = 30_000

async function answers(client: KinesisClient, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + startMs
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      await client.send(new ListStreamsCommand({}))
      return true
    } catch {
      await sleep(100)
    }
  }
  return false
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

function clientOf(config: KinesisClientConfig): KinesisClient {
  // The emulators speak no HTTP/2, which is what this client would speak by itself; and kinesis-local closes
  // connections that are about to be used again.
  const requestHandler = new NodeHttpHandler({ httpAgent: { keepAlive: false } })
  return new KinesisClient({ ...config, requestHandler })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
