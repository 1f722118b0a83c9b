import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutputKind, OutputRecord } from '../streams/index.ts'
import { Presence } from './presence.ts'
import { requestsOf } from './requests.ts'

function output(kind: OutputKind, index: number, number = 0, data = 'x'): OutputRecord {
  const provenance = { stream: 'raw', shardId: 's', sequence: '7', subSequence: 0, index }
  return { kind, partitionKey: 'k', data: Buffer.from(data), provenance, output: number }
}

function found(...outputs: readonly OutputRecord[]): Presence {
  const presence = new Presence()
  for (const { kind, provenance, output } of outputs) presence.add(kind, provenance, output)
  return presence
}

test('what is there is left out, what is not is written', () => {
  const [a, b] = [output('good', 0), output('good', 1)]
  assert.deepEqual(found(a).missing([a, b]), [b])
})

test('of an event that is half written, the other half is', () => {
  const [bad, failed] = [output('bad', 0, 0), output('failed', 0, 1)]
  assert.deepEqual(found(bad).missing([bad, failed]), [failed])
})

test('of an event that is half told in the stream of pseudonyms, the event itself is written', () => {
  const [good, pii] = [output('good', 0, 0), output('pii', 0, 1)]
  const presence = found(pii)
  assert.deepEqual(presence.missing([good, pii]), [good])
  assert.equal(presence.divergent, 0)
  assert.deepEqual(found(good).missing([good, pii]), [pii])
  assert.deepEqual(found(pii).missing([output('bad', 0), output('failed', 0, 1)]), [])
})

test('an event that was good stays good, whatever this run says, and it is counted', () => {
  const presence = found(output('good', 0))
  assert.deepEqual(presence.missing([output('bad', 0), output('failed', 0, 1)]), [])
  assert.equal(presence.divergent, 1)
  const other = found(output('bad', 0))
  assert.deepEqual(other.missing([output('good', 0)]), [])
  assert.equal(other.divergent, 1)
})

test('requests are of one kind, in order, and within both limits', () => {
  const outputs = [
    output('bad', 0),
    output('good', 1),
    output('good', 2),
    output('good', 3),
    output('bad', 4),
  ]
  const shapes = (limits: { maxRequestRecords: number; maxRequestBytes: number }) =>
    requestsOf(outputs, limits).map(request =>
      request.map(({ kind, provenance }) => `${kind} ${provenance.index}`),
    )
  assert.deepEqual(shapes({ maxRequestRecords: 2, maxRequestBytes: 1000 }), [
    ['good 1', 'good 2'],
    ['good 3'],
    ['bad 0', 'bad 4'],
  ])
  // Each has one byte of data and one of key.
  assert.deepEqual(shapes({ maxRequestRecords: 500, maxRequestBytes: 5 }), [
    ['good 1', 'good 2'],
    ['good 3'],
    ['bad 0', 'bad 4'],
  ])
})

test('a record that is larger than a request goes alone', () => {
  const outputs = [output('good', 0), output('good', 1, 0, 'x'.repeat(100)), output('good', 2)]
  const sizes = requestsOf(outputs, { maxRequestRecords: 500, maxRequestBytes: 50 }).map(
    request => request.length,
  )
  assert.deepEqual(sizes, [1, 1, 1])
})
