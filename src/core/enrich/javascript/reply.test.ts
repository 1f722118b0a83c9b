import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnIndex } from '../../columns.ts'
import { readReply } from './reply.ts'

const reply = (value: object) => readReply(JSON.stringify(value))

test('a reply says what was set, thrown, dropped and erased', () => {
  const contexts = [{ schema: 'iglu:com.acme/a/jsonschema/1-0-0', data: { a: 1 }, more: 2 }]
  assert.deepEqual(reply({ contexts, changes: { [columnIndex.app_id]: 'x' }, dropped: true, error: 'no' }), {
    error: 'no',
    changes: [['app_id', 'x']],
    contexts: [{ schema: 'iglu:com.acme/a/jsonschema/1-0-0', data: { a: 1 } }],
    dropped: true,
    erased: false,
  })
})

for (const [name, value] of [
  ['a column that does not exist', { changes: { 131: 'x' } }],
  ['no number of a column', { changes: { app_id: 'x' } }],
  ['a fraction for a whole number', { changes: { [columnIndex.br_viewwidth]: 1.5 } }],
  ['a number that is too large', { changes: { [columnIndex.txn_id]: 2 ** 40 } }],
  ['a text for a number', { changes: { [columnIndex.txn_id]: '1' } }],
  ['a number for a text', { changes: { [columnIndex.app_id]: 1 } }],
  ['an object', { changes: { [columnIndex.app_id]: {} } }],
  ['a flag of 2', { changes: { [columnIndex.br_cookies]: 2 } }],
  ['a number that 32 bits cannot hold', { changes: { [columnIndex.geo_latitude]: 1e308 } }],
  ['a decimal that is none', { changes: { [columnIndex.tr_total]: 'x' } }],
  ['a decimal of blanks', { changes: { [columnIndex.tr_total]: ' \t' } }],
  ['a decimal that only JavaScript reads', { changes: { [columnIndex.tr_total]: '0x10' } }],
] as const) {
  test(`${name} is a fault`, () => assert.ok('fault' in reply(value)))
}

for (const text of ['', 'no json', '['.repeat(5000) + ']'.repeat(5000)]) {
  test(`${text.slice(0, 10)} is a fault`, () => assert.ok('fault' in readReply(text)))
}

test('what is no object at all asks for nothing', () => {
  assert.deepEqual(readReply('7'), {
    error: null,
    changes: [],
    contexts: [],
    dropped: false,
    erased: false,
  })
})

for (const [contexts, problem] of [
  [{ a: 1 }, /\[\{"a":1\}\] could be parsed as JSON but is not read as an array/],
  [
    [{ schema: 'iglu:a', data: {} }, 7],
    /error code:\[INVALID_IGLUURI\].*error code:\[INVALID_DATA_PAYLOAD\],json:\[7\]/,
  ],
] as const) {
  test(`${JSON.stringify(contexts)} are no contexts`, () => {
    const read = reply({ contexts })
    assert.ok('contexts' in read && 'problem' in read.contexts)
    assert.match(read.contexts.problem, problem)
  })
}
