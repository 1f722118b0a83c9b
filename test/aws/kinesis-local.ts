import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface KinesisLocal {
  readonly endpoint: string
  close(): Promise<void>
}

const modules = join(import.meta.dirname, '..', '..', 'node_modules')
const startMs = 60_000

/** An emulator of Kinesis in a process of its own, on loopback. Slow: keep the data small. */
export async function startKinesisLocal(): Promise<KinesisLocal> {
  const [plain, tls] = [await freePort(), await freePort()]
  const child = spawn(
    process.execPath,
    ['-r', join(import.meta.dirname, 'bind-loopback.cjs'), join(modules, 'kinesis-local', 'main.js')],
    {
      stdio: 'ignore',
      env: {
        ...process.env,
        KINESIS_MOCK_PLAIN_PORT: String(plain),
        KINESIS_MOCK_TLS_PORT: String(tls),
        KINESIS_MOCK_CERT_PATH: join(modules, 'kinesis-local', 'server.json'),
        LOG_LEVEL: 'ERROR',
        SHARD_LIMIT: '500',
        ...Object.fromEntries(transitions.map(name => [`${name}_DURATION`, '10ms'])),
      },
    },
  )
  const endpoint = `http://127.0.0.1:${plain}`
  await answers(endpoint, child)
  return {
    endpoint,
    async close() {
      const ended = new Promise(resolve => child.once('exit', resolve))
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await ended
      }
    },
  }
}

const transitions = ['CREATE_STREAM', 'DELETE_STREAM', 'SPLIT_SHARD', 'MERGE_SHARDS', 'UPDATE_SHARD_COUNT']

async function answers(endpoint: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + startMs
  while (child.exitCode === null && Date.now() < until) {
    try {
      await fetch(endpoint, { method: 'POST', signal: AbortSignal.timeout(1000) })
      return
    } catch {
      await sleep(50)
    }
  }
  throw new Error(`kinesis-local does not answer on ${endpoint}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
