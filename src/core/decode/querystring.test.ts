import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseQuerystring, parseQuerystringLeniently } from './querystring.ts'

function parse(text: string): unknown {
  return parseQuerystring(text, 'UTF-8')
}

function errorOf(text: string): string {
  const parsed = parseQuerystring(text, 'UTF-8')
  return 'error' in parsed ? parsed.error : assert.fail(`${text} was accepted`)
}

test('names and values come in their order, duplicates included', () => {
  assert.deepEqual(parse('e=pv&e=pp&tv=js'), [
    ['e', 'pv'],
    ['e', 'pp'],
    ['tv', 'js'],
  ])
})

test('a name without an equals sign has no value, one with it has an empty one', () => {
  assert.deepEqual(parse('a&b='), [
    ['a', null],
    ['b', ''],
  ])
})

test('a value may hold equals signs; what has no name is dropped', () => {
  assert.deepEqual(parse('a=b=c&&=x&'), [['a', 'b=c']])
})

test('a semicolon separates too', () => {
  assert.deepEqual(parse('a=1;b=2'), [
    ['a', '1'],
    ['b', '2'],
  ])
})

test('a plus is a space, and escapes are bytes of the encoding', () => {
  assert.deepEqual(parse('a+b=%C3%A9%2b+%e4%b8%ad'), [['a b', 'é+ 中']])
  assert.deepEqual(parseQuerystring('a=%E9%80', 'ISO-8859-1'), [['a', 'é\u0080']])
  assert.deepEqual(parseQuerystring('a=%83A', 'Shift_JIS'), [['a', 'ア']])
  assert.deepEqual(parseQuerystring('a=%80x', 'us-ascii'), [['a', '\ufffdx']])
})

test('bytes that are no text become replacement characters', () => {
  assert.deepEqual(parse('a=%FFx%C3'), [['a', '\ufffdx\ufffd']])
})

test('characters beyond ASCII stand for themselves, beside escapes too', () => {
  assert.deepEqual(parse('é=中%C3%A9+ж'), [['é', '中é ж']])
})

test('an illegal character is refused as Java refuses it', () => {
  assert.equal(errorOf('a b'), 'Illegal character in query at index 19: http://localhost/?a b')
  for (const character of ' "<>\\^`{|}\u0000\u007f\u0085\u00a0\u2028\u3000') {
    assert.match(errorOf(`é${character}`), /^Illegal character in query at index 19:/, character)
  }
  assert.deepEqual(parse("[a]-_.!~*'():@/?$,"), [["[a]-_.!~*'():@/?$,", null]])
})

test('an escape must have two digits', () => {
  const expected = 'Malformed escape pair at index 21: http://localhost/?ab=%zz'
  assert.equal(errorOf('ab=%zz'), expected)
  assert.match(errorOf('a=%4'), /^Malformed escape pair at index 20:/)
})

test('a fragment is left out, but must be legal', () => {
  assert.deepEqual(parse('a=1#b=2'), [['a', '1']])
  assert.equal(errorOf('a#b#c'), 'Illegal character in fragment at index 21: http://localhost/?a#b#c')
})

test('an unknown encoding is refused', () => {
  assert.deepEqual(parseQuerystring('a=1', 'no-such'), { error: 'no-such' })
  assert.deepEqual(parseQuerystring('a=1', ' utf-8 '), { error: ' utf-8 ' })
})

test('leniently, what is illegal stands for itself', () => {
  assert.deepEqual(parseQuerystringLeniently('a b=%zz%C3%A9|&c=%4', 'no-such'), [
    ['a b', '%zzé|'],
    ['c', '%4'],
  ])
})

test('what URLSearchParams writes is read back', () => {
  const word = fc.string({ unit: 'grapheme' })
  const pairs = fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), word))
  fc.assert(
    fc.property(pairs, written => {
      assert.deepEqual(parse(new URLSearchParams(written).toString()), written)
    }),
  )
})

test('a long value is read as a short one is', () => {
  const value = 'é '.repeat(20_000)
  assert.deepEqual(parse(new URLSearchParams({ a: value, b: value }).toString()), [
    ['a', value],
    ['b', value],
  ])
})

test('any text has parameters or an error', () => {
  const anything = fc.oneof(
    fc.string({ unit: fc.nat(0xffff).map(code => String.fromCharCode(code)) }),
    fc.string({ unit: fc.constantFrom('a', '%', '&', '=', ';', '+', '#', '4', 'F', '中') }),
  )
  const encoding = fc.constantFrom('UTF-8', 'latin1', 'utf-16be', 'gb18030', 'iso-2022-jp', 'x')
  fc.assert(
    fc.property(anything, encoding, (text, encoding) => {
      const strict = parseQuerystring(text, encoding)
      const lenient = parseQuerystringLeniently(text, encoding)
      if (!('error' in strict)) assert.deepEqual(strict, lenient)
    }),
  )
})
