import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { policyOf } from '../src/backends/aws/index.ts'
import { identity, keys, startAutoScaling, startImds } from './imds.ts'

// Real processes on a machine that is going away, or that are told to stop.

const program = join(import.meta.dirname, '..', 'src', 'cli.ts')

function home(t: TestContext, config: object): string {
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-instance-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'config.yaml'), JSON.stringify(config))
  return cwd
}

type Line = Readonly<Record<string, unknown>>

/** A process whose log can be waited for. */
function start(t: TestContext, command: string, cwd: string, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [program, command, '--config', 'config.yaml'], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  const log = createInterface(child.stderr)
  log.on('line', text => {
    lines.push(text.startsWith('{') ? (JSON.parse(text) as Line) : { text })
    for (const wake of waiting) wake()
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return {
    child,
    lines,
    ended,
    async logged(matches: (line: Line) => boolean): Promise<Line> {
      const gone = ended.then(() => 'gone' as const)
      for (;;) {
        const found = lines.find(matches)
        if (found !== undefined) return found
        const more = Promise.withResolvers<void>()
        waiting.add(more.resolve)
        if ((await Promise.race([more.promise, gone])) === 'gone' && !lines.some(matches))
          assert.fail(`ended without it: ${JSON.stringify(lines)}`)
        waiting.delete(more.resolve)
      }
    },
  }
}

const is = (event: string) => (line: Line) => line['event'] === event

const lifecycle = { watch: 'always', pollMs: 100, hook: 'millrace-drain' }
const small = {
  embedded: { directory: 'data' },
  monitoring: { http: { port: 0 } },
  streams: { raw: { shards: 2 } },
  worker: { threads: 0 },
}

test(
  'a spot notice: the worker drains, hands over, completes the lifecycle action and exits with 0',
  { timeout: 120_000 },
  async t => {
    const imds = await startImds()
    const group = await startAutoScaling()
    t.after(() => Promise.all([imds.close(), group.close()]))
    const cwd = home(t, { ...small, lifecycle })
    const env = {
      ...keys,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.endpoint,
      AWS_ENDPOINT_URL_AUTO_SCALING: group.endpoint,
    }
    const doomed = start(t, 'run', cwd, env)
    await doomed.logged(is('lease-taken'))
    const { instanceId, region } = identity
    const watched = await doomed.logged(is('instance-watched'))
    assert.deepEqual([watched['instanceId'], watched['region']], [instanceId, region])
    writeFileSync(join(cwd, 'config.yaml'), JSON.stringify({ ...small, lifecycle: { watch: 'never' } }))
    const heir = start(t, 'run', cwd, {})
    await heir.logged(is('worker-ready'))

    imds.documents.set(
      'meta-data/spot/instance-action',
      '{"action":"terminate","time":"2026-01-31T12:02:00Z"}',
    )
    assert.equal(await doomed.ended, 0)
    const order = ['instance-notice', 'worker-draining', 'worker-stopped', 'lifecycle-action']
    assert.deepEqual(
      doomed.lines.map(line => line['event']).filter(event => order.includes(String(event))),
      order,
    )
    assert.equal(doomed.lines.find(is('worker-draining'))?.['reason'], 'spot-interruption')
    assert.equal(doomed.lines.find(is('lifecycle-action'))?.['result'], 'completed')
    // Handed over: let go by one, taken by the other from nobody.
    const taken = new Set<unknown>()
    await heir.logged(line => is('lease-taken')(line) && taken.add(line['shardId']).size === 2)
    assert.deepEqual(
      heir.lines.filter(line => is('lease-taken')(line) && line['from'] !== undefined),
      [],
    )

    const [asked, completed] = group.calls
    assert.equal(asked?.get('Action'), 'DescribeAutoScalingInstances')
    assert.deepEqual(Object.fromEntries(completed ?? []), {
      Action: 'CompleteLifecycleAction',
      Version: '2011-01-01',
      AutoScalingGroupName: 'workers',
      LifecycleHookName: 'millrace-drain',
      LifecycleActionResult: 'CONTINUE',
      InstanceId: instanceId,
    })
    const allowed = policyOf({ lifecycle: {} }).Statement.flatMap(({ Action }) => Action)
    for (const call of group.calls) assert.ok(allowed.includes(`autoscaling:${call.get('Action')}`))

    heir.child.kill('SIGTERM')
    assert.equal(await heir.ended, 0)
  },
)

test('a start on a machine that is going away takes no work', { timeout: 60_000 }, async t => {
  const imds = await startImds()
  t.after(() => imds.close())
  imds.documents.set('meta-data/autoscaling/target-lifecycle-state', 'Terminated')
  const cwd = home(t, { ...small, lifecycle: { watch: 'always' } })
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.endpoint }
  const late = start(t, 'run', cwd, env)
  assert.equal(await late.ended, 0)
  assert.equal(late.lines.find(is('instance-notice'))?.['notice'], 'termination')
  assert.equal(late.lines.find(is('worker-ready')), undefined)
})

test('where it is to watch and nobody answers, it does not start', { timeout: 60_000 }, async t => {
  const cwd = home(t, { ...small, lifecycle: { watch: 'always' } })
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' }
  const blind = start(t, 'run', cwd, env)
  assert.equal(await blind.ended, 69)
  assert.match(JSON.stringify(blind.lines), /instance metadata .*IMDSv2 is enabled/)
})

test('an address of Auto Scaling that is none is told at the start', { timeout: 60_000 }, async t => {
  const imds = await startImds()
  t.after(() => imds.close())
  const cwd = home(t, { ...small, lifecycle })
  const env = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.endpoint,
    AWS_ENDPOINT_URL_AUTO_SCALING: 'autoscaling',
  }
  const refused = start(t, 'run', cwd, env)
  assert.equal(await refused.ended, 78)
  assert.match(JSON.stringify(refused.lines), /AWS_ENDPOINT_URL_AUTO_SCALING is autoscaling; give it/)
})

test(
  'from the first signal on it is not ready, and the second one ends it at once',
  { timeout: 60_000 },
  async t => {
    const cwd = home(t, { ...small, collector: { port: 0, preTerminationMs: 600_000 } })
    const collector = start(t, 'collect', cwd, {})
    const { port } = await collector.logged(is('monitoring-ready'))
    await collector.logged(is('collector-ready'))
    const ready = async () => (await fetch(`http://127.0.0.1:${Number(port)}/ready`)).status
    assert.equal(await ready(), 200)
    collector.child.kill('SIGTERM')
    await collector.logged(is('collector-draining'))
    assert.equal(await ready(), 503)
    collector.child.kill('SIGTERM')
    assert.equal(await collector.ended, 130)
  },
)
