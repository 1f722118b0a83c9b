import assert from 'node:assert/strict'
import { test } from 'node:test'
import { membersOf, parseJson } from './json.ts'

test('only an object has members', () => {
  assert.deepEqual(membersOf({ a: 1 }), { a: 1 })
  for (const other of [['a'], 'a', 1, null, undefined]) assert.deepEqual(membersOf(other), {})
})

test('a text that is no JSON is undefined, and null is null', () => {
  assert.deepEqual(parseJson('{"a":[null]}'), { a: [null] })
  assert.equal(parseJson('null'), null)
  assert.equal(parseJson('{"a"'), undefined)
})
