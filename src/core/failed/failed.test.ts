import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { newEmbeddedRegistry, SchemaResolver } from '../../iglu/index.ts'
import { systemClock } from '../../lib/index.ts'
import type { Outcome } from '../bad-row.ts'
import { emitOutcome, type CoreOutput, type Omission } from '../emit/emit.ts'
import { readTsv } from '../emit/tsv.ts'
import { EventPipeline } from '../enrich-event.ts'
import { simpleFailure, type Enrichment } from '../enrich/enrichment.ts'
import { Enrichments } from '../enrich/enrichments.ts'
import { configureEnrichments } from '../enrich/registry.ts'
import { testEvent, testRecord as record } from '../enrich/test-events.ts'
import { noServices } from '../enrich/test-services.ts'
import type { EnrichedEvent } from '../event.ts'
import { coreDefaults, type CoreOptions, type Schemas } from '../options.ts'

const schemas = new SchemaResolver({ registries: [newEmbeddedRegistry()], clock: systemClock })
const late: Schemas = { lookup: async key => schemas.lookup(key) }

const vendor = 'iglu:com.snowplowanalytics.snowplow'
const page = (data: string) => `{"schema":"${vendor}/web_page/jsonschema/1-0-0","data":${data}}`
const goodPage = page('{"id":"b05b31c3-81ac-4af5-92d1-113133968655"}')
const badPage = page('{"id":"alex"}')
const contexts = (...items: readonly string[]) =>
  `{"schema":"${vendor}/contexts/jsonschema/1-0-1","data":[${items.join(',')}]}`
const unstruct = (item: string) => `{"schema":"${vendor}/unstruct_event/jsonschema/1-0-0","data":${item}}`
const pageView = {
  e: 'pv',
  p: 'web',
  url: 'https://shop.example/a',
  eid: '4e5f2e31-7b2c-4f6c-8a4e-6f9d3d1f5b11',
}

interface Given {
  readonly options?: Partial<CoreOptions>
  readonly enrichments?: Enrichments
  readonly schemas?: Schemas
}

async function run(sent: Readonly<Record<string, string>>, given: Given = {}): Promise<Outcome> {
  const options = { ...coreDefaults, emitFailed: true, ...given.options }
  const { enrichments = new Enrichments([]) } = given
  const pipeline = new EventPipeline({ schemas: given.schemas ?? schemas, enrichments, options })
  return pipeline.run(testEvent(sent), { record, index: 0 })
}

function emit(outcome: Outcome, options: Partial<CoreOptions> = {}, omitted: Omission[] = []): CoreOutput[] {
  const omit = (what: Omission) => void omitted.push(what)
  return emitOutcome(outcome, { record, index: 0, options: { ...coreDefaults, ...options }, omit })
}

interface Told {
  readonly failureType: string
  readonly errors: readonly Record<string, unknown>[]
  readonly schema: string | null
  readonly data: Record<string, unknown> | null
  readonly timestamp: string
  readonly componentName: string
}

interface Context {
  readonly schema: string
  readonly data: Told
}

const failureSchema = `${vendor}/failure/jsonschema/1-0-0`

/** The failed event as it is read from its line, and what it tells of itself. Each of its contexts is valid. */
async function failed(
  sent: Readonly<Record<string, string>>,
  given: Given = {},
): Promise<{ event: EnrichedEvent; told: readonly Told[]; others: readonly Context[] }> {
  const outputs = emit(await run(sent, given))
  assert.deepEqual(
    outputs.map(({ kind, index, output }) => [kind, index, output]),
    [
      ['bad', 0, 0],
      ['failed', 0, 1],
    ],
  )
  const event = readTsv(Buffer.from(outputs[1]?.data ?? []).toString()) ?? assert.fail('no line')
  const derived = JSON.parse(event.derived_contexts ?? '') as { data: Context[] }
  const again = await run({ ...pageView, co: contexts(...derived.data.map(one => JSON.stringify(one))) })
  assert.equal(again.kind, 'good')
  const isFailure = ({ schema }: Context) => schema === failureSchema
  const told = derived.data.filter(isFailure).map(({ data }) => data)
  return { event, told, others: derived.data.filter(one => !isFailure(one)) }
}

function only<T>([one, ...more]: readonly T[]): T {
  assert.equal(more.length, 0)
  return one ?? assert.fail('there is none')
}

function enrichment(enrich: Enrichment['enrich'], step: Enrichment['step'] = 'javascript'): Enrichment {
  return { name: 'test', schemaKey: null, step, enrich }
}

test('what cannot become a value is told, and everything else is there and enriched', async () => {
  const { event, told } = await failed({
    ...pageView,
    tid: 'x',
    vid: '1.5',
    aid: 'shop',
    co: contexts(goodPage),
  })
  const { failureType, errors, schema, data, timestamp, componentName } = only(told)
  assert.deepEqual([event.txn_id, event.domain_sessionidx], [null, null])
  assert.deepEqual(
    [event.app_id, event.page_urlhost, event.event_name],
    ['shop', 'shop.example', 'page_view'],
  )
  assert.equal(event.contexts, contexts(goodPage))
  assert.equal(failureType, 'ValidationError')
  assert.deepEqual(
    errors.map(({ source, path }) => [source, path]),
    [
      ['atomic_field', 'tid'],
      ['atomic_field', 'vid'],
    ],
  )
  assert.match(schema ?? '', /\/atomic\/jsonschema\//)
  assert.deepEqual(data, { tid: 'x', vid: '1.5' })
  assert.deepEqual([timestamp, componentName], ['2024-01-01T00:00:00.000Z', 'millrace'])
})

test('a text that is no JSON is told as it was meant to be read', async () => {
  const cx = Buffer.from('{"a":').toString('base64url')
  const { event, told } = await failed({ ...pageView, cx, ue_pr: unstruct(badPage) })
  assert.deepEqual([event.contexts, event.unstruct_event], [null, null])
  assert.deepEqual(
    told.map(({ failureType, data }) => [failureType, data]),
    [
      ['NotJSON', { contexts: '{"a":' }],
      ['ValidationError', { id: 'alex' }],
    ],
  )
})

test('a column that is too long becomes null, at both versions', async () => {
  for (const compatibility of ['3.9', '4.2'] as const) {
    const tv = 'x'.repeat(101)
    const { event, told } = await failed({ ...pageView, tv }, { options: { compatibility } })
    const { errors, data } = only(told)
    assert.equal(event.v_tracker, null)
    assert.equal(event.page_urlhost, 'shop.example')
    assert.deepEqual(data, { v_tracker: tv })
    assert.deepEqual(
      errors.map(({ path, keyword, targets }) => [path, keyword, targets]),
      [['v_tracker', 'maxLength', ['100']]],
    )
  }
})

test('an invalid unstruct event becomes null, and its data are told', async () => {
  const sent = { ...pageView, e: 'ue', ue_pr: unstruct(badPage), co: contexts(goodPage) }
  const { event, told } = await failed(sent)
  assert.equal(event.unstruct_event, null)
  assert.equal(event.event_name, null)
  assert.equal(event.contexts, contexts(goodPage))
  const { failureType, errors, schema, data } = only(told)
  assert.deepEqual([failureType, schema], ['ValidationError', `${vendor}/web_page/jsonschema/1-0-0`])
  assert.deepEqual(data, { id: 'alex' })
  assert.deepEqual(
    errors.map(({ source, path }) => [source, path]),
    errors.map(() => ['unstruct', '$.id']),
  )
})

test('of two contexts the invalid one is removed; of two invalid ones nothing is left', async () => {
  const one = await failed({ ...pageView, co: contexts(badPage, goodPage) })
  assert.equal(one.event.contexts, contexts(goodPage))
  assert.deepEqual([only(one.told).data, only(one.told).errors[0]?.['source']], [{ id: 'alex' }, 'contexts'])
  const none = await failed({ ...pageView, co: contexts(badPage, badPage) }, { schemas: late })
  assert.equal(none.event.contexts, null)
  assert.equal(none.told.length, 2)
})

test('a schema that nobody has, a wrapper of another kind and what names no schema are told apart', async () => {
  const missing = '{"schema":"iglu:com.acme/none/jsonschema/1-0-0","data":{"a":1}}'
  const sent = { ...pageView, co: contexts(missing), ue_pr: contexts(goodPage) }
  const { event, told } = await failed(sent)
  assert.deepEqual([event.contexts, event.unstruct_event], [null, null])
  assert.deepEqual(
    told.map(({ failureType, data }) => [failureType, data]),
    [
      ['ResolutionError', { a: 1 }],
      ['CriterionMismatch', JSON.parse(contexts(goodPage))],
    ],
  )
  const unnamed = await failed({ ...pageView, co: '[1]' })
  assert.deepEqual([only(unnamed.told).failureType, only(unnamed.told).data], ['NotIglu', { contexts: [1] }])
})

test('an enrichment that failed has not run again, and the others have', async () => {
  let runs = 0
  const failing = enrichment(async () => {
    runs++
    return simpleFailure('no answer')
  })
  const other = enrichment(event => {
    event.user_id = 'known'
    return [{ schema: `${vendor}/web_page/jsonschema/1-0-0`, data: JSON.parse(goodPage).data }]
  }, 'api-request')
  const { event, told, others } = await failed(pageView, { enrichments: new Enrichments([failing, other]) })
  assert.equal(runs, 1)
  assert.equal(event.user_id, 'known')
  assert.equal(others.length, 1)
  assert.deepEqual(
    [only(told).failureType, only(told).errors[0]?.['message']],
    ['EnrichmentError', 'no answer'],
  )
})

test('a derived context that is invalid is removed, and its data are told', async () => {
  const schema = `${vendor}/web_page/jsonschema/1-0-0`
  const attached = [
    { schema, data: { id: 'alex' } },
    { schema, data: JSON.parse(goodPage).data },
  ]
  const { told, others } = await failed(pageView, {
    enrichments: new Enrichments([enrichment(() => attached)]),
  })
  assert.deepEqual(others, [JSON.parse(goodPage)])
  const { errors, data } = only(told)
  assert.deepEqual([data, errors[0]?.['source']], [{ id: 'alex' }, 'derived_contexts'])
})

test('what fails after a violation is told too', async () => {
  const { told } = await failed({ p: 'web', co: contexts(badPage), tv: 'x'.repeat(101) })
  assert.deepEqual(
    told.map(({ failureType, errors }) => [failureType, errors[0]?.['source']]),
    [
      ['EnrichmentError', 'enrich'],
      ['ValidationError', 'contexts'],
      ['ValidationError', 'atomic_field'],
    ],
  )
})

test('the bad row is the same with a failed event and without', async () => {
  const bad = [
    { ...pageView, tid: 'x', co: contexts(goodPage) },
    { ...pageView, co: contexts(badPage, goodPage), ue_pr: unstruct(goodPage) },
    { ...pageView, tv: 'x'.repeat(101) },
    { p: 'web' },
  ]
  for (const sent of bad) {
    const [alone, ...none] = emit(await run(sent, { options: { emitFailed: false } }))
    assert.deepEqual(emit(await run(sent))[0], alone)
    assert.deepEqual(none, [])
  }
})

test('a good event has no failed one, nor has a payload that is no event', async () => {
  assert.equal(emit(await run(pageView)).length, 1)
  const errors = ['a bug']
  assert.equal(
    emit({ kind: 'bad', row: { type: 'generic_error', errors, payload: Buffer.from('') } }).length,
    1,
  )
})

test('a failed event that is too large is left out, and counted', async () => {
  const omitted: Omission[] = []
  const outputs = emit(await run({ ...pageView, tid: 'x'.repeat(5000) }), { maxRecordBytes: 4000 }, omitted)
  assert.deepEqual(
    outputs.map(({ kind }) => kind),
    ['bad'],
  )
  assert.deepEqual(omitted, ['failedTooLarge'])
})

const pii = {
  schema: `${vendor}.enrichments/pii_enrichment_config/jsonschema/2-0-0`,
  data: {
    vendor: 'com.snowplowanalytics.snowplow.enrichments',
    name: 'pii_enrichment_config',
    emitEvent: true,
    enabled: true,
    parameters: {
      pii: [
        { pojo: { field: 'user_id' } },
        ...['contexts', 'unstruct_event', 'derived_contexts'].map(field => ({
          json: { field, schemaCriterion: `${vendor}/web_page/jsonschema/1-*-*`, jsonPath: '$.id' },
        })),
      ],
      strategy: { pseudonymize: { hashFunction: 'SHA-256', salt: 'pepper' } },
    },
  },
}

const anonIp = {
  schema: `${vendor}/anon_ip/jsonschema/1-0-1`,
  data: {
    vendor: 'com.snowplowanalytics.snowplow',
    name: 'anon_ip',
    enabled: true,
    parameters: { anonOctets: 2, anonSegments: 6 },
  },
}

test('pseudonyms and hidden addresses are in failed events too, also where the data are invalid', async () => {
  const { enrichments } = await configureEnrichments([pii, anonIp], { schemas, services: noServices })
  const pseudonym = createHash('sha256').update('alexpepper').digest('hex')
  const sent = {
    ...pageView,
    uid: 'alex',
    tid: 'x',
    co: contexts(badPage, goodPage),
    ue_pr: unstruct(badPage),
  }
  const { event, told } = await failed(sent, { enrichments })
  assert.equal(event.user_id, pseudonym)
  assert.equal(event.user_ipaddress, '1.2.x.x')
  assert.deepEqual(
    told.map(({ data }) => data),
    [{ tid: 'x' }, { id: pseudonym }, { id: pseudonym }],
  )
  // A wrapper of the wrong kind is looked into as well.
  const mismatched = await failed({ ...pageView, ue_pr: contexts(badPage) }, { enrichments })
  assert.doesNotMatch(JSON.stringify([mismatched.told, mismatched.event.row]), /alex/)
  assert.match(JSON.stringify(mismatched.told), new RegExp(pseudonym))
})

test('with pseudonyms nothing is shown of what names no schema', async () => {
  const { enrichments } = await configureEnrichments([pii], { schemas, services: noServices })
  const unnamed = ['{"alex":', '["alex"]', contexts('{"schema":"alex","data":"alex"}'), contexts('"alex"')]
  for (const co of unnamed) {
    const { event, told } = await failed({ ...pageView, co }, { enrichments })
    assert.equal(only(told).data, null)
    assert.doesNotMatch(JSON.stringify(event.row), /alex/)
  }
})

test('of an event that cannot be concealed there is no failed one', async () => {
  const enrichments = new Enrichments([enrichment(() => simpleFailure('no key'), 'pii')])
  for (const sent of [pageView, { ...pageView, tid: 'x' }]) {
    const outputs = emit(await run(sent, { enrichments }))
    assert.deepEqual(
      outputs.map(({ kind }) => kind),
      ['bad'],
    )
  }
})

test('what a script made of the contexts is validated here too, and what it drops stays out', async () => {
  const changing = enrichment(event => {
    event.contexts = contexts(goodPage, badPage)
    return undefined
  })
  for (const sent of [pageView, { ...pageView, tid: 'x' }]) {
    const { event, told } = await failed(sent, { enrichments: new Enrichments([changing]) })
    assert.equal(event.contexts, contexts(goodPage))
    assert.deepEqual(told.at(-1)?.data, { id: 'alex' })
  }
  const dropping = new Enrichments([enrichment(() => ({ dropped: true }))])
  const outputs = emit(await run({ ...pageView, tid: 'x' }, { enrichments: dropping }))
  assert.deepEqual(
    outputs.map(({ kind }) => kind),
    ['bad'],
  )
})
