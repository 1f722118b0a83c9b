import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompiledSchema, compileSchema } from './compile.ts'
import { schemaKey } from './schema-key.ts'

const key = schemaKey('com.acme', 'event', '1-0-0')

function compiled(document: unknown): CompiledSchema {
  const schema = compileSchema(key, document)
  assert.equal(schema.schemaIssues, undefined)
  return schema
}

/** Message and targets of each issue. */
function messages(document: unknown, data: unknown): readonly string[] {
  return compiled(document)
    .validate(data)
    .map(({ message, targets }) => `${message} <${targets.join('|')}>`)
}

function schemaMessages(document: unknown): readonly string[] {
  return compileSchema(key, document).schemaIssues?.map(({ message }) => message) ?? []
}

test('valid data share one empty list', () => {
  const schema = compiled({ type: 'object' })
  assert.equal(schema.validate({}), schema.validate({ a: 1 }))
  assert.equal(schema.check({}), undefined)
})

test('issues read as in Snowplow: another type', () => {
  assert.deepEqual(compiled({ type: 'array' }).check({}), {
    error: 'ValidationError',
    dataReports: [
      {
        message: '$: object found, array expected',
        path: '$',
        keyword: 'type',
        targets: ['object', 'array'],
      },
    ],
  })
})

test('issues read as in Snowplow: missing fields of an item', () => {
  const schema = compiled({ type: 'array', items: { properties: { tv: {} }, required: ['tv', 'p', 'e'] } })
  assert.deepEqual(schema.validate([{ tv: 'ios' }]), [
    { message: '$[0].p: is missing but it is required', path: '$[0]', keyword: 'required', targets: ['p'] },
    { message: '$[0].e: is missing but it is required', path: '$[0]', keyword: 'required', targets: ['e'] },
  ])
})

test('issues read as in Snowplow: every other keyword', () => {
  const cases: [object, unknown, string][] = [
    [
      { type: ['string', 'null'] },
      1,
      '$: integer found, but [string, null] is required <integer|[string, null]>',
    ],
    [
      { enum: ['a', 1, null] },
      'b',
      '$: does not have a value in the enumeration [a, 1, null] <[a, 1, null]>',
    ],
    [{ maxLength: 2 }, '😀😀😀', '$: may only be 2 characters long <2>'],
    [{ minLength: 2 }, '😀', '$: must be at least 2 characters long <2>'],
    [{ maximum: 5 }, 6, '$: must have a maximum value of 5 <5>'],
    [{ minimum: 5, exclusiveMinimum: true }, 5, '$: must have a minimum value of 5 <5>'],
    [{ maxItems: 1 }, [1, 2], '$: there must be a maximum of 1 items in the array <1>'],
    [{ minItems: 1 }, [], '$: there must be a minimum of 1 items in the array <1>'],
    [{ maxProperties: 1 }, { a: 1, b: 2 }, '$: may only have a maximum of 1 properties <1>'],
    [{ minProperties: 1 }, {}, '$: should have a minimum of 1 properties <1>'],
    [{ multipleOf: 2 }, 3, '$: must be multiple of 2.0 <2.0>'],
    [{ pattern: '^a' }, 'b', '$: does not match the regex pattern ^a <^a>'],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      '$: the items in the array must be unique <>',
    ],
    [{ items: [{}], additionalItems: false }, [1, 2], '$[1]: no validator found at this index <1>'],
    [{ dependencies: { a: ['b'] } }, { a: 1 }, '$: has an error with dependencies [b] <[b]>'],
    [
      { not: { type: 'null' } },
      null,
      '$: should not be valid to the schema {"type":"null"} <{"type":"null"}>',
    ],
    [{ format: 'date' }, '2023', '$: 2023 is an invalid date <2023|date>'],
    [{ format: 'uuid' }, 'x', '$: x is an invalid uuid <x|uuid>'],
    [
      { properties: { a: { properties: {}, additionalProperties: false } } },
      { a: { 'b c': 1 } },
      '$.a.b c: is not defined in the schema and the schema does not allow additional properties <b c>',
    ],
    [
      { patternProperties: { '^a': { type: 'null' } } },
      { ab: 1 },
      '$.ab: integer found, null expected <integer|null>',
    ],
    [{ anyOf: [{ type: 'null' }] }, 1, '$: should be valid to any of the schemas null <null>'],
    [
      { allOf: [{ $ref: '#/definitions/a' }], definitions: { a: { minimum: 2 } } },
      1,
      '$: must have a minimum value of 2 <2>',
    ],
    [
      { oneOf: [{ minimum: 1 }, { maximum: 3 }] },
      2,
      '$: should be valid to one and only one of schema, but more than one are valid: {"minimum":1}{"maximum":3} <{"minimum":1}{"maximum":3}>',
    ],
  ]
  for (const [document, data, expected] of cases) assert.deepEqual(messages(document, data), [expected])
})

test('all faults are told: those of fields first, then by the name of the keyword, none twice', () => {
  const document = {
    required: ['a', 'b'],
    maxProperties: 1,
    additionalProperties: false,
    properties: { a: { type: 'string' }, b: {}, c: {} },
  }
  assert.deepEqual(messages(document, { a: 1, x: 1 }), [
    '$.a: integer found, string expected <integer|string>',
    '$.b: is missing but it is required <b>',
    '$.x: is not defined in the schema and the schema does not allow additional properties <x>',
    '$: may only have a maximum of 1 properties <1>',
  ])
})

test('one of several shapes: missing fields are not told when something else is wrong', () => {
  const document = { oneOf: [{ required: ['a'] }, { properties: { b: { type: 'null' } }, required: ['b'] }] }
  assert.deepEqual(messages(document, { b: 1 }), ['$.b: integer found, null expected <integer|null>'])
})

test('names of Object.prototype are like any other', () => {
  assert.deepEqual(messages({ properties: { constructor: { type: 'string' } } }, {}), [])
  assert.deepEqual(messages({ required: ['toString'] }, {}), [
    '$.toString: is missing but it is required <toString>',
  ])
})

test('decimals are what they say', () => {
  const schema = compiled({ multipleOf: 0.01 })
  assert.deepEqual(schema.validate(19.99), [])
  assert.deepEqual(schema.validate(123456789.01), [])
  assert.equal(schema.validate(19.999).length, 1)
  assert.deepEqual(compiled({ multipleOf: 1e-300 }).validate(1e300), [])
})

test('a number that is too large for a double is a multiple of nothing', () => {
  for (const text of ['1e400', '-1e400'])
    assert.equal(compiled({ multipleOf: 0.01 }).validate(JSON.parse(text)).length, 1)
})

test('unknown keywords, formats and references to other documents accept everything', () => {
  const schema = compiled({
    $async: true,
    format: 'strict-uri',
    const: 3,
    allOf: [{ $ref: 'http://example.com/other.json#/a' }],
  })
  assert.deepEqual(schema.validate('anything'), [])
  assert.equal(compiled({ $async: true, type: 'string' }).validate(1).length, 1)
})

test('a nullable type allows null', () => {
  const schema = compiled({
    properties: { a: { type: 'string', enum: ['x'], nullable: true }, b: { nullable: true } },
  })
  assert.deepEqual(schema.validate({ a: null, b: 1 }), [])
  assert.equal(schema.validate({ a: 'y' }).length, 1)
})

test('references lead anywhere in the schema', () => {
  const document = {
    id: 'http://example.com/tree.json#',
    properties: {
      'a/b': { id: '#text', type: 'string' },
      c: { $ref: '#text' },
      d: { $ref: '#/properties/a~1b' },
    },
    allOf: [{ properties: { e: { $ref: 'http://example.com/tree.json#/properties/d' } } }],
    additionalProperties: { $ref: '#' },
  }
  const schema = compiled(document)
  assert.deepEqual(schema.validate({ 'a/b': '', c: '', d: '', x: { y: {} } }), [])
  assert.equal(schema.validate({ c: 1, d: 1, e: 1, x: { y: { d: 1 } } }).length, 4)
})

test('a broken schema says so, in every form, and accepts nothing', () => {
  const schema = compileSchema(key, { type: 'strin' }, '1-0-1')
  assert.ok(schema.schemaIssues !== undefined && schema.schemaIssues.length > 0)
  assert.ok(schema.validate({}).length > 0)
  assert.deepEqual(schema.check({}), {
    error: 'ValidationError',
    schemaIssues: schema.schemaIssues,
    supersededBy: '1-0-1',
  })
})

test('what is not draft-04 is refused', () => {
  for (const document of [
    [],
    'text',
    null,
    { type: 3 },
    { required: true },
    { properties: { a: { minLength: -1 } } },
    { enum: [] },
    { pattern: '((' },
    { $ref: '#/definitions/none' },
    { maximum: 1, exclusiveMaximum: 1 },
    { exclusiveMaximum: true },
  ]) {
    assert.ok(schemaMessages(document).length > 0, JSON.stringify(document))
  }
})

test('data that are nested too deep are refused, not followed', () => {
  let data: unknown = 1
  for (let level = 0; level < 100_000; level++) data = { a: data }
  const [issue] = compiled({ properties: { a: { $ref: '#' } } }).validate(data)
  assert.equal(issue?.keyword, 'depth')
})

test('hostile data do not take long', () => {
  const started = performance.now()
  assert.deepEqual(
    compiled({ uniqueItems: true }).validate(Array.from({ length: 50_000 }, (_, a) => ({ a }))),
    [],
  )
  const many = compiled({ items: { type: 'string' } }).validate(Array.from({ length: 100_000 }, () => 1))
  assert.ok(many.length > 100 && many.length <= 1000)
  assert.ok(performance.now() - started < 5000)
})

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
    const [message] = schemaMessages(document)
    assert.ok(message !== undefined, String(index))
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
    const started = performance.now()
    compiled(document).validate({})
    const ms = performance.now() - started
    // Some 0.5 s on an idle machine.
    assert.ok(ms < 5000, `${ms} ms for ${JSON.stringify(document).slice(0, 60)}`)
  }
})
