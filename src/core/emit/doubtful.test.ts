import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columns } from '../columns.ts'
import { EnrichedEvent } from '../event.ts'
import { readTsv, writeTsv } from './tsv.ts'

test('what was set by name is cleaned, also twice and in a copy; what was written by place stands as it is', () => {
  const event = new EnrichedEvent()
  event.row[0] = 'plain'
  event.geo_city = 'a\tb'
  event.geo_city = 'c\nd\te'
  event.geo_latitude = 1
  for (const one of [event, event.copy(), readTsv(writeTsv(event)) ?? event]) {
    const values = writeTsv(one).split('\t')
    assert.equal(values.length, columns.length)
    assert.equal(values[0], 'plain')
    assert.equal(values[columns.findIndex(([name]) => name === 'geo_city')], 'cd    e')
    assert.equal(values[columns.findIndex(([name]) => name === 'geo_latitude')], '1.0')
  }
})
