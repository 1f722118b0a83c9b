import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHash } from 'node:crypto'
import { fingerprintOf, parseFingerprintParameters } from './event-fingerprint.ts'

const md5 = { algorithm: 'md5', exclude: new Set(['stm', 'eid']) }
const parameters = (sent: Record<string, string | null>) => new Map(Object.entries(sent))

test('a fingerprint is the hash of names and values in the order of the names', () => {
  const text = 'e\u001fse\u001fse_ac\u001fbuy\u001f'
  const expected = createHash('md5').update(text).digest('hex')
  assert.equal(fingerprintOf(parameters({ se_ac: 'buy', e: 'se', empty: null, stm: '1' }), md5), expected)
})

test('where a name ends and a value begins makes a difference', () => {
  assert.notEqual(fingerprintOf(parameters({ ab: 'c' }), md5), fingerprintOf(parameters({ a: 'bc' }), md5))
})

test('every algorithm has the length of its hash', () => {
  for (const [hashAlgorithm, length] of [
    ['MD5', 32],
    ['SHA1', 40],
    ['SHA256', 64],
    ['SHA384', 96],
    ['SHA512', 128],
  ]) {
    const parsed = parseFingerprintParameters({ hashAlgorithm, excludeParameters: [] })
    if ('errors' in parsed) assert.fail(parsed.errors.join())
    assert.equal(fingerprintOf(parameters({ e: 'pv' }), parsed).length, length)
  }
})

test('all parameters that are wrong are named', () => {
  assert.deepEqual(parseFingerprintParameters({ hashAlgorithm: 'CRC', excludeParameters: [1] }), {
    errors: [
      'hashAlgorithm must be one of MD5, SHA1, SHA256, SHA384, SHA512',
      'excludeParameters must be a list of parameter names',
    ],
  })
})
