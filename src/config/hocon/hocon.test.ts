import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HoconError, parseHocon } from './index.ts'

const parse = (text: string, environment: Record<string, string> = {}) =>
  parseHocon(text, { file: 'a.conf', environment }).value

const meanings: [name: string, text: string, meaning: unknown][] = [
  [
    'JSON is HOCON',
    '{"a": [1, 2.5, "x", true, null], "b": {"c": -1e3}}',
    { a: [1, 2.5, 'x', true, null], b: { c: -1000 } },
  ],
  [
    'braces, commas and quotes may go',
    'a = 1\nb : two words\nc { d = true }',
    { a: 1, b: 'two words', c: { d: true } },
  ],
  ['comments', '# one\na = 1 # two\n// three\nb = "x#y//z" // four', { a: 1, b: 'x#y//z' }],
  ['a dotted key is a path', 'a.b.c = 1, a.b.d = 2', { a: { b: { c: 1, d: 2 } } }],
  ['a quoted key is one name', '"a.b".c = 1', { 'a.b': { c: 1 } }],
  ['white space inside a key belongs to it', ' a b = 1', { 'a b': 1 }],
  [
    'objects merge, the later field wins',
    'a { b = 1, c = 1 }\na { c = 2, d = 3 }',
    { a: { b: 1, c: 2, d: 3 } },
  ],
  ['a value that is no object hides what was before', 'a { b = 1 }\na = 2\na { c = 3 }', { a: { c: 3 } }],
  ['a substitution takes the final value', 'a = ${b}\nb = 1\nb = 2', { a: 2, b: 2 }],
  [
    'a substitution keeps its type alone and becomes text beside text',
    'a = 1.50\nb = ${a}\nc = ${a}x',
    { a: 1.5, b: 1.5, c: '1.50x' },
  ],
  ['an absent optional substitution leaves no field', 'a = ${?nothing}\nb = x${?nothing}y', { b: 'xy' }],
  ['an absent optional substitution keeps the default', 'a = 1\na = ${?nothing}', { a: 1 }],
  ['lists join', 'a = [1] [2]\nb = ${a} [3]', { a: [1, 2], b: [1, 2, 3] }],
  ['objects join', 'a { x = 1 }\nb = ${a} { y = 2 }', { a: { x: 1 }, b: { x: 1, y: 2 } }],
  ['+= appends, also to nothing', 'a += 1\na += 2\nb { c = [0] }\nb.c += 1', { a: [1, 2], b: { c: [0, 1] } }],
  [
    'a field may extend itself',
    'path = "a"\npath = ${path}":b"\nl = [1]\nl = ${l} [2]',
    { path: 'a:b', l: [1, 2] },
  ],
  [
    'a field may look into its own object',
    'bar { foo = 42, baz = ${bar.foo} }\nbar { foo = 43 }',
    { bar: { foo: 43, baz: 43 } },
  ],
  ['an object may extend its earlier self', 'a { x = 1 }\na = ${a} { y = ${a.x} }', { a: { x: 1, y: 1 } }],
  ['what is hidden is not looked at', 'a = ${nothing}\na = 1', { a: 1 }],
  ['triple quotes keep everything', 'a = """x "y"\n\\z""""', { a: 'x "y"\n\\z"' }],
  ['values may begin on the next line', 'a =\n  {\n    b = 1\n  }', { a: { b: 1 } }],
  ['durations are text until somebody asks', 'a = 10 seconds', { a: '10 seconds' }],
  [
    'lists may end with a comma and hold objects',
    'a = [\n  { b = 1 }\n  { b = 2 },\n]',
    { a: [{ b: 1 }, { b: 2 }] },
  ],
  ['__proto__ is a name like any other', '{"__proto__": {"x": 1}}', JSON.parse('{"__proto__": {"x": 1}}')],
  ['a byte order mark is no text', '\uFEFFa = 1', { a: 1 }],
  ['windows line ends', 'a = 1\r\nb = x y\r\n', { a: 1, b: 'x y' }],
  ['an empty text is an empty object', ' # nothing\n', {}],
]

for (const [name, text, meaning] of meanings) test(name, () => assert.deepEqual(parse(text), meaning))

test('the environment stands behind the text', () => {
  const environment = { PORT: '9090', a: 'not this' }
  assert.deepEqual(parse('a = 1\nb = ${a}\nc = ${PORT}\nd = 5\nd = ${?PORT}', environment), {
    a: 1,
    b: 1,
    c: '9090',
    d: '9090',
  })
})

const refusals: [name: string, text: string, message: RegExp][] = [
  [
    'an unset variable names its line and the way out',
    'a = 1\nb = ${NOPE}',
    /^a\.conf:2: \$\{NOPE\} is not set; set the environment variable NOPE/,
  ],
  ['a circle', 'a = ${b}\nb = ${a}', /refers to itself/],
  ['an object inside itself', 'a { b = ${a} }', /refers to itself/],
  ['a key without a value', 'a = 1\nb', /^a\.conf:2: found the end, expected/],
  ['an unclosed brace', 'a { b = 1', /found the end, expected `}`/],
  ['an unclosed list', 'a = [1', /found the end, expected `\]`/],
  ['an unclosed text', 'a = "x\nb = 1', /^a\.conf:1: a quoted text does not end on its line/],
  ['a colon in bare text', 'a = http://x', /found `:`, expected the end of this value; put quotes around/],
  ['a bad escape', 'a = "\\q"', /escape/],
  ['two commas', 'a = [1,,2]', /between two commas/],
  ['text joined with an object', 'a = x {b = 1}', /is a comma or a new line missing/],
  ['text after the root', '{a = 1} b', /expected the end of the file/],
  ['an include where there are no files', 'include "b.conf"', /cannot include files/],
  ['an include over the network', 'include url("http://x/b.conf")', /only files can be included/],
]

for (const [name, text, message] of refusals)
  test(`refused: ${name}`, () => assert.throws(() => parse(text), { name: 'HoconError', message }))

const doubling = (line: (i: number) => string) => Array.from({ length: 60 }, (_, i) => line(i)).join('\n')

const bombs: [name: string, text: string][] = [
  ['text that doubles', `a0 = lol\n${doubling(i => `a${i + 1} = \${a${i}}\${a${i}}`)}`],
  ['lists that double', `a0 = [1]\n${doubling(i => `a${i + 1} = \${a${i}} \${a${i}}`)}`],
  ['objects that double', `a0 { x = 1 }\n${doubling(i => `a${i + 1} { x = \${a${i}}, y = \${a${i}} }`)}`],
  ['a million braces', '{"a":'.repeat(1e6 / 8)],
  ['a million brackets', `a = ${'['.repeat(1e6)}`],
  ['a path of a million names', `${'a.'.repeat(5e5)}a = 1`],
  ['a long chain', Array.from({ length: 5000 }, (_, i) => `a${i} = \${a${i + 1}}`).join('\n')],
  ['one field, many times', 'a = ${?x}\n'.repeat(1e5)],
  ['a huge text', `a = ${'x'.repeat(5e6)}`],
]

for (const [name, text] of bombs) {
  test(`${name}: refused soon`, () => {
    const started = performance.now()
    assert.throws(() => parse(text), HoconError)
    assert.ok(performance.now() - started < 3000)
  })
}

test('many objects in one field merge without trouble', () => {
  assert.deepEqual(parse('a { b = 1 }\n'.repeat(5e4)), { a: { b: 1 } })
})

test('included files are merged in place, relative to where they stand', () => {
  const files: Record<string, string> = { 'b.conf': 'x = 1\ny = ${x}\nz = ${top}' }
  const { value } = parseHocon('top = 7\nin { include "b.conf", x = 2 }\ninclude "gone.conf"', {
    file: 'a.conf',
    readInclude: name => {
      const text = files[name]
      return text === undefined ? undefined : { file: name, text }
    },
  })
  assert.deepEqual(value, { top: 7, in: { x: 2, y: 2, z: 7 } })
})

test('files that include each other are refused', () => {
  const text = 'include "a.conf"'
  const options = { file: 'a.conf', readInclude: () => ({ file: 'a.conf', text }) }
  assert.throws(() => parseHocon(text, options), /is it a circle/)
})

test('a required include must be there', () => {
  const options = { file: 'a.conf', readInclude: () => undefined }
  assert.throws(() => parseHocon('include required("b.conf")', options), /there is no file "b.conf"/)
})

test('every field knows its line', () => {
  const document = parseHocon('a {\n  b = 1\n\n  c = [\n    { d = 1 }\n  ]\n}', { file: 'a.conf' })
  assert.equal(document.placeOf(['a', 'b']).line, 2)
  assert.equal(document.placeOf(['a', 'c', 0, 'd']).line, 5)
  assert.equal(document.placeOf(['a', 'nothing']).line, 1)
})

test('whatever JSON can say, HOCON reads the same', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), value => {
      const text = JSON.stringify(value)
      assert.deepEqual(parse(text), JSON.parse(text))
    }),
  )
})

test('random text gives a value or a HoconError, nothing else', () => {
  const piece = fc.constantFrom(
    'a',
    '.',
    '=',
    '+=',
    '{',
    '}',
    '[',
    ']',
    '"',
    '"""',
    '${',
    '${?',
    ',',
    '\n',
    ' ',
    '1',
    '//',
    '#',
    'include ',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), pieces => {
      try {
        parse(pieces.join(''))
      } catch (error) {
        assert.ok(error instanceof HoconError, String(error))
      }
    }),
    { numRuns: 3000 },
  )
})
