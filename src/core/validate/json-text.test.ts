import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJsonText } from './json-text.ts'

function compact(text: string): string {
  const parsed = parseJsonText(text)
  if ('error' in parsed) assert.fail(parsed.error)
  return parsed.text
}

test('a compact text is passed on as it is', () => {
  const text = '{"schema":"iglu:a/b/jsonschema/1-0-0","data":[{"x":[1,true,null,"é \\"q\\" \\n"]},{},[]]}'
  assert.equal(compact(text), text)
})

test('space goes outside strings and stays inside', () => {
  assert.equal(
    compact(' { "a b" : [ 1 , { } , [ ] , "c  d" ] ,\r\n\t"e" : null } '),
    '{"a b":[1,{},[],"c  d"],"e":null}',
  )
})

test('numbers keep their digits', () => {
  const numbers = '[1.0,12345678901234567890,1e3,1E-5,-0,-0.0,0.10,1e400]'
  assert.equal(compact(numbers), numbers)
  assert.equal(compact(`{ "n": ${numbers} }`), `{"n":${numbers}}`)
})

test('a number that is shorter than it might be hides no space and no key', () => {
  assert.equal(compact('[1e3 ]'), '[1e3]')
  assert.equal(compact('[1e2]'), '[1e2]')
  assert.equal(compact('[12e2 ,100]'), '[12e2,100]')
  assert.equal(compact('[1e9,{"a":1,"a":1}]'), '[1e9,{"a":1}]')
  assert.equal(compact('[1e5,-0 ,1.0]'), '[1e5,-0,1.0]')
  assert.equal(
    compact('[0,7,10,99,100,101,1000,1200,999999999999,1000000000001,999999999999999,-12] '),
    '[0,7,10,99,100,101,1000,1200,999999999999,1000000000001,999999999999999,-12]',
  )
})

test('keys keep their order, those that look like an index too', () => {
  assert.equal(compact('{"b":1,"2":{"z":1,"1":2},"a":3}'), '{"b":1,"2":{"z":1,"1":2},"a":3}')
  assert.equal(compact('{"b":1, "\\u0032":2}'), '{"b":1,"2":2}')
})

test('only the escapes that JSON needs remain', () => {
  assert.equal(
    compact('"\\/ \\u00e9 \\u20AC \\b\\f\\n\\r\\t \\" \\\\ \\u0041"'),
    '"/ é € \\b\\f\\n\\r\\t \\" \\\\ A"',
  )
  assert.equal(compact('"\\u0001 \\u001F \\u0009"'), '"\\u0001 \\u001f \\t"')
  assert.equal(compact('"\\ud83d\\ude00"'), '"😀"')
})

test('control characters and lone surrogates are escaped', () => {
  assert.equal(compact('"\x7f\x85"'), '"\\u007f\\u0085"')
  assert.equal(compact('[1.0,"\x7f\x85"]'), '[1.0,"\\u007f\\u0085"]')
  assert.equal(compact('"\\ud800"'), '"\\ud800"')
  assert.equal(compact('"\ud800"'), '"\\ud800"')
})

test('of a key that comes twice the first place and the last value stay', () => {
  for (const text of ['{"a":1,"b":2,"a":3}', '{"a":1,"b":2,"\\u0061":3}', '{"a":1.0,"b":2,"a":3}'])
    assert.equal(compact(text), '{"a":3,"b":2}')
  assert.equal(compact('{"a":2.0,"a":{"x":1.0},"b":0}'), '{"a":{"x":1.0},"b":0}')
})

test('__proto__ is a key like any other', () => {
  assert.equal(compact('{"__proto__":{"a":1},"__proto__":2}'), '{"__proto__":2}')
  assert.equal(compact('{"__proto__":{"a":1.0},"__proto__":2.0}'), '{"__proto__":2.0}')
})

test('JSON that is too deep is refused without harm', () => {
  assert.ok(!('error' in parseJsonText('[[1]]', 2)))
  assert.deepEqual(parseJsonText('[[1]]', 1), { text: '[[1]]', error: 'deeper than 1 levels' })
  const bomb = '['.repeat(5_000_000) + ']'.repeat(5_000_000)
  assert.ok('error' in parseJsonText(bomb, 40))
})

test('what is not JSON is an error', () => {
  for (const text of ['', 'foo', '{"a":foo}', '{"a":1}}', "{'a':1}", '[1,]', '\ufeff{}', '"\t"'])
    assert.ok('error' in parseJsonText(text), text)
})

// JSON as other programs write it: any space, any escape, any spelling of numbers, keys twice.
const space = fc.constantFrom('', '', ' ', '\n', '\t\r ')
const character = fc.oneof(
  fc.constantFrom(
    'a',
    '1',
    '0',
    '_',
    'é',
    '😀',
    '\\"',
    '\\\\',
    '\\/',
    '\\n',
    '\\u0041',
    '\\u001f',
    '\\ud800',
    '\x7f',
  ),
  fc.string({ minLength: 1, maxLength: 1 }).map(text => JSON.stringify(text).slice(1, -1)),
)
const stringText = fc.array(character, { maxLength: 4 }).map(parts => `"${parts.join('')}"`)
// V8 13.6: after {"a":1,"\\":1}, JSON.parse takes a key in that place that is one escape ("\n") for a backslash.
const keyText = stringText.filter(text => !text.endsWith(String.raw`\\"`))
const numberText = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '1.0',
    '1E5',
    '2e3',
    '1e9',
    '2e-7',
    '100',
    '1.5e1',
    '12345678901234567890',
    '0.1',
    '1e400',
  ),
  fc.integer().map(String),
)
const { jsonText } = fc.letrec<{ jsonText: string }>(tie => ({
  jsonText: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('true', 'false', 'null'),
    numberText,
    stringText,
    list(tie('jsonText'), '[', ']'),
    list(
      fc.tuple(keyText, space, space, tie('jsonText')).map(([key, a, b, value]) => `${key}${a}:${b}${value}`),
      '{',
      '}',
    ),
  ),
}))

function list(member: fc.Arbitrary<string>, open: string, close: string): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(space, member, space), { maxLength: 4 })
    .map(members => `${open}${members.map(parts => parts.join('')).join(',')}${close}`)
}

test('compact text has the value of the text it came from, and is compact', () => {
  fc.assert(
    fc.property(jsonText, text => {
      const compacted = compact(text)
      assert.deepEqual(JSON.parse(compacted), JSON.parse(text))
      assert.equal(compact(compacted), compacted)
      assert.equal(/[ \t\r\n]/.test(compacted.replace(/"(?:[^"\\]|\\.)*"/g, '')), false)
    }),
    { numRuns: 2000 },
  )
})

test('a text is compacted alike whether its length tells that it is compact or a scan does', () => {
  fc.assert(
    fc.property(jsonText, text => {
      assert.equal(compact(compact(text)), compact(`${compact(text)} `))
      assert.equal(compact(text), compact(`${text} `))
    }),
    { numRuns: 2000 },
  )
})

test('the text of a JavaScript value is compact already', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const text = JSON.stringify(value)
      assert.equal(
        compact(text),
        text.replace(/[\x7f-\x9f]/g, c => `\\u00${c.charCodeAt(0).toString(16)}`),
      )
    }),
  )
})

test('the time a text takes grows with its length only', () => {
  const member = '"k": [1.0, "\\u00e9", {"a": 1, "a": 2}]'
  const started = performance.now()
  assert.ok(compact(`{${Array.from({ length: 100_000 }, () => member).join(', ')}}`).length < 100)
  assert.ok(performance.now() - started < 5000)
})
