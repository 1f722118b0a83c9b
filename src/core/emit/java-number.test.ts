import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { javaFloat } from './java-number.ts'

test('floats are printed as the JVM prints them', () => {
  const printed: readonly (readonly [number, string])[] = [
    [51.7167, '51.7167'],
    [-0.126, '-0.126'],
    [37, '37.0'],
    [0, '0.0'],
    [-0, '-0.0'],
    [0.0001, '1.0E-4'],
    [0.00123, '0.00123'],
    [0.001, '0.001'],
    [1e7, '1.0E7'],
    [9_999_999, '9999999.0'],
    [12_345_678, '1.2345678E7'],
    [-179.9876, '-179.9876'],
    [100, '100.0'],
  ]
  for (const [value, text] of printed) assert.equal(javaFloat(value), text)
})

test('a printed float is the same 32-bit number, with a point', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), value => {
      const text = javaFloat(value)
      assert.equal(Math.fround(Number(text)), value)
      assert.match(text, /^-?\d+\.\d+(E-?\d+)?$/)
    }),
  )
})
