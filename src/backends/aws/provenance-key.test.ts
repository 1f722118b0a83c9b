import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shardIdOf, type WrittenProvenance } from '../../streams/index.ts'
import { parseProvenanceKey, writeProvenanceKey } from './provenance-key.ts'

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter(text => text.isWellFormed())

const provenances: fc.Arbitrary<WrittenProvenance> = fc.record(
  {
    application: name,
    stream: name,
    shardId: fc.oneof(fc.nat().map(shardIdOf), name),
    sequence: fc.bigInt({ min: 0n, max: 2n ** 190n }).map(String),
    subSequence: fc.nat(),
    index: fc.nat(),
    output: fc.nat(),
    epoch: fc.maxSafeNat(),
  },
  { noNullPrototype: true },
)

const typical: WrittenProvenance = {
  application: 'enrich-eu',
  stream: 'collector-good',
  shardId: 'shardId-000000000012',
  sequence: '49590338271490256608559692538361571095921575989136588898',
  subSequence: 0,
  index: 0,
  output: 0,
  epoch: 217,
}

test('every provenance and key come back as they were', () => {
  fc.assert(
    fc.property(provenances, fc.string({ minLength: 1, maxLength: 40 }), (provenance, partitionKey) => {
      const key = (() => {
        try {
          return writeProvenanceKey(provenance, partitionKey)
        } catch (error) {
          assert.match(String(error), /too long names/)
          return undefined
        }
      })()
      if (key === undefined) return
      assert.ok(key.length <= 256)
      const parsed = parseProvenanceKey(key)
      assert.deepEqual(parsed?.provenance, provenance)
      if (parsed?.partitionKey !== undefined) assert.equal(parsed.partitionKey, partitionKey)
    }),
    { numRuns: 2000 },
  )
})

test('different provenance, different key', () => {
  const pair = fc.tuple(provenances, provenances)
  fc.assert(
    fc.property(pair, ([a, b]) => {
      fc.pre(JSON.stringify(a) !== JSON.stringify(b))
      fc.pre(encodeURIComponent(a.application + a.stream).length < 100)
      fc.pre(encodeURIComponent(b.application + b.stream).length < 100)
      fc.pre(a.shardId.length < 21 && b.shardId.length < 21)
      try {
        assert.notEqual(writeProvenanceKey(a, 'k'), writeProvenanceKey(b, 'k'))
      } catch (error) {
        assert.match(String(error), /too long names/)
      }
    }),
  )
})

test('a typical one takes some 75 characters, and the key that was meant follows', () => {
  const partitionKey = '6f1dbe5e-3ff6-4b40-a6f5-0a2d8a1c31b3'
  const key = writeProvenanceKey(typical, partitionKey)
  assert.equal(
    key,
    `m1/enrich-eu/collector-good/c/gs3rdusd6teh04lp23n4rcjangyrafx80jtu/0/0/0/61/${partitionKey}`,
  )
})

test('a key that does not fit beside the provenance is left out', () => {
  for (const length of [190, 256]) {
    const parsed = parseProvenanceKey(writeProvenanceKey(typical, 'k'.repeat(length)))
    assert.deepEqual(parsed, { provenance: typical })
  }
  const fits = parseProvenanceKey(writeProvenanceKey(typical, 'a/b'.repeat(59)))
  assert.equal(fits?.partitionKey, 'a/b'.repeat(59))
})

test('names that leave no room are a mistake of the configuration', () => {
  const long = { ...typical, application: 'a'.repeat(255) }
  assert.throws(() => writeProvenanceKey(long, 'k'), { code: 'config', retryable: false })
})

test('other keys are other keys, whatever they begin with', () => {
  for (const key of [
    '',
    'user-1',
    'm1/',
    'm1/a/b/c/d/e/f/g',
    'm1/%zz/b/0/1/0/0/0/1/k',
    'm1/a/b/0/-1/0/0/0/1/k',
    'm2/a/b/0/1/0/0/0/1/k',
  ]) {
    assert.equal(parseProvenanceKey(key), undefined, key)
  }
  fc.assert(
    fc.property(fc.string(), rest => {
      parseProvenanceKey(`m1/${rest}`)
    }),
  )
})
