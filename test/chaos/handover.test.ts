import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from './faults.ts'
import { measureHandovers, percentile, type HandoverLogs } from './handover.ts'
import type { LogLine } from './log.ts'

const blank = { shardId: '', reason: '', position: '', records: 0, epoch: 0, error: '' }

function line(at: number, process: string, event: string, more: Partial<LogLine> = {}): LogLine {
  const shardId = event.startsWith('worker-') ? '' : 'shard-0'
  return { ...blank, at, process, event, shardId, ...more }
}

const commit = (at: number, process: string) => line(at, process, 'batch-committed', { records: 1 })
const kill = (at: number, worker: string): Fault => ({ kind: 'kill-worker', from: at, to: at, hit: [worker] })
const record = (arrivedAt: number, sequence: string) => ({ shardId: 'shard-0', arrivedAt, sequence })

/** `a` works, `b` is ready. */
const before = [
  line(0, 'a', 'worker-ready'),
  line(0, 'b', 'worker-ready'),
  line(10, 'a', 'lease-taken'),
  line(10, 'a', 'shard-started', { position: 'trimHorizon' }),
  commit(500, 'a'),
]

function takenAt(at: number, process: string) {
  return [
    line(at, process, 'lease-taken'),
    line(at, process, 'shard-started', { position: 'after 5' }),
    commit(at + 100, process),
  ]
}

const figures = (logs: HandoverLogs) =>
  measureHandovers(logs).map(({ cause, ms, gapMs, disturbed, successor }) => ({
    cause,
    ms,
    gapMs,
    disturbed,
    successor,
  }))

test('a crash counts from the SIGKILL to the first commit of another worker', () => {
  const logs = {
    lines: [...before, ...takenAt(3000, 'b')],
    faults: [kill(1000, 'a')],
    raw: [record(900, '6')],
  }
  assert.deepEqual(figures(logs), [
    { cause: 'crash', ms: 2100, gapMs: undefined, disturbed: false, successor: 'b' },
  ])
})

test('where nothing had come to be committed, the take counts', () => {
  const logs = {
    lines: [...before, ...takenAt(3000, 'b')],
    faults: [kill(1000, 'a')],
    raw: [record(3050, '6')],
  }
  assert.deepEqual(
    figures(logs).map(({ ms }) => ms),
    [2000],
  )
})

test('a take-over that is killed as well goes on from the first SIGKILL, and says that it was disturbed', () => {
  const lines = [
    ...before,
    line(0, 'c', 'worker-ready'),
    line(3000, 'b', 'lease-taken'),
    line(3000, 'b', 'shard-started', { position: 'after 5' }),
    ...takenAt(6000, 'c'),
  ]
  const logs = { lines, faults: [kill(1000, 'a'), kill(3050, 'b')], raw: [record(900, '6')] }
  assert.deepEqual(
    figures(logs).map(({ ms, disturbed, successor }) => ({ ms, disturbed, successor })),
    [
      { ms: 5100, disturbed: true, successor: 'c' },
      { ms: 3050, disturbed: false, successor: 'c' },
    ],
  )
})

test('a crash that leaves nobody is disturbed, and so is one while every worker is held up', () => {
  const alone = before.filter(({ process }) => process === 'a')
  const late = [...alone, line(2000, 'b', 'worker-ready'), ...takenAt(4500, 'b')]
  const raw = [record(900, '6')]
  assert.deepEqual(
    figures({ lines: late, faults: [kill(1000, 'a')], raw }).map(({ disturbed }) => disturbed),
    [true],
  )
  const full: Fault = { kind: 'disk-full', from: 1500, to: 2500, hit: ['disk'] }
  const lines = [...before, ...takenAt(3000, 'b')]
  assert.deepEqual(
    figures({ lines, faults: [kill(1000, 'a'), full], raw }).map(({ disturbed }) => disturbed),
    [true],
  )
})

test('what goes wrong on the way to streams and leases disturbs whom it hits, for a while longer than it lasts', () => {
  const lines = [
    ...before,
    line(1000, 'a', 'worker-draining'),
    line(1500, 'a', 'lease-released', { reason: 'stopping' }),
    ...takenAt(1600, 'b'),
  ]
  const raw = [record(900, '6')]
  const disturbed = (kind: Fault['kind'], hit: string, aftermathMs: number) => {
    const fault: Fault = { kind, from: 100, to: 800, hit: [hit] }
    return measureHandovers({ lines, faults: [fault], raw, aftermathMs }).map(found => found.disturbed)
  }
  assert.deepEqual(disturbed('dropped-replies', 'a', 500), [true])
  assert.deepEqual(disturbed('dropped-replies', 'a', 100), [false])
  assert.deepEqual(disturbed('dropped-replies', 'c', 500), [false])
  assert.deepEqual(disturbed('pause-all', 'everything', 500), [true])
})

test('whoever takes over a shard that is being recovered waits for what the recovery waits for', () => {
  const between = (looked: readonly LogLine[]) => [
    ...before,
    line(600, 'a', 'recovery-started'),
    ...looked,
    line(1000, 'b', 'lease-asked'),
    line(1600, 'a', 'lease-released', { reason: 'asked' }),
    ...takenAt(1900, 'b'),
  ]
  const disturbed = (looked: readonly LogLine[]) =>
    figures({ lines: between(looked), faults: [], raw: [record(900, '6')] }).map(found => found.disturbed)
  assert.deepEqual(disturbed([]), [true])
  assert.deepEqual(disturbed([line(900, 'a', 'recovery-looked')]), [true])
  assert.deepEqual(disturbed([line(900, 'a', 'recovery-done')]), [false])
})

test('a stop counts from the SIGTERM, and its gap from the release', () => {
  const lines = [
    ...before,
    line(1000, 'a', 'worker-draining'),
    line(1050, 'a', 'lease-released', { reason: 'stopping' }),
    ...takenAt(1500, 'b'),
  ]
  assert.deepEqual(figures({ lines, faults: [], raw: [record(900, '6')] }), [
    { cause: 'stop', ms: 600, gapMs: 550, disturbed: false, successor: 'b' },
  ])
})

test('an ask counts once, from when it was first made', () => {
  const lines = [
    ...before,
    line(1000, 'b', 'lease-asked'),
    line(1200, 'b', 'lease-asked'),
    line(1600, 'a', 'lease-released', { reason: 'asked' }),
    ...takenAt(1900, 'b'),
  ]
  assert.deepEqual(
    figures({ lines, faults: [], raw: [record(900, '6')] }).map(({ cause, ms, gapMs }) => ({
      cause,
      ms,
      gapMs,
    })),
    [{ cause: 'ask', ms: 1000, gapMs: 400 }],
  )
})

test('a shard that somebody else had taken over by then does not count', () => {
  const lines = [...before, ...takenAt(900, 'b')]
  assert.deepEqual(figures({ lines, faults: [kill(1000, 'a')], raw: [] }), [])
})

test('a percentile is one of the samples', () => {
  assert.equal(percentile([3, 1, 2], 0.5), 2)
  assert.equal(percentile([3, 1, 2], 0.99), 3)
  assert.equal(percentile([], 0.5), undefined)
})
