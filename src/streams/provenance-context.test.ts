import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provenanceSchema, readProvenanceContext, writeProvenanceContext } from './provenance-context.ts'

const provenance = {
  application: 'app "1"',
  stream: 'raw',
  shardId: 'shardId-000000000007',
  sequence: '49590338271490256608559692538361571095921575989136588898',
  subSequence: 3,
  index: 2,
}
const written = { ...provenance, output: 0, epoch: 0 }

const contexts = (...texts: readonly string[]) =>
  `{"schema":"iglu:c/contexts/jsonschema/1-0-1","data":[${texts.join()}]}`
const other = '{"schema":"iglu:com.acme/é/jsonschema/1-0-0","data":{}}'

/** A line of 131 columns. */
function line(derived: string, changed: Readonly<Record<number, string>> = {}): Buffer {
  const columns = Array.from({ length: 131 }, (_, i) => changed[i] ?? (i === 122 ? derived : ''))
  return Buffer.from(columns.join('\t'))
}

test('what is written is read, alone and behind others', () => {
  const own = writeProvenanceContext(provenance)
  assert.deepEqual(readProvenanceContext(line(contexts(own))), written)
  assert.deepEqual(readProvenanceContext(line(contexts(other, own))), written)
})

test('nothing else is taken for it', () => {
  const own = writeProvenanceContext(provenance)
  const forged = writeProvenanceContext({ ...provenance, sequence: '1' })
  // A tracker's contexts, and a derived context before ours.
  assert.equal(readProvenanceContext(line('', { 52: contexts(forged) })), undefined)
  assert.equal(readProvenanceContext(line(contexts(other), { 52: contexts(forged) })), undefined)
  assert.deepEqual(readProvenanceContext(line(contexts(forged, own))), written)
  assert.equal(readProvenanceContext(line(contexts(forged, other))), undefined)
  const wrong = `{"schema":"${provenanceSchema}","data":{"sequence":1}}`
  for (const text of ['', contexts(wrong), contexts(`${provenanceSchema}}`)])
    assert.equal(readProvenanceContext(line(text)), undefined)
  for (const text of ['', '\t\t\t\t\t\t\t\t', '}]}\t\t\t\t\t\t\t\t', own])
    assert.equal(readProvenanceContext(Buffer.from(text)), undefined)
})
