import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCopies, type CopyEvidence } from './copies.ts'
import type { LogLine } from './log.ts'
import type { Written } from './oracle.ts'
import { nameOutput } from './way.ts'

const place = { shardId: 'shard-0', sequence: '7', index: 0, output: 0 }

function copy(arrivedAt: number, epoch: number): Written & Required<Pick<Written, 'from'>> {
  return { stream: 'good', shardId: 'out-0', arrivedAt, eventId: 'e', from: { ...place, epoch } }
}

function line(process: string, event: string, epoch = 0): LogLine {
  const blank = { at: 0, reason: 'because', position: '', records: 0, error: '' }
  return { ...blank, process, event, shardId: 'shard-0', epoch }
}

const written = [copy(1000, 1), copy(9000, 2)]
const nothing: CopyEvidence = { written, heldPuts: [], lines: [], faults: [], settleMs: 3000 }
const causes = (more: Partial<CopyEvidence>) => findCopies({ ...nothing, ...more }).map(({ cause }) => cause)

test('what lies there once is no copy, and neither are two outputs of one event', () => {
  const other = copy(2000, 1)
  const two = [copy(1000, 1), { ...other, from: { ...other.from, output: 1 } }]
  assert.deepEqual(causes({ written: two }), [])
})

test('a copy that nothing explains is said to be one', () => {
  assert.deepEqual(causes({}), ['unexplained'])
})

test('a request that was held for longer than anybody reckons with explains its copies, a shorter one does not', () => {
  const put = { process: 'a', fault: 'late', at: 9000, outputs: [nameOutput(copy(0, 1).from)] } as const
  assert.deepEqual(causes({ heldPuts: [{ ...put, heldMs: 5000 }] }), ['late request'])
  assert.deepEqual(causes({ heldPuts: [{ ...put, heldMs: 2900 }] }), ['unexplained'])
  assert.deepEqual(causes({ heldPuts: [{ ...put, heldMs: 5000, outputs: ['another'] }] }), ['unexplained'])
})

test('a writer that stood still explains what it sent as it woke up', () => {
  const lines = [line('a', 'lease-taken', 1), line('b', 'lease-taken', 2)]
  const frozen = { kind: 'freeze-worker', from: 2000, to: 8900, hit: ['b'] } as const
  assert.deepEqual(causes({ lines, faults: [frozen] }), ['frozen before the socket'])
  assert.deepEqual(causes({ lines, faults: [{ ...frozen, hit: ['c'] }] }), ['unexplained'])
  assert.deepEqual(causes({ lines, faults: [{ ...frozen, to: 5000 }] }), ['unexplained'])
})

test('a recovery that was skipped explains copies of its shard', () => {
  assert.deepEqual(causes({ lines: [line('b', 'recovery-skipped')] }), ['nobody could look'])
})
