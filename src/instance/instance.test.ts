import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { startImds, identity, type FakeImds } from '../../test/imds.ts'
import { MillraceError, systemClock } from '../lib/index.ts'
import { unobserved, type MillraceEvent } from '../observe/index.ts'
import {
  Ec2Metadata,
  LifecycleAction,
  metadataEndpoint,
  readIdentity,
  readNotices,
  watchInstance,
  type CallAutoScaling,
} from './index.ts'

async function machine(t: TestContext): Promise<{ imds: FakeImds; metadata: Ec2Metadata }> {
  const imds = await startImds()
  t.after(() => imds.close())
  return { imds, metadata: new Ec2Metadata({ endpoint: new URL(imds.endpoint), timeoutMs: 2000 }) }
}

const spot = 'meta-data/spot/instance-action'
const target = 'meta-data/autoscaling/target-lifecycle-state'
const rebalance = 'meta-data/events/recommendations/rebalance'

test('one token serves many questions, and a new one is got when it is refused', async t => {
  const { imds, metadata } = await machine(t)
  const { instanceId, region } = identity
  assert.deepEqual(await readIdentity(metadata), { instanceId, region })
  assert.deepEqual(await readNotices(metadata), [])
  assert.equal(imds.tokens, 1)
  imds.forgetTokens()
  imds.documents.set(target, 'InService')
  assert.deepEqual(await readNotices(metadata), [])
  assert.equal(imds.tokens, 2)
})

test('notices are told with their times; what is no notice is none', async t => {
  const { imds, metadata } = await machine(t)
  imds.documents.set(spot, '{"action": "terminate", "time": "2026-01-31T12:02:00Z"}')
  imds.documents.set(target, 'Terminated\n')
  imds.documents.set(rebalance, '{"noticeTime": "2026-01-31T12:00:00Z"}')
  assert.deepEqual(await readNotices(metadata), [
    { kind: 'spot-interruption', at: '2026-01-31T12:02:00.000Z' },
    { kind: 'termination' },
    { kind: 'rebalance', at: '2026-01-31T12:00:00.000Z' },
  ])
  imds.documents.set(spot, '<html>welcome</html>')
  imds.documents.set(target, 'Standby')
  imds.documents.set(rebalance, '[]')
  assert.deepEqual(await readNotices(metadata), [])
})

test('a question that is not answered hides no notice that is', async () => {
  const answers = new Map([[target, 'Terminated']])
  const metadata = {
    async get(path: string) {
      if (path !== target && path !== spot)
        throw new MillraceError('instance', 'HTTP 403', { retryable: true })
      return answers.get(path)
    },
  }
  assert.deepEqual(await readNotices(metadata), [{ kind: 'termination' }])
  answers.clear()
  await assert.rejects(readNotices(metadata), { message: 'HTTP 403' })
})

test('a recommendation is told once and ignored, unless it is to drain', async t => {
  const { imds, metadata } = await machine(t)
  imds.documents.set(rebalance, '{"noticeTime": "2026-01-31T12:00:00Z"}')
  const watch = (mode: 'ignore' | 'drain', events: MillraceEvent[], onLook = () => {}) => {
    const stop = new AbortController()
    const observe = (event: MillraceEvent) => void events.push(event)
    const options = { metadata, pollMs: 5, clock: systemClock, observe, signal: stop.signal, onLook }
    return { stop, ended: watchInstance({ ...options, rebalance: mode }) }
  }
  const ignored: MillraceEvent[] = []
  let looks = 0
  const patient = watch('ignore', ignored, () => {
    if (++looks === 3) patient.stop.abort()
  })
  assert.equal(await patient.ended, undefined)
  const told = { type: 'instance-notice', notice: 'rebalance', at: '2026-01-31T12:00:00.000Z' }
  assert.deepEqual(ignored, [{ ...told, drains: false }])
  const drained: MillraceEvent[] = []
  assert.equal((await watch('drain', drained).ended)?.kind, 'rebalance')
  assert.deepEqual(drained, [{ ...told, drains: true }])
})

test('a watch outlives failures, and tells them when they go on', async t => {
  const { imds, metadata } = await machine(t)
  await imds.close()
  const stop = new AbortController()
  const failed: MillraceEvent[] = []
  const observe = (event: MillraceEvent) => {
    failed.push(event)
    stop.abort()
  }
  const options = { metadata, pollMs: 1, rebalance: 'ignore', clock: systemClock, observe } as const
  assert.equal(await watchInstance({ ...options, signal: stop.signal }), undefined)
  assert.equal(failed[0]?.type, 'outside-failed')
  assert.equal(failed[0].attempt, 3)
})

test('what answers slowly, at length or elsewhere is no metadata service', async t => {
  let mode: 'silent' | 'long' | 'redirect' = 'silent'
  const server = createServer((_, response) => {
    if (mode === 'redirect') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    if (mode === 'long') response.write('x'.repeat(100_000))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const endpoint = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const metadata = new Ec2Metadata({ endpoint, timeoutMs: 300 })
  const refused = (reason: RegExp) =>
    assert.rejects(metadata.get('meta-data'), { code: 'instance', message: reason })
  await refused(/no answer within 300 ms/)
  mode = 'long'
  await refused(/more than 16384 bytes/)
  mode = 'redirect'
  await refused(/HTTP 302/)
})

const at = (environment: Record<string, string>) => metadataEndpoint(environment)?.href

test('the address is the link-local one, or what the SDK’s variables say', () => {
  assert.equal(at({}), 'http://169.254.169.254/')
  assert.equal(at({ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' }), 'http://[fd00:ec2::254]/')
  assert.equal(at({ AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:9' }), 'http://127.0.0.1:9/')
  assert.equal(at({ AWS_EC2_METADATA_DISABLED: 'true' }), undefined)
  const wrong = { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'file:///etc/passwd' }
  assert.throws(() => metadataEndpoint(wrong), { code: 'config' })
})

const call = { instanceId: 'i-1', hook: 'millrace', clock: systemClock }

test('an action is completed again after a failure, and never more than once', async () => {
  const calls: string[] = []
  const busy = new MillraceError('config', 'busy', { retryable: true })
  const flaky: CallAutoScaling = async (action, { AutoScalingGroupName: group }) => {
    calls.push(`${action} ${group}`)
    if (calls.length === 1) throw busy
    return ''
  }
  const events: MillraceEvent[] = []
  await new LifecycleAction({
    ...call,
    call: flaky,
    group: 'g',
    observe: event => void events.push(event),
  }).complete()
  assert.deepEqual(calls, ['CompleteLifecycleAction g', 'CompleteLifecycleAction g'])
  assert.deepEqual(events, [{ type: 'lifecycle-action', hook: 'millrace', result: 'completed' }])
})

async function resultOf(message: string): Promise<string> {
  const events: MillraceEvent[] = []
  const refuse = async () => {
    throw new MillraceError('config', message, { retryable: false })
  }
  const observe = (event: MillraceEvent) => void events.push(event)
  await new LifecycleAction({ ...call, call: refuse, group: 'g', observe }).complete()
  return events[0]?.type === 'lifecycle-action' ? events[0].result : assert.fail()
}

test('a refusal is told and is no reason to stay; no action to complete is none', async () => {
  assert.equal(await resultOf('AccessDenied: not authorized'), 'failed')
  assert.equal(
    await resultOf('ValidationError: No active Lifecycle Action found with instance ID i-1'),
    'none',
  )
})

test('while a drain lasts, the group is asked for more time', async () => {
  const beats = Promise.withResolvers<void>()
  const calls: string[] = []
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 1000, signal),
  }
  const counting: CallAutoScaling = async action => {
    calls.push(action)
    if (calls.length === 3) beats.resolve()
    return action.startsWith('Describe') ? '<AutoScalingGroupName>g</AutoScalingGroupName>' : ''
  }
  const action = new LifecycleAction({ ...call, clock, call: counting, observe: unobserved })
  action.prolong()
  await beats.promise
  await action.complete()
  assert.deepEqual(calls.slice(0, 2), ['DescribeAutoScalingInstances', 'RecordLifecycleActionHeartbeat'])
  assert.deepEqual([calls.at(-1), new Set(calls).size], ['CompleteLifecycleAction', 3])
})
