import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from './expectation.ts'

const same = (expected: unknown, actual: unknown): void => assert.equal(compare(expected, actual), null)
const other = (expected: unknown, actual: unknown): void => assert.notEqual(compare(expected, actual), null)

test('a plain value is compared as a whole; absent and null are one', () => {
  same({ equals: { a: [1, null], b: null } }, { a: [1, undefined] })
  other({ equals: { a: 1 } }, { a: 1, b: 2 })
  other({ equals: [1, 2] }, [1])
  other({ equals: '1' }, '2')
  other({ equals: null }, '')
})

test('texts that are JSON are compared as JSON, decimals as numbers', () => {
  same({ equals: '{"a":1,"b":2}' }, '{ "b":2.0, "a":1 }')
  other({ equals: '{"a":1}' }, '{"a":2}')
  same({ equals: 1.1 }, '1.10')
  other({ equals: 1.1 }, '')
})

test('a side must be the one that is expected', () => {
  same({ right: 1 }, { right: 1 })
  other({ right: 1 }, { left: 1 })
  same({ left: { any: true } }, { left: 'x' })
  other({ left: { any: true } }, { right: 'x' })
  same({ right: { some: 'x' } }, { right: 'x' })
  other({ right: { some: 'x' } }, { right: null })
})

test('of a shape only what is named counts', () => {
  same({ matches: { a: 1, b: [{ any: true }] } }, { a: 1, b: [7], c: 3 })
  other({ matches: { a: 1 } }, { a: 2 })
  other({ matches: [{ a: 1 }] }, [{ a: 1 }, { a: 1 }])
  same({ matches: { list_starts_with: [1] } }, [1, 2])
  other({ matches: { list_starts_with: [1, 2] } }, [1])
})

test('properties are paths, through lists and products', () => {
  const rows = [{ _type: 'Row', processor: 'p', messages: ['a', 'b'] }]
  same({ properties: { '0.1.head': { equals: 'a' }, 'last.messages.size': { equals: 2 } } }, rows)
  other({ properties: { '0.1.last': { equals: 'a' } } }, rows)
  same({ properties: { '': { size: 1, all: { processor: { equals: 'p' } } } } }, rows)
  other({ properties: { '': { all: { processor: { equals: 'q' } } } } }, rows)
  same({ properties: { '': { count: { processor: { equals: 'q' } }, is: 0 } } }, rows)
  same({ properties: { 'head.noSpaces': { contains: '"p"' } } }, rows)
})

test('texts and sizes', () => {
  same({ contains: 'b' }, 'abc')
  other({ not: { contains: 'b' } }, 'abc')
  other({ startsWith: 'b' }, 'abc')
  other({ size: 2 }, [1])
})

test('only the words of a third party may differ', () => {
  same({ left: 'invalid json: expected null got x' }, { left: 'invalid json: Unexpected token' })
  other({ left: 'invalid json: expected null got x' }, { left: 'Unexpected token' })
  other({ left: 'cannot be converted to Int' }, { left: 'cannot be converted to Double' })
})

const contexts = (...data: readonly unknown[]) => [
  { parameters: { co: JSON.stringify({ schema: 'contexts', data }) } },
]

test('the contexts of a raw event have no order', () => {
  const [a, b] = [{ schema: 'a', data: { x: 1, y: 2 } }, { schema: 'b' }]
  same({ valid: contexts(a, b) }, { valid: contexts(b, { data: { y: 2, x: 1 }, schema: 'a' }) })
  other({ valid: contexts(a, b) }, { valid: contexts(b, b) })
})
