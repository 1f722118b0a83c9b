// A newcomer's minute: clone, `npm start`, an event of one's own, `npx millrace tap`, Ctrl-C.
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')
const home = mkdtempSync(join(tmpdir(), 'millrace-clone-'))
after(() => rmSync(home, { recursive: true, force: true }))

/** As a newcomer's shell has it: nothing of what this run was started with, and the machine's own Node. */
const path = (process.env.PATH ?? '').split(delimiter).filter(entry => !entry.startsWith(root))
const environment = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|NODE_COMPILE_CACHE|NODE_TEST_CONTEXT|NODE_OPTIONS)/.test(name),
    ),
  ),
  PATH: path.join(delimiter),
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : assert.fail('no port')
}

/** Resolves when the process has printed it; rejects with all it printed when it ends or says nothing for so long. */
function printed(child: ChildProcess, what: RegExp, withinMs: number): Promise<void> {
  let text = ''
  return new Promise((resolve, reject) => {
    const give = (why: string) => {
      clearTimeout(deadline)
      reject(new Error(`${why} before ${String(what)} in:\n${text}`))
    }
    const deadline = setTimeout(() => give(`${withinMs} ms passed`), withinMs)
    const read = (chunk: Buffer) => {
      text += chunk.toString()
      if (!what.test(text)) return
      clearTimeout(deadline)
      resolve()
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', code => give(`it ended with ${code}`))
  })
}

test(
  'npm start on a clone without node_modules brings a working pipeline up',
  { timeout: 300_000 },
  async () => {
    const clone = join(home, 'clone')
    assert.equal(spawnSync('git', ['clone', '--quiet', root, clone]).status, 0)
    assert.ok(!existsSync(join(clone, 'node_modules')))
    const port = await freePort()
    // The port apart, what a newcomer types. A process group of its own, to be interrupted as a terminal does.
    const start = spawn('npm', ['start', '--', '--port', String(port)], {
      cwd: clone,
      env: environment,
      detached: true,
    })
    try {
      await printed(start, /good/, 240_000)
      const eventId = randomUUID()
      const tap = spawn('npx', ['millrace', 'tap', '--json'], {
        cwd: clone,
        env: environment,
        detached: true,
      })
      const seen = printed(tap, new RegExp(eventId), 60_000)
      // Sent until it is seen: a tap shows what comes after it has begun.
      const sending = setInterval(() => void post(port, eventId), 500)
      await seen.finally(() => clearInterval(sending))
      process.kill(-(tap.pid ?? 0), 'SIGINT')
      // npm itself ends by the signal, whatever its script does; what counts is that the pipeline ended in order.
      const drained = printed(start, /workers 0\/2/, 30_000)
      process.kill(-(start.pid ?? 0), 'SIGINT')
      await drained
    } finally {
      if (start.exitCode === null && start.signalCode === null) process.kill(-(start.pid ?? 0), 'SIGKILL')
    }
  },
)

async function post(port: number, eventId: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/com.snowplowanalytics.snowplow/tp2`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
      data: [{ e: 'pv', p: 'web', tv: 'curl', eid: eventId, url: 'https://example.com/' }],
    }),
  })
  assert.equal(response.status, 200)
}
