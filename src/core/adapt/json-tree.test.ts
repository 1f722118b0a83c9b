import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJsonText } from '../validate/json-text.ts'
import { isObject, longOf, readTree, writeJson } from './json-tree.ts'

test('what is taken apart and put together again is the same text', () => {
  const json = fc.json({ maxDepth: 5 }).map(text => parseJsonText(text).text)
  fc.assert(fc.property(json, text => writeJson(readTree(text)) === text))
  for (const text of [
    '{"2":1.0,"1":[{},[],"\\u007f"],"__proto__":12345678901234567890}',
    '[[[1e400]]]',
    '"a"',
  ])
    assert.equal(writeJson(readTree(text)), text)
})

test('of a key that comes twice the last value stays', () => {
  const tree = readTree(parseJsonText('{"a":1,"b":2,"a":3}').text)
  assert.ok(isObject(tree) && tree.get('a') === '3')
})

test('a whole number is one however it is written, within a Long', () => {
  const whole = ['12', '"12"', '12.0', '1.2e1', '-9223372036854775808'].map(longOf)
  assert.deepEqual(whole, [12n, 12n, 12n, 12n, -9223372036854775808n])
  const none = ['9223372036854775808', '1.5', '"a"', 'null', 'true', '1e99', '[]'].map(token =>
    longOf(readTree(token)),
  )
  assert.deepEqual(none, [null, null, null, null, null, null, null])
})
