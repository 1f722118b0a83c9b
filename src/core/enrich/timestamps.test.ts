import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatTimestamp, parseTimestamp } from './timestamps.ts'

const fourDigitYears = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 })

test('a timestamp is the ISO text without its letters', () => {
  fc.assert(
    fc.property(fourDigitYears, ms => {
      assert.equal(formatTimestamp(ms), new Date(ms).toISOString().replace('T', ' ').replace('Z', ''))
    }),
  )
})

test('a text is read back as the same moment', () => {
  fc.assert(fc.property(fourDigitYears, ms => parseTimestamp(formatTimestamp(ms)) === ms))
})

test('any other text is no moment', () => {
  for (const text of ['', '2023-11-14', '2023-11-14 22:13:20.12x', 'x'.repeat(23)])
    assert.ok(Number.isNaN(parseTimestamp(text)), text)
})
