import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newEmbeddedRegistry, SchemaResolver } from '../iglu/index.ts'
import { MillraceError, systemClock } from '../lib/index.ts'
import { readTsv } from './emit/tsv.ts'
import {
  coreDefaults,
  createCore,
  encodeCollectorPayload,
  Enrichments,
  type Core,
  type CoreOptions,
  type EnrichedEvent,
  type RawRecord,
  type Schemas,
  type ThriftPayload,
} from './index.ts'
import type { Enrichment } from './enrich/enrichment.ts'

const schemas = new SchemaResolver({ registries: [newEmbeddedRegistry()], clock: systemClock })

interface Parts {
  readonly schemas?: Schemas
  readonly enrichments?: readonly Enrichment[]
  readonly options?: Partial<CoreOptions>
}

function newCore({ schemas: own = schemas, enrichments = [], options = {} }: Parts = {}): Core {
  return createCore({
    schemas: own,
    enrichments: new Enrichments(enrichments),
    options: { ...coreDefaults, ...options },
  })
}

function recordOf(data: Uint8Array): RawRecord {
  const origin = { stream: 'raw', shardId: 'shardId-000000000001', sequence: '4959', subSequence: 0 }
  return { data, origin, processedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678) }
}

const request: ThriftPayload = {
  ipAddress: '1.2.3.4',
  timestamp: Date.UTC(2026, 0, 2),
  encoding: 'UTF-8',
  collector: 'ssc-3.2.0',
  path: '/com.snowplowanalytics.snowplow/tp2',
}

function posted(...events: Record<string, string>[]): RawRecord {
  const schema = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4'
  const body = JSON.stringify({ schema, data: events })
  return recordOf(encodeCollectorPayload({ ...request, contentType: 'application/json', body }))
}

const pageView = { e: 'pv', p: 'web', tv: 'js-3.24.2', url: 'https://shop.example/a?b=c' }

interface Written {
  readonly kind: string
  readonly text: string
}

async function run(core: Core, record: RawRecord): Promise<Written[]> {
  const outputs = core.emit(await core.process(record), record)
  assert.deepEqual(
    outputs.map(({ index, output }) => [index, output]),
    outputs.map((_, index) => [index, 0]),
  )
  return outputs.map(({ kind, data }) => ({ kind, text: Buffer.from(data).toString() }))
}

async function goodEvent(core: Core, record: RawRecord): Promise<EnrichedEvent> {
  const [written] = await run(core, record)
  assert.equal(written?.kind, 'good', written?.text)
  return readTsv(written.text) ?? assert.fail(written.text)
}

interface WrittenRow {
  readonly schema: string
  readonly data: {
    readonly failure: {
      readonly messages: readonly Record<string, unknown>[]
      readonly errors: readonly string[]
    }
    readonly payload: unknown
  }
}

async function badRow(core: Core, record: RawRecord): Promise<WrittenRow> {
  const [written] = await run(core, record)
  assert.equal(written?.kind, 'bad', written?.text)
  return JSON.parse(written.text) as WrittenRow
}

test('a page view becomes a line', async () => {
  const event = await goodEvent(newCore(), posted({ ...pageView, aid: 'shop', dtm: '1767225600000' }))
  assert.equal(event.app_id, 'shop')
  assert.equal(event.event_name, 'page_view')
  assert.equal(event.page_urlquery, 'b=c')
  assert.equal(event.user_ipaddress, '1.2.3.4')
  assert.equal(event.etl_tstamp, '2026-01-02 03:04:05.678')
  assert.equal(event.v_etl, 'millrace-0.0.0')
})

test('each event of a payload succeeds or fails alone', async () => {
  const written = await run(newCore(), posted(pageView, { ...pageView, tid: 'x' }, pageView))
  assert.deepEqual(
    written.map(({ kind }) => kind),
    ['good', 'bad', 'good'],
  )
})

test('the same record gives the same bytes, made anew by another core', async () => {
  const records = [
    posted(pageView, { ...pageView, tid: 'x' }, { ...pageView, co: '{"schema":"iglu:a/b","data":1}' }),
    recordOf(Buffer.from('no thrift')),
  ]
  for (const record of records) assert.deepEqual(await run(newCore(), record), await run(newCore(), record))
})

test('contexts go through as the tracker wrote them', async () => {
  const page =
    '{"schema":"iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0","data":{"id":"b05b31c3-81ac-4af5-92d1-113133968655"}}'
  const wrapper = (version: string): string =>
    `{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/${version}","data":[${page}]}`
  const event = await goodEvent(
    newCore(),
    posted({ ...pageView, cx: Buffer.from(wrapper('1-0-0')).toString('base64url') }),
  )
  assert.equal(event.contexts, wrapper('1-0-1'))
})

test('a conversion error and broken JSON are one row: enrichment_failures at 3.9', async () => {
  const record = posted({ ...pageView, tid: 'x', co: '{' })
  const { schema, data } = await badRow(newCore(), record)
  assert.match(schema, /enrichment_failures/)
  assert.deepEqual(
    data.failure.messages.map(({ message }) => (message as Record<string, unknown>)['field']),
    ['tid', 'co'],
  )
})

test('and schema_violations at 4.2', async () => {
  const { schema } = await badRow(
    newCore({ options: { compatibility: '4.2' } }),
    posted({ ...pageView, tid: 'x' }),
  )
  assert.match(schema, /schema_violations/)
})

test('JSON that is too deep is refused', async () => {
  const deep = '['.repeat(50) + ']'.repeat(50)
  const { data } = await badRow(newCore(), posted({ ...pageView, co: deep }))
  const [failure] = data.failure.messages
  assert.match(JSON.stringify(failure), /invalid json: deeper than 40 levels/)
})

test('an invalid context is a schema violation, with the columns as far as they were set', async () => {
  const sent =
    '{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0","data":[{"schema":"iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0","data":{}}]}'
  const { schema, data } = await badRow(newCore(), posted({ ...pageView, co: sent }))
  assert.match(schema, /schema_violations/)
  const { enriched } = data.payload as { enriched: Record<string, unknown> }
  assert.equal(enriched['contexts'], sent)
  assert.equal(enriched['page_urlhost'], null)
})

test('an over-long column is a failure, unless it is accepted', async () => {
  const record = posted({ ...pageView, tv: 'x'.repeat(101) })
  const { schema, data } = await badRow(newCore(), record)
  assert.match(schema, /enrichment_failures/)
  assert.equal(data.failure.messages.length, 2)
  const tolerant = newCore({ options: { acceptInvalid: true } })
  assert.equal((await goodEvent(tolerant, record)).v_tracker?.length, 101)
  const told: string[] = []
  for (const each of [record, posted(pageView)])
    tolerant.emit(await tolerant.process(each), each, what => told.push(what))
  assert.deepEqual(told, ['invalid'])
})

function enrichment(enrich: Enrichment['enrich'], step: Enrichment['step'] = 'javascript'): Enrichment {
  return { name: 'test', schemaKey: null, step, enrich }
}

test('derived contexts are validated before they are attached', async () => {
  const schema = 'iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0'
  const good = enrichment(() => [{ schema, data: { id: 'b05b31c3-81ac-4af5-92d1-113133968655' } }])
  const event = await goodEvent(newCore({ enrichments: [good] }), posted(pageView))
  assert.match(
    event.derived_contexts ?? '',
    /^\{"schema":"iglu:[^"]*contexts\/jsonschema\/1-0-1","data":\[\{"schema":/,
  )
  const { data } = await badRow(
    newCore({ enrichments: [enrichment(() => [{ schema, data: {} }])] }),
    posted(pageView),
  )
  assert.match(JSON.stringify(data.failure.messages), /enrichments-contexts-validation/)
})

test('what must not leave is concealed', async () => {
  const conceal = enrichment(event => {
    event.user_ipaddress = 'x'
    return undefined
  }, 'anon-ip')
  assert.equal((await goodEvent(newCore({ enrichments: [conceal] }), posted(pageView))).user_ipaddress, 'x')
})

test('an enrichment may take its time', async () => {
  const slow = enrichment(async event => {
    event.app_id = 'slow'
    return undefined
  })
  const core = newCore({ enrichments: [slow] })
  const written = await run(core, posted(pageView, pageView))
  assert.deepEqual(
    written.map(({ text }) => text.slice(0, 5)),
    ['slow\t', 'slow\t'],
  )
})

test('a bug makes one generic error of the whole record, without the folders of this machine', async () => {
  const bugs = [enrichment(() => assert.fail('a bug')), enrichment(async () => assert.fail('a bug'))]
  for (const bug of bugs) {
    const record = posted(pageView, pageView)
    const { schema, data } = await badRow(newCore({ enrichments: [bug] }), record)
    assert.match(schema, /generic_error/)
    assert.equal(data.payload, Buffer.from(record.data).toString('base64'))
    assert.equal(data.failure.errors[0], 'a bug')
    assert.doesNotMatch(data.failure.errors.join('\n'), new RegExp(import.meta.dirname))
  }
})

test('an outage passes through: the record is neither good nor bad', async () => {
  const outage = new MillraceError('enrichment', 'no answer', { retryable: true })
  const down: Schemas = { lookup: () => Promise.reject(outage) }
  await assert.rejects(async () => newCore({ schemas: down }).process(posted(pageView)), outage)
  const thrown = enrichment(() => {
    throw outage
  })
  assert.throws(() => newCore({ enrichments: [thrown] }).process(posted(pageView)), outage)
})

test('an unknown path is an adapter failure, a broken tracker payload a protocol violation', async () => {
  const elsewhere = recordOf(encodeCollectorPayload({ ...request, path: '/com.acme/v9' }))
  assert.match((await badRow(newCore(), elsewhere)).schema, /adapter_failures/)
  const empty = recordOf(encodeCollectorPayload(request))
  assert.match((await badRow(newCore(), empty)).schema, /tracker_protocol_violations/)
})
