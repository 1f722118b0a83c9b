import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileJsonPath } from './index.ts'

const store = {
  book: [
    { title: 'Sayings', price: 8.95, isbn: null },
    { title: 'Sword', price: 12.99 },
    { title: 'Moby', price: 8.99, isbn: '0-553' },
  ],
  bicycle: { price: 19.95, 'frame.size': 55 },
}

function matches(path: string, value: unknown) {
  const compiled = compileJsonPath(path)
  if ('error' in compiled) throw new Error(compiled.error)
  return compiled.find(value)
}

const values = (path: string, value: unknown = { store }) => matches(path, value).map(match => match.value)

const prices = [8.95, 12.99, 8.99]

for (const [path, expected] of [
  ['$', [{ store }]],
  ['$.store.book[1].price', [12.99]],
  ['$.store.unicorns', []],
  ["$.store.['book'].[1].price", [12.99]],
  ["$['store']['bicycle']['price']", [19.95]],
  ['$.store.bicycle["frame.size"]', [55]],
  ["$.store.bicycle['price','frame.size','price']", [19.95, 55]],
  ['$.store.book[*].price', prices],
  ['$.store.book.*.price', prices],
  ['$.store.book.price', []],
  ['$.store.book[-1].price', [8.99]],
  ['$.store.book[0,2,-1].price', [8.95, 8.99]],
  ['$.store.book[1:].price', [12.99, 8.99]],
  ['$.store.book[:-1].price', [8.95, 12.99]],
  ['$.store.book[0:3:2].price', [8.95, 8.99]],
  ['$.store.book[9]', []],
  ['$..price', [...prices, 19.95]],
  ['$..book..price', prices],
  ['$.store..book[0].title', ['Sayings']],
  ["$..['price']", [...prices, 19.95]],
  ['$.store.book[?(@.price < 10)].title', ['Sayings', 'Moby']],
  ["$.store.book[?(@.title == 'Sword' || @['price'] >= 12.99)].price", [12.99]],
  ['$.store.book[?(@.isbn)].title', ['Sayings', 'Moby']],
  ['$.store.book[?(!(@.isbn))].title', ['Sword']],
  ['$.store.book[?(@.price > 8 && @.price < $.store.book[1].price)].title', ['Sayings', 'Moby']],
  ['$..[?(@.price == 8.99)].title', ['Moby']],
  ['$.store.bicycle[?(@.price > 1)].price', [19.95]],
] as const) {
  test(`${path} finds what Jayway finds`, () => assert.deepEqual(values(path), expected))
}

for (const path of [
  '',
  '.notJsonPath',
  '$a',
  '$$.a',
  '$.',
  '$..',
  '$.a[',
  "$['a",
  '$[a]',
  '$.a b',
  '$.length()',
  '$[?(@.a =~ /x/)]',
  '$[::0]',
  '$[?(@.a == )]',
  '$' + '.a'.repeat(2000),
  `$[?(${'('.repeat(100)}@.a${')'.repeat(100)})]`,
]) {
  test(`${path.slice(0, 30)} is refused`, () => assert.ok('error' in compileJsonPath(path)))
}

test('a scalar has nothing inside', () => {
  assert.deepEqual(values('$.store.book[2]', 'text'), [])
  assert.deepEqual(values('$..*', 7), [])
  assert.deepEqual(values('$.length', 'text'), [])
})

test('names that objects inherit are no members', () => {
  assert.deepEqual(values('$.constructor', {}), [])
  assert.deepEqual(values('$.__proto__', JSON.parse('{"__proto__":1}')), [1])
})

test('a match says where it is', () => {
  const [match] = matches('$..book[1].price', { store })
  assert.deepEqual(match?.path, ['store', 'book', 1, 'price'])
  assert.equal(match?.key, 'price')
  assert.equal(match?.container, store.book[1])
})

test('what a match found can be replaced in place', () => {
  const value = structuredClone(store)
  for (const { container, key } of matches('$.book[*].title', value)) {
    Reflect.set(Object(container), key ?? '', 'x')
  }
  assert.deepEqual(values('$.book[*].title', value), ['x', 'x', 'x'])
})

test('a path of many descents takes each place once, however deep the value', () => {
  let value: unknown = 1
  for (let level = 0; level < 5000; level++) value = [value]
  assert.equal(values('$..*..*..*..*..*', value).length, 4996)
})

test('a list of indices cannot multiply places', () => {
  const value = Array.from({ length: 30 }).reduce<unknown>(inner => [inner], 1)
  assert.equal(values('$' + '[0,-1]'.repeat(30), value).length, 1)
})
