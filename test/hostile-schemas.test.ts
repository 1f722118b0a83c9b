import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompiledSchema, compileSchema } from '../src/iglu/compile.ts'
import { schemaKey } from '../src/iglu/schema-key.ts'

// Whatever a schema is, compiling it and holding data against it take a known time.

const key = schemaKey('com.acme', 'event', '1-0-0')

function compiled(document: unknown): CompiledSchema {
  const schema = compileSchema(key, document)
  assert.equal(schema.schemaIssues, undefined)
  return schema
}

/** As deep as the data may be. */
function deep(levels: number, wrap: (inner: unknown) => unknown, leaf: unknown = 1): unknown {
  let data = leaf
  for (let level = 0; level < levels; level++) data = wrap(data)
  return data
}

/** The keyword of the issue that the data end with, which must not take long to find. */
function boundedVerdict(document: unknown, data: unknown): string | undefined {
  const schema = compiled(document)
  const before = process.cpuUsage()
  const [issue] = schema.validate(data)
  const { user, system } = process.cpuUsage(before)
  // Half a second at most on an idle machine.
  assert.ok(user + system < 5e6, `${user + system} µs for ${JSON.stringify(document).slice(0, 60)}`)
  return issue?.keyword
}

const self = { $ref: '#' }
const inField = { properties: { a: self } }

test('a schema that doubles at each level of the data ends in a clear refusal', () => {
  const fieldsWithin = deep(300, inner => ({ a: inner }))
  const listsWithin = deep(300, inner => [inner])
  const there = { $ref: '#/definitions/there' }
  const documents: [unknown, unknown][] = [
    [{ oneOf: [inField, inField] }, fieldsWithin],
    [{ anyOf: [{ allOf: [inField, inField, { type: 'null' }] }, inField] }, fieldsWithin],
    [{ allOf: [inField, inField] }, fieldsWithin],
    [{ not: { anyOf: [inField, inField] } }, fieldsWithin],
    [{ allOf: [{ items: self }, { items: self }] }, listsWithin],
    [{ patternProperties: { a: self, '.': self } }, fieldsWithin],
    [{ additionalProperties: self, dependencies: { a: { additionalProperties: self } } }, fieldsWithin],
    [{ ...there, definitions: { there: { allOf: [inField, { properties: { a: there } }] } } }, fieldsWithin],
    [doublingWithin(40), deep(50, inner => ({ a: inner }))],
    [
      { items: { $ref: '#/definitions/d0' }, definitions: doubling(10).definitions },
      Array.from({ length: 100_000 }, () => 1),
    ],
    [{ uniqueItems: true, items: self }, deep(400, inner => [1, inner], 'x'.repeat(500_000))],
  ]
  for (const [document, data] of documents)
    assert.equal(boundedVerdict(document, data), 'steps', JSON.stringify(document).slice(0, 60))
  const [issue] = compiled({ allOf: [inField, inField] }).validate(fieldsWithin)
  assert.match(issue?.message ?? '', /^\$: holding the data against the schema takes more than \d+ steps/)
})

test('thousands of small documents for such a schema take no longer than one large one', () => {
  const schema = compiled({ oneOf: [inField, inField] })
  const small = deep(30, inner => ({ a: inner }))
  const before = process.cpuUsage()
  for (let count = 0; count < 2000; count++) assert.equal(schema.validate(small)[0]?.keyword, 'steps')
  const { user, system } = process.cpuUsage(before)
  // Half a second at most on an idle machine.
  assert.ok(user + system < 5e6, `${user + system} µs`)
})

test('after data that took too many steps, others are judged as ever', () => {
  const schema = compiled({ type: 'object', allOf: [inField, inField] })
  assert.equal(schema.validate(deep(300, inner => ({ a: inner }))).length, 1)
  assert.equal(schema.validate({ a: { a: {} } }), schema.validate({}))
  assert.deepEqual(
    schema.validate({ a: 1 }).map(({ message }) => message),
    ['$.a: integer found, object expected'],
  )
})

test('a tree may be as large and as deep as an event can be', () => {
  const tree = { type: ['object', 'integer'], anyOf: [{ type: 'integer' }, { additionalProperties: self }] }
  assert.deepEqual(compiled(tree).validate(deep(480, inner => ({ a: inner }))), [])
  const wide = { list: Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [index, index])) }
  assert.deepEqual(compiled(tree).validate(wide), [])
})

test('many alternatives for many values end in a clear refusal', () => {
  const nulls = Array.from({ length: 990 }, () => ({ type: 'null' }))
  const ones = Array.from({ length: 300_000 }, () => 1)
  assert.equal(boundedVerdict({ items: { anyOf: [...nulls, { type: 'integer' }] } }, ones), 'steps')
})

test('long enumerations are asked quickly, and told quickly', () => {
  const values = Array.from({ length: 20_000 }, (_, a) => ({ a }))
  const others = Array.from({ length: 3000 }, (_, b) => ({ b }))
  assert.equal(boundedVerdict({ items: { not: { enum: values } } }, others), undefined)
  assert.equal(boundedVerdict({ items: { enum: values } }, others), 'enum')
  const found = compiled({ items: { enum: values.map(({ a }) => `value ${a}`) } }).validate(others)
  assert.ok(JSON.stringify(found).length < 2_000_000)
  assert.deepEqual(compiled({ enum: [{ a: 1, b: [null] }] }).validate({ b: [null], a: 1 }), [])
  assert.equal(compiled({ enum: [null] }).validate(JSON.parse('1e400')).length, 1)
})

test('a fault that lies deep within long names is told in a known time', () => {
  const data = deep(100, inner => ({ ['k'.repeat(1000)]: inner }), Array(600).fill(1))
  assert.equal(boundedVerdict({ additionalProperties: self, items: { type: 'null' } }, data), 'schema')
})

test('patterns that each reach their deadline end in a clear refusal', () => {
  const text = `${'a'.repeat(40)}!`
  const rule = { items: { not: { pattern: '^(?=a)(a+)+$' } } }
  assert.equal(boundedVerdict(rule, Array(1000).fill(text)), 'steps')
})

test('patterns with many states for long texts end in a clear refusal', () => {
  const texts = Array.from({ length: 200 }, (_, index) => 'ab'.repeat(1000 + index))
  assert.equal(boundedVerdict({ items: { not: { pattern: '^(a?b?){500}(b?a?){400}x$' } } }, texts), 'steps')
})

function nested(keyword: string, width: number, levels: number): unknown {
  if (levels === 0) return { type: 'string' }
  return { [keyword]: Array.from({ length: width }, () => nested(keyword, width, levels - 1)) }
}

function fields(count: number, rule: unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, rule]))
}

function chain(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let document: unknown = {}
  for (let level = 0; level < levels; level++) document = wrap(document)
  return document
}

/** Each definition refers twice to the next. */
function doubling(levels: number): { readonly definitions: Record<string, unknown>; readonly $ref: string } {
  const definitions = Array.from({ length: levels }, (_, level) => {
    const next = { $ref: `#/definitions/d${level + 1}` }
    return [`d${level}`, level === levels - 1 ? {} : { allOf: [next, next] }]
  })
  return { $ref: '#/definitions/d0', definitions: Object.fromEntries(definitions) }
}

/** The same, one level of the data apart. */
function doublingWithin(levels: number): unknown {
  const definitions = Array.from({ length: levels }, (_, level) => {
    const next = { $ref: `#/definitions/d${level + 1}` }
    return [`d${level}`, level === levels - 1 ? {} : { properties: { a: { allOf: [next, next] } } }]
  })
  return { $ref: '#/definitions/d0', definitions: Object.fromEntries(definitions) }
}

test('schemas that would keep the compiler or the validator busy are refused', () => {
  const started = performance.now()
  for (const [index, document] of [
    nested('anyOf', 3, 9),
    nested('oneOf', 3, 7),
    fields(100_000, 1),
    { properties: fields(1001, {}) },
    chain(3000, inner => ({ allOf: [inner] })),
    chain(100_000, inner => ({ not: inner })),
    { enum: [chain(100_000, inner => [inner])] },
    doubling(40),
    { $ref: '#' },
    { anyOf: [{ $ref: '#' }] },
    { pattern: 'a?'.repeat(10_000) },
    { patternProperties: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`a${index}`, {}])) },
  ].entries()) {
    const [issue] = compileSchema(key, document).schemaIssues ?? []
    assert.ok(issue !== undefined, String(index))
  }
  assert.ok(performance.now() - started < 5000)
})

test('the largest schemas that are allowed compile in a known time', () => {
  const rule = { type: ['string', 'null'], format: 'uri', minLength: 1, maxLength: 2, enum: ['a', null, {}] }
  const shape = {
    type: 'object',
    properties: fields(30, rule),
    required: ['field1'],
    additionalProperties: false,
  }
  for (const document of [
    nested('anyOf', 3, 5),
    nested('oneOf', 2, 8),
    nested('anyOf', 30, 2),
    { properties: fields(990, rule), required: Object.keys(fields(990, rule)), additionalProperties: false },
    { anyOf: Array.from({ length: 30 }, () => shape) },
    { items: Array.from({ length: 990 }, () => rule), additionalItems: false },
    { dependencies: fields(490, { required: ['a'], properties: { a: rule } }) },
    { ...doubling(8), properties: fields(480, { $ref: '#/definitions/d0' }) },
    doubling(10),
    chain(60, inner => ({ properties: { a: inner } })),
    {
      properties: Object.fromEntries(
        Array.from({ length: 190 }, (_, index) => [index, { pattern: `^(a*b${index})+$` }]),
      ),
    },
  ]) {
    const before = process.cpuUsage()
    compiled(document).validate({})
    const { user, system } = process.cpuUsage(before)
    const ms = (user + system) / 1000
    // Some 0.5 s on an idle machine.
    assert.ok(ms < 5000, `${ms} ms for ${JSON.stringify(document).slice(0, 60)}`)
  }
})
