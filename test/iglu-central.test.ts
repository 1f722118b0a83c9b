import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CleanSchema, cleanSchema, resolveReference } from '../src/iglu/clean-schema.ts'
import { compileSchema } from '../src/iglu/compile.ts'
import { embeddedSchemas } from '../src/iglu/embedded/index.ts'
import { explain } from '../src/iglu/explain.ts'
import { compilePattern, type Pattern } from '../src/iglu/patterns.ts'
import { schemaKey } from '../src/iglu/schema-key.ts'
import { StepBudget } from '../src/iglu/step-budget.ts'
import { canonicalText } from '../src/iglu/values.ts'
import { isObject, membersOf } from '../src/lib/index.ts'

const shared = process.env.MILLRACE_SHARED ?? resolve(import.meta.dirname, '../../shared')
const central = join(shared, 'iglu-central/schemas')
const skip = existsSync(central) ? false : `there is no copy of Iglu Central at ${central}`

const key = schemaKey('com.acme', 'event', '1-0-0')

function read(path: string): unknown {
  return JSON.parse(readFileSync(join(central, path), 'utf8'))
}

function cleaned(document: unknown): CleanSchema {
  const clean = cleanSchema(document)
  assert.ok(!Array.isArray(clean))
  return membersOf(clean)
}

const patternCache = new Map<string, Pattern>()

/** All patterns there are, compiled when asked for. */
class EveryPattern extends Map<string, Pattern> {
  override get(source: string): Pattern {
    const pattern = patternCache.get(source) ?? compilePattern(source, new StepBudget())
    patternCache.set(source, pattern)
    return pattern
  }
}

const texts: Readonly<Record<string, string>> = {
  'date-time': '2024-01-31T12:00:00.000Z',
  date: '2024-01-31',
  uuid: '5af2c0a0-6a5b-4b0a-9d2e-0123456789ab',
  uri: 'http://example.com/a?b=c',
  email: 'a@example.com',
  ipv4: '127.0.0.1',
  ipv6: '::1',
  hostname: 'example.com',
}

/** Documents that fit a schema now and then, and fail in few places otherwise. */
function documents(root: CleanSchema, schema: CleanSchema, level = 0): fc.Arbitrary<unknown> {
  if (typeof schema.$ref === 'string' && level < 6)
    return documents(root, resolveReference(root, schema.$ref), level)
  const junk = fc.constantFrom<unknown>(null, true, -1, 1.5, 2 ** 40, '', 'x'.repeat(70), [], {}, { x: 1 })
  const alternatives = [schema.anyOf, schema.oneOf, schema.allOf].flat().filter(isObject)
  const fitting = [
    fittingDocuments(root, schema, level),
    ...alternatives
      .slice(0, level < 6 ? 4 : 0)
      .map(part => documents(root, { ...part, ...plain(schema) }, level + 1)),
  ]
  return fc.oneof({ weight: 1, arbitrary: junk }, ...fitting.map(arbitrary => ({ weight: 12, arbitrary })))
}

/** Without the alternatives, and so without end. */
function plain({ properties, required }: CleanSchema): CleanSchema {
  return {
    ...(properties === undefined ? {} : { properties }),
    ...(required === undefined ? {} : { required }),
  }
}

function fittingDocuments(root: CleanSchema, schema: CleanSchema, level: number): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom<unknown>(...schema.enum)
  const types = [schema.type ?? (schema.properties === undefined ? 'string' : 'object')].flat().map(String)
  return fc.oneof(...types.map(type => ofType(type, root, schema, level)))
}

function ofType(type: string, root: CleanSchema, schema: CleanSchema, level: number): fc.Arbitrary<unknown> {
  const least = Number(schema.minimum ?? 0)
  switch (type) {
    case 'object': {
      const fields = Object.entries(level < 8 ? membersOf(schema.properties) : {})
      const inner = fields.map(([name, part]) => [name, documents(root, membersOf(part), level + 1)] as const)
      const extra = fc.constantFrom({}, {}, {}, {}, { unexpected: 1 })
      const requiredKeys = [schema.required ?? []].flat().map(String)
      const optional = fc.record(Object.fromEntries(inner), { requiredKeys: [] })
      const most = fc.record(Object.fromEntries(inner.filter(([name]) => requiredKeys.includes(name))))
      return fc.tuple(optional, most, extra).map(([some, needed, more]) => ({ ...some, ...needed, ...more }))
    }
    case 'array':
      return fc.array(level < 8 ? documents(root, membersOf(schema.items), level + 1) : fc.constant(1), {
        maxLength: 3,
      })
    case 'integer':
      return fc.constantFrom(least, least + 1, Number(schema.maximum ?? 7))
    case 'number':
      return fc.constantFrom(least, least + 0.5, Number(schema.maximum ?? 7))
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default: {
      const length = Number(schema.maxLength ?? 10)
      const written =
        texts[String(schema.format)] ?? 'a'.repeat(Math.min(Math.max(1, Number(schema.minLength)) || 1, 99))
      const uri = 'iglu:com.acme/event/jsonschema/1-0-0'
      return fc.constantFrom(
        written,
        written,
        uri,
        '1.2.3',
        '$.a',
        'a'.repeat(Math.min(length, 1e5)),
        `${written} `,
      )
    }
  }
}

/** The same for schemas that accept the same. */
function normal(value: unknown, keyword = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map(item => normal(item))
    return ['required', 'type', 'enum'].includes(keyword) ? items.toSorted(byText) : items
  }
  if (!isObject(value)) return value
  const fields = Object.entries(value).filter(
    ([name, rule]) => !(name === 'additionalProperties' && rule === true),
  )
  return Object.fromEntries(fields.map(([name, rule]) => [name, normal(rule, name)]))
}

function byText(a: unknown, b: unknown): number {
  return canonicalText(a) < canonicalText(b) ? -1 : 1
}

test('every schema of Iglu Central compiles, quickly', { skip }, () => {
  const paths = globSync('*/*/jsonschema/*', { cwd: central })
  assert.ok(paths.length > 600)
  const started = performance.now()
  for (const path of paths) {
    const { schemaIssues } = compileSchema(key, read(path))
    assert.equal(schemaIssues, undefined, `${path}: ${JSON.stringify(schemaIssues)}`)
  }
  assert.ok(performance.now() - started < 60_000)
})

// Newer than some copies of Iglu Central.
const newest = ['referer_parser/jsonschema/2-0-2', 'utm_referrer/jsonschema/1-0-0'].map(
  path => `iglu:com.snowplowanalytics.snowplow/${path}`,
)

const embeddedInCentral = [...embeddedSchemas].filter(
  ([uri]) => !newest.includes(uri) || existsSync(join(central, uri.slice('iglu:'.length))),
)

test('the embedded schemas ask for what those of Iglu Central ask for', { skip }, () => {
  for (const [uri, schema] of embeddedInCentral) {
    const ours = normal(cleaned(schema))
    const theirs = normal(cleaned(read(uri.slice('iglu:'.length))))
    assert.deepEqual(ours, theirs, uri)
  }
})

test('the embedded schemas accept what those of Iglu Central accept', { skip }, () => {
  for (const [uri, schema] of embeddedInCentral) {
    const ours = compileSchema(key, schema)
    const theirs = compileSchema(key, read(uri.slice('iglu:'.length)))
    const clean = cleaned(schema)
    fc.assert(
      fc.property(documents(clean, clean), document => {
        assert.equal(ours.validate(document).length > 0, theirs.validate(document).length > 0)
      }),
      { numRuns: 10 },
    )
  }
})

test('a refused document is always explained, and an accepted one never', { skip }, () => {
  let accepted = 0
  let refused = 0
  for (const path of globSync('*/*/jsonschema/*', { cwd: central })) {
    const document = read(path)
    const clean = cleaned(document)
    const schema = compileSchema(key, document)
    fc.assert(
      fc.property(documents(clean, clean), data => {
        const issues = schema.validate(data)
        assert.deepEqual(
          explain(
            clean,
            { patterns: new EveryPattern(), budget: new StepBudget(), allowance: () => undefined },
            data,
          ),
          issues,
          path,
        )
        if (issues.length > 0) refused++
        else accepted++
      }),
      { numRuns: 8 },
    )
  }
  assert.ok(accepted > 1000 && refused > 1000, `${accepted} accepted, ${refused} refused`)
})
