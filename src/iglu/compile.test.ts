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
