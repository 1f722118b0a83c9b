import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareVersions, parseSchemaKey, parseSelfDescribing } from './schema-key.ts'

const uri = 'iglu:com.acme/link-click_2/jsonschema/1-0-12'

test('a URI gives its parts, and the same object each time', () => {
  const key = parseSchemaKey(uri)
  assert.deepEqual(key, {
    vendor: 'com.acme',
    name: 'link-click_2',
    format: 'jsonschema',
    version: '1-0-12',
    uri,
  })
  assert.equal(parseSchemaKey(uri), key)
})

test('a text of another shape is an invalid URI', () => {
  for (const text of [
    '',
    'iglu:',
    'com.acme/event/jsonschema/1-0-0',
    'iglu:com.acme/event/jsonschema/1-0',
    'iglu:com.acme/event/jsonschema/1-0-0\n',
    'iglu:com.acme/ev ent/jsonschema/1-0-0',
    'iglu:com.acme/event.x/jsonschema/1-0-0',
    'iglu:com.acme/event/jsonschema/1-?-?',
    'IGLU:com.acme/event/jsonschema/1-0-0',
    'iglu:com.acme//jsonschema/1-0-0',
  ]) {
    assert.equal(parseSchemaKey(text), 'INVALID_IGLUURI', text)
  }
})

test('three numbers that are no version are an invalid version', () => {
  for (const version of ['0-0-0', '01-0-0', '1-00-0', '--', '1--0', '1-0-99999999999']) {
    assert.equal(parseSchemaKey(`iglu:com.acme/event/jsonschema/${version}`), 'INVALID_SCHEMAVER', version)
  }
})

test('versions are ordered as numbers', () => {
  assert.ok(compareVersions('1-0-10', '1-0-9') > 0)
  assert.ok(compareVersions('1-9-0', '2-0-0') < 0)
  assert.equal(compareVersions('1-0-0', '1-0-0'), 0)
})

test('a self-describing JSON falls into schema and data, whatever else it has', () => {
  const parsed = parseSelfDescribing({ schema: uri, data: null, more: 1 })
  assert.deepEqual(parsed, { schema: parseSchemaKey(uri), data: null })
})

test('what is not self-describing says why', () => {
  const cases: [unknown, string][] = [
    [null, 'INVALID_DATA_PAYLOAD'],
    ['text', 'INVALID_DATA_PAYLOAD'],
    [[], 'INVALID_DATA_PAYLOAD'],
    [{}, 'INVALID_DATA_PAYLOAD'],
    [{ schema: 3, data: {} }, 'INVALID_DATA_PAYLOAD'],
    [{ schema: uri }, 'INVALID_DATA_PAYLOAD'],
    [{ schema: 'com.acme', data: {} }, 'INVALID_IGLUURI'],
    [{ schema: 'com.acme' }, 'INVALID_IGLUURI'],
    [{ schema: 'iglu:com.acme/event/jsonschema/0-0-0', data: {} }, 'INVALID_SCHEMAVER'],
  ]
  for (const [json, error] of cases) assert.equal(parseSelfDescribing(json), error, JSON.stringify(json))
})
