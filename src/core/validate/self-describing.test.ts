import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compileSchema,
  newEmbeddedRegistry,
  SchemaResolver,
  schemaKey,
  type SchemaKey,
  type SchemaLookup,
} from '../../iglu/index.ts'
import { MillraceError, systemClock } from '../../lib/index.ts'
import type { Schemas } from '../options.ts'
import { validateDerivedContexts } from './derived-contexts.ts'
import { parseJsonText } from './json-text.ts'
import { validateTrackerJsons, type InvalidJsons, type ValidJsons } from './self-describing.ts'

const contextsSchema = 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0'
const unstructSchema = 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0'
const contextsHead = '{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":'
const unstructHead = `{"schema":"${unstructSchema}","data":`

const email = {
  type: 'object',
  properties: { to: { type: 'string' }, size: { type: 'number' } },
  required: ['to'],
  additionalProperties: false,
}

/** com.acme/email 1-0-0 and 2-0-0, where 1-0-0 may be superseded by 1-0-1; beside them the embedded schemas. */
class TestSchemas implements Schemas {
  readonly #embedded = new SchemaResolver({ registries: [newEmbeddedRegistry()], clock: systemClock })
  readonly #supersededBy: string | undefined
  asked: string[] = []

  constructor(supersededBy?: string) {
    this.#supersededBy = supersededBy
  }

  lookup(key: SchemaKey): SchemaLookup | Promise<SchemaLookup> {
    this.asked.push(key.uri)
    if (key.vendor !== 'com.acme' || key.name === 'missing') return this.#embedded.lookup(key)
    if (key.name === 'down') throw new MillraceError('iglu', 'no registry answers', { retryable: true })
    const supersededBy = key.version === '1-0-0' ? this.#supersededBy : undefined
    return { kind: 'found', schema: compileSchema(key, email, supersededBy) }
  }
}

async function validate(
  sent: { contexts?: string; unstruct?: string },
  schemas: Schemas = new TestSchemas(),
): Promise<ValidJsons | InvalidJsons> {
  const { contexts, unstruct } = sent
  return validateTrackerJsons(
    {
      contexts: contexts === undefined ? null : parseJsonText(contexts),
      unstructEvent: unstruct === undefined ? null : parseJsonText(unstruct),
    },
    schemas,
  )
}

async function valid(...args: Parameters<typeof validate>): Promise<ValidJsons> {
  const result = await validate(...args)
  if ('errors' in result) assert.fail(JSON.stringify(result.errors))
  return result
}

async function errors(...args: Parameters<typeof validate>): Promise<string[]> {
  const result = await validate(...args)
  if (!('errors' in result)) assert.fail('valid')
  return result.errors.map(error => ('field' in error ? `${error.type} ${error.field}` : error.type))
}

const item = '{"schema":"iglu:com.acme/email/jsonschema/2-0-0","data":{"to":"a","size":1.0}}'
const badItem = '{"schema":"iglu:com.acme/email/jsonschema/2-0-0","data":{"from":"a"}}'
const wrapped = (...items: string[]): string => `{"schema":"${contextsSchema}","data":[${items.join(',')}]}`

test('contexts are passed on as they were written, in the wrapper 1-0-1', async () => {
  const { contexts } = await valid({ contexts: wrapped(item, item) })
  assert.equal(contexts, `${contextsHead}[${item},${item}]}`)
})

test('schema comes before data, whatever the tracker’s order; numbers keep their digits', async () => {
  const odd =
    '{"data":{"size":10000000000000000000000.50,"to":"a"},"schema":"iglu:com.acme/email/jsonschema/2-0-0"}'
  const { contexts } = await valid({
    contexts: `{ "data": [${odd}, ${item}], "schema": "${contextsSchema}" }`,
  })
  const turned =
    '{"schema":"iglu:com.acme/email/jsonschema/2-0-0","data":{"size":10000000000000000000000.50,"to":"a"}}'
  assert.equal(contexts, `${contextsHead}[${turned},${item}]}`)
})

test('keys beside schema and data do not reach the consumer', async () => {
  const { contexts } = await valid({ contexts: `{"schema":"${contextsSchema}","data":[${item}],"x":"]}"}` })
  assert.equal(contexts, `${contextsHead}[${item}]}`)
})

test('no contexts are no column', async () => {
  const empty = '{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":[]}'
  assert.equal((await valid({ contexts: empty })).contexts, null)
})

test('an unstruct event tells its schema', async () => {
  const { unstructEvent, unstructSchema: key } = await valid({ unstruct: ` ${unstructHead}${item}}` })
  assert.equal(unstructEvent, `${unstructHead}${item}}`)
  assert.equal(key?.uri, 'iglu:com.acme/email/jsonschema/2-0-0')
})

test('all errors are told, those of the contexts first', async () => {
  assert.deepEqual(
    await errors({
      contexts: wrapped(badItem, item, '{"schema":"iglu:com.acme/missing/jsonschema/1-0-0","data":{}}'),
      unstruct: `${unstructHead}{"schema":"iglu:com.acme/email/jsonschema/2-0-0","data":{}}}`,
    }),
    ['IgluError', 'IgluError', 'IgluError'],
  )
  assert.deepEqual(await errors({ contexts: 'foo', unstruct: '{"a":1}' }), ['NotJson contexts', 'NotIglu'])
  assert.deepEqual(await errors({ unstruct: 'foo' }), ['NotJson ue_properties'])
})

test('a wrapper must be the right one, and is checked before what it holds', async () => {
  assert.deepEqual(await errors({ contexts: `${unstructHead}${item}}` }), ['CriterionMismatch'])
  assert.deepEqual(await errors({ unstruct: wrapped(badItem) }), ['CriterionMismatch'])
  // Neither an item that is no object nor one with a third key; the other item is not looked at.
  const schemas = new TestSchemas()
  assert.deepEqual(await errors({ contexts: wrapped('1', badItem) }, schemas), ['IgluError'])
  assert.deepEqual([...new Set(schemas.asked)], [contextsSchema])
  assert.deepEqual(await errors({ contexts: wrapped('{"schema":"iglu:a/b","data":{}}') }), ['IgluError'])
})

test('a superseded version is rewritten, and a context says so once', async () => {
  const old = item.replace('2-0-0', '1-0-0')
  const sent = { contexts: wrapped(old, item, old), unstruct: `${unstructHead}${old}}` }
  const result = await valid(sent, new TestSchemas('1-0-1'))
  const rewritten = item.replace('2-0-0', '1-0-1')
  assert.equal(result.contexts, `${contextsHead}[${rewritten},${item},${rewritten}]}`)
  assert.equal(result.unstructEvent, `${unstructHead}${rewritten}}`)
  assert.equal(result.unstructSchema?.version, '1-0-1')
  assert.deepEqual(result.validationInfo, [
    {
      schema: 'iglu:com.snowplowanalytics.iglu/validation_info/jsonschema/1-0-0',
      data: { originalSchema: 'iglu:com.acme/email/jsonschema/1-0-0', validatedWith: '1-0-1' },
    },
  ])
})

test('an invalid JSON names the version it was sent with', async () => {
  const sent = { contexts: wrapped(badItem.replace('2-0-0', '1-0-0')) }
  const result = await validate(sent, new TestSchemas('1-0-1'))
  const [error] = 'errors' in result ? result.errors : []
  assert.ok(error?.type === 'IgluError')
  assert.equal(error.schemaKey, 'iglu:com.acme/email/jsonschema/1-0-0')
  assert.equal((error.error as Record<string, unknown>)['supersededBy'], '1-0-1')
})

test('while schemas are at hand the answer is too', async () => {
  const schemas = new TestSchemas()
  await validate({ contexts: wrapped(item) }, schemas)
  const json = parseJsonText(wrapped(item))
  assert.ok(!(validateTrackerJsons({ contexts: json, unstructEvent: null }, schemas) instanceof Promise))
})

test('schemas that arrive one after the other are waited for', async () => {
  const known = new TestSchemas()
  const late: Schemas = { lookup: async key => known.lookup(key) }
  const { contexts } = await valid({ contexts: wrapped(item) }, late)
  assert.equal(contexts, `${contextsHead}[${item}]}`)
})

test('an event is no bad event while nobody knows its schema', async () => {
  const down = '{"schema":"iglu:com.acme/down/jsonschema/1-0-0","data":{}}'
  await assert.rejects(validate({ contexts: wrapped(badItem, down) }), MillraceError)
})

test('each invalid derived context is one failure', async () => {
  const contexts = [
    { schema: 'iglu:com.acme/email/jsonschema/2-0-0', data: { to: 'a' } },
    { schema: 'iglu:com.acme/email/jsonschema/2-0-0', data: {} },
    { schema: 'iglu:com.acme/missing/jsonschema/2-0-0', data: {} },
  ]
  const failures = await validateDerivedContexts(contexts, new TestSchemas())
  assert.deepEqual(
    failures.map(({ enrichment }) => enrichment),
    [schemaKey('com.acme', 'email', '2-0-0').uri, schemaKey('com.acme', 'missing', '2-0-0').uri].map(uri => ({
      schemaKey: uri,
      identifier: 'enrichments-contexts-validation',
    })),
  )
})

test('what is valid of an invalid whole is kept in its own text, and what is not is found', async () => {
  const contexts = wrapped(item, badItem, item)
  const result = await validate({ contexts, unstruct: `${unstructHead}${badItem}}` })
  assert.ok('errors' in result)
  assert.deepEqual(
    result.findings.map(({ column, json }) => [column, json]),
    [
      ['contexts', JSON.parse(badItem)],
      ['unstruct_event', JSON.parse(badItem)],
    ],
  )
  const { contexts: kept, unstructEvent, unstructSchema } = result.valid()
  assert.equal(kept, `${contextsHead}[${item},${item}]}`)
  assert.deepEqual([unstructEvent, unstructSchema], [null, null])
})

test('of contexts that are all invalid nothing is kept', async () => {
  const result = await validate({ contexts: wrapped(badItem), unstruct: `${unstructHead}${item}}` })
  assert.ok('errors' in result)
  assert.equal(result.valid().contexts, null)
  assert.equal(result.valid().unstructEvent, `${unstructHead}${item}}`)
})
