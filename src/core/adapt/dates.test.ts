import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoDate, parseIsoDate, parseLong, reformatDate } from './dates.ts'

test('a vendor’s date becomes an ISO one, and what is none stays', () => {
  assert.equal(reformatDate('2014-11-04 09:42:31'), '2014-11-04T09:42:31.000Z')
  assert.equal(reformatDate('2014-1-4 9:2:1'), '2014-01-04T09:02:01.000Z')
  for (const text of [
    '',
    '2014-02-30 00:00:00',
    '2014-11-04 24:00:00',
    '2014-11-04T09:42:31',
    ' 2014-11-04 09:42:31',
  ])
    assert.equal(reformatDate(text), text)
})

test('an ISO date may have an offset, and lack what is small', () => {
  assert.equal(parseIsoDate('2015-11-13T16:31:52.393Z'), 1447432312393)
  assert.equal(parseIsoDate('2015-11-13T17:31:52.393456+01:00'), 1447432312393)
  assert.equal(parseIsoDate('2015-11-13T16:31:52'), 1447432312000)
  assert.equal(parseIsoDate('2015-11-13'), Date.UTC(2015, 10, 13))
  for (const text of ['', '2015-13-01', '2015-02-29T00:00:00Z', 'yesterday', '2015-11-13 16:31:52'])
    assert.equal(parseIsoDate(text), null)
})

test('a date of any year has a text', () => {
  assert.equal(isoDate(0), '1970-01-01T00:00:00.000Z')
  assert.equal(isoDate(1415709559000n * 1000n), '46832-01-19T07:16:40.000Z')
  assert.match(isoDate(9223372036854775807n * 1000n), /Z$/)
  assert.deepEqual([parseLong('+5'), parseLong('9223372036854775808'), parseLong('')], [5n, null, null])
})
