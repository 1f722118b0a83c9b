import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startTestStatsd, type TestStatsd } from '../src/observe/test-statsd.ts'

const program = join(import.meta.dirname, '..', 'src', 'cli.ts')

interface Line {
  readonly event: string
  readonly name?: string
  readonly value?: number
  readonly records?: number
  readonly port?: number
}

interface Program {
  readonly lines: readonly Line[]
  /** Resolves with the first line of the log that is such a one. */
  logged(is: (line: Line) => boolean): Promise<Line>
  /** Resolves with the exit code. */
  stop(): Promise<unknown>
}

function start(t: TestContext, cwd: string, ...args: readonly string[]): Program {
  const child = spawn(process.execPath, [program, ...args, '--config', 'a.conf'], { cwd })
  t.after(() => child.kill('SIGKILL'))
  child.stdout.resume()
  const closed = once(child, 'close')
  const lines: Line[] = []
  let rest = ''
  child.stderr.on('data', chunk => {
    const whole = (rest + String(chunk)).split('\n')
    rest = whole.pop() ?? ''
    for (const line of whole) if (line.startsWith('{')) lines.push(JSON.parse(line))
  })
  return {
    lines,
    async logged(is) {
      for (;;) {
        const found = lines.find(is)
        if (found !== undefined) return found
        const [what] = await Promise.race([once(child.stderr, 'data'), closed])
        assert.notEqual(typeof what, 'number', 'it ended')
      }
    },
    async stop() {
      child.kill('SIGTERM')
      return (await closed)[0]
    },
  }
}

function folder(t: TestContext, server: TestStatsd, period: string): string {
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-statsd-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const statsd = `statsd { hostname = "127.0.0.1", port = ${server.port}, periodMs = ${period}, tags { app = test } }`
  writeFileSync(
    join(cwd, 'a.conf'),
    `monitoring { logLevel = debug, http.port = 0, metrics { ${statsd}, stdout { periodMs = ${period} } } }
     collector.port = 0
     worker.threads = 1`,
  )
  return cwd
}

const sum = (values: readonly (number | undefined)[]) => values.reduce<number>((all, one = 0) => all + one, 0)

test(
  'dev tells the numbers of its workers’ processes and of its collector',
  { timeout: 120_000 },
  async t => {
    const server = await startTestStatsd(t)
    const dev = start(t, folder(t, server, '1 second'), 'dev', '--workers', '2', '--traffic', '100')
    await server.came(/^snowplow\.enrich\.good:[1-9]\d*\|c\|#app:test$/)
    await server.came(/^snowplow\.enrich\.e2e_latency_millis:\d+\|g\|#app:test$/)
    await server.came(/^snowplow\.collector\.requests_accepted:[1-9]/)
    assert.equal(await dev.stop(), 0)
    // All that was committed, until the last moment.
    const committed = sum(
      dev.lines.filter(({ event }) => event === 'batch-committed').map(({ records }) => records),
    )
    const raw = dev.lines.filter(({ name }) => name === 'snowplow.enrich.raw').map(({ value }) => value)
    assert.equal(sum(raw), committed)
    while (server.sum('snowplow.enrich.raw') < committed) await server.more()
    assert.equal(server.sum('snowplow.enrich.raw'), committed)
  },
)

test('run and collect tell what they counted when they stop', { timeout: 120_000 }, async t => {
  const server = await startTestStatsd(t)
  const cwd = folder(t, server, '1 hour')
  const collector = start(t, cwd, 'collect')
  const { port } = await collector.logged(({ event }) => event === 'collector-ready')
  await fetch(`http://127.0.0.1:${port}/i?e=pv&p=web`)
  assert.equal(await collector.stop(), 0)
  await server.came(/^snowplow\.collector\.records_count:1\|c\|#app:test$/)
  assert.doesNotMatch(server.datagrams.join('\n'), /snowplow\.enrich/)
  const worker = start(t, cwd, 'run')
  await worker.logged(({ event }) => event === 'batch-committed')
  assert.equal(await worker.stop(), 0)
  await server.came(/^snowplow\.enrich\.raw:1\|c\|#app:test$/)
})
