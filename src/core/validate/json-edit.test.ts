import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addEdit, editJson, type JsonEdits } from './json-edit.ts'

function edit(text: string, ...edits: readonly (readonly [readonly (string | number)[], string])[]): string {
  const all: JsonEdits = new Map()
  for (const [path, value] of edits) addEdit(all, path, value)
  return editJson(text, all)
}

test('what is not edited keeps its own text', () => {
  const text = String.raw`{"b":[1.0,{"a\u0080":"\"","c":1e5}],"1":null,"a":{}}`
  assert.equal(edit(text, [['b', 1, 'c'], '2']), text.replace('1e5', '2'))
  assert.equal(edit(text, [['a'], '"x"']), text.replace('{}', '"x"'))
})

test('the later of two edits of one place stands', () => {
  assert.equal(edit('[1,2]', [[0], '3'], [[0], '4']), '[4,2]')
})

test('an edit of a place that is not there does nothing', () => {
  assert.equal(edit('{"a":[1]}', [['a', 7], '2'], [['b'], '3']), '{"a":[1]}')
})
