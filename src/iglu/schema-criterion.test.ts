import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesCriterion, parseCriterion } from './schema-criterion.ts'
import { schemaKey } from './schema-key.ts'

function matches(criterion: string, version: string, vendor = 'com.acme'): boolean {
  const parsed = parseCriterion(`iglu:com.acme/event/jsonschema/${criterion}`)
  assert.ok(parsed, criterion)
  return matchesCriterion(parsed, schemaKey(vendor, 'event', version))
}

test('a star stands for any number, and a number for itself', () => {
  assert.ok(matches('1-0-*', '1-0-7'))
  assert.ok(matches('*-*-*', '3-2-1'))
  assert.ok(matches('1-0-0', '1-0-0'))
  assert.ok(!matches('1-0-*', '1-1-0'))
  assert.ok(!matches('1-0-0', '1-0-1'))
  assert.ok(!matches('1-0-*', '1-0-0', 'com.other'))
})

test('a text of another shape is no criterion', () => {
  for (const text of ['', 'iglu:com.acme/event/jsonschema/1-0', 'iglu:com.acme/*/jsonschema/1-0-0']) {
    assert.equal(parseCriterion(text), undefined)
  }
})
