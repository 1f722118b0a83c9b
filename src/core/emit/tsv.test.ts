import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { columnIndex, columns, type ColumnType } from '../columns.ts'
import { EnrichedEvent } from '../event.ts'
import { readTsv, writeTsv } from './tsv.ts'

test('an event without values is 130 tabs', () => {
  assert.equal(writeTsv(new EnrichedEvent()), '\t'.repeat(130))
})

test('values stand in the order of the columns, numbers as the JVM writes them', () => {
  const event = new EnrichedEvent()
  event.app_id = 'shop'
  event.platform = 'web'
  event.geo_latitude = 37
  event.domain_sessionidx = 28288
  event.br_cookies = 0
  event.se_value = '1.10'
  event.true_tstamp = '2026-01-02 03:04:05.678'
  const values = writeTsv(event).split('\t')
  assert.equal(values.length, 131)
  assert.deepEqual(values.slice(0, 3), ['shop', 'web', ''])
  assert.equal(values[columnIndex.geo_latitude], '37.0')
  assert.equal(values[columnIndex.domain_sessionidx], '28288')
  assert.equal(values[columnIndex.br_cookies], '0')
  assert.equal(values[columnIndex.se_value], '1.10')
  assert.equal(values[130], '2026-01-02 03:04:05.678')
})

test('whatever is set by name, the line has 131 columns and no line break', () => {
  const any = fc.option(fc.string({ unit: 'binary' }), { nil: null })
  fc.assert(
    fc.property(fc.array(any, { minLength: columns.length, maxLength: columns.length }), values => {
      const event = new EnrichedEvent()
      for (const [index, [name]] of columns.entries()) Object.assign(event, { [name]: values[index] })
      const line = writeTsv(event)
      assert.equal(line.split('\t').length, 131)
      assert.doesNotMatch(line, /[\n\r]/)
    }),
    { numRuns: 20 },
  )
})

test('a tab becomes four spaces, other control characters go', () => {
  const event = new EnrichedEvent()
  event.app_id = 'a\tb\nc\u0000d\u007fe'
  assert.equal(writeTsv(event), `a    bcde${'\t'.repeat(130)}`)
})

const printable = fc.string({ minLength: 1 }).filter(text => !/[\t\n\r]/.test(text))

function valueOf(type: ColumnType): fc.Arbitrary<string | number> {
  if (type === 'int' || type === 'flag') return fc.integer()
  return type === 'float' ? fc.constantFrom(1.5, -37, 0.126) : printable
}

test('a line can be read again', () => {
  const arbitraries = columns.map(([, type]) => fc.option(valueOf(type), { nil: null }))
  fc.assert(
    fc.property(fc.tuple(...arbitraries), values => {
      const event = new EnrichedEvent()
      for (const [index, [name]] of columns.entries()) Object.assign(event, { [name]: values[index] })
      assert.deepEqual(readTsv(writeTsv(event))?.row, event.row)
    }),
  )
})

test('a line of another number of columns is no event', () => {
  assert.equal(readTsv('a\tb'), null)
})
