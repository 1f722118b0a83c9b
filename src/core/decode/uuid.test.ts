import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readUuid } from './uuid.ts'

test('a canonical UUID stays as it is', () => {
  assert.equal(readUuid('75a13583-5c99-40e3-81fc-541084dfc784'), '75a13583-5c99-40e3-81fc-541084dfc784')
})

test('upper case and missing zeros are made good, as on the JVM', () => {
  assert.equal(readUuid('75A13583-5C99-40E3-81FC-541084DFC784'), '75a13583-5c99-40e3-81fc-541084dfc784')
  assert.equal(readUuid('1-2-3-4-5'), '00000001-0002-0003-0004-000000000005')
  assert.equal(readUuid('123456789-2-3-4-5'), '23456789-0002-0003-0004-000000000005')
})

test('anything else is none', () => {
  for (const text of [
    '',
    'x',
    '75a13583-5c99-40e3-81fc',
    '1-2-3-4-g',
    '1-2-3-4-5-6',
    `${'1'.repeat(30)}-2-3-4-5`,
  ]) {
    assert.equal(readUuid(text), null, text)
  }
})
