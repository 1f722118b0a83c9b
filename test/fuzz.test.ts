import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newEmbeddedRegistry, SchemaResolver } from '../src/iglu/index.ts'
import { systemClock } from '../src/lib/index.ts'
import {
  coreDefaults,
  createCore,
  encodeCollectorPayload,
  Enrichments,
  type RawRecord,
} from '../src/core/index.ts'

/*
 * Whatever lies in the raw stream, core answers with outputs that fit the stream: it never throws and never takes long.
 */

const schemas = new SchemaResolver({ registries: [newEmbeddedRegistry()], clock: systemClock })
const cores = ([{}, { compatibility: '4.2', tryBase64Decoding: true, maxRecordBytes: 4096 }] as const).map(
  options =>
    createCore({ schemas, enrichments: new Enrichments([]), options: { ...coreDefaults, ...options } }),
)

async function process(data: Uint8Array): Promise<void> {
  const origin = { stream: 'raw', shardId: 'shardId-000000000001', sequence: '4959', subSequence: 0 }
  const record: RawRecord = { data, origin, processedAt: 1_767_225_600_000 }
  for (const [index, core] of cores.entries()) {
    const outputs = core.emit(await core.process(record), record)
    for (const { kind, data, partitionKey } of outputs) {
      const text = Buffer.from(data).toString()
      if (kind === 'good') assert.equal(text.split('\t').length, 131)
      else assert.doesNotMatch(text, /generic_error/)
      assert.ok(data.length + partitionKey.length <= (index === 0 ? coreDefaults.maxRecordBytes : 4096))
    }
  }
}

async function processWithin(data: Uint8Array, seconds: number): Promise<void> {
  const started = performance.now()
  await process(data)
  const taken = (performance.now() - started) / 1000
  assert.ok(taken < seconds, `took ${taken} s`)
}

const payloadData = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4'

function encode(fields: {
  body?: string
  querystring?: string
  path?: string
  contentType?: string
}): Uint8Array {
  return encodeCollectorPayload({
    ipAddress: '1.2.3.4',
    timestamp: 1_767_225_600_000,
    encoding: 'UTF-8',
    collector: 'ssc-3.2.0',
    path: '/com.snowplowanalytics.snowplow/tp2',
    headers: ['X-Forwarded-For: 5.6.7.8', 'Cookie: sp=1'],
    networkUserId: '8712a379-4bcb-46ee-815d-85f26540577f',
    ...fields,
  })
}

function posted(body: string): Uint8Array {
  return encode({ body, contentType: 'application/json' })
}

function postedEvent(event: Record<string, unknown>): Uint8Array {
  return posted(JSON.stringify({ schema: payloadData, data: [{ e: 'pv', p: 'web', tv: 'a', ...event }] }))
}

const page = { schema: 'iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0', data: { id: 'x' } }
const contexts = JSON.stringify({
  schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0',
  data: [page],
})

test('random bytes', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), process), { numRuns: 500 })
})

test('real payloads with bytes changed, cut or repeated', async () => {
  const cx = Buffer.from(contexts).toString('base64url')
  const originals = [
    postedEvent({ cx, url: 'https://a.example/?b=c#d', refr: 'https://b.example', tid: '1', tr_tt: '1.5' }),
    postedEvent({ e: 'ue', ue_pr: contexts, co: contexts, res: '1x2', dtm: '1', sid: 'x' }),
    encode({ querystring: 'e=pp&page=a%20b&url=https%3A%2F%2Fa.example&co=%7B%7D' }),
    encode({ path: '/r/tp2', querystring: 'u=https%3A%2F%2Fa.example' }),
    encode({
      path: '/com.snowplowanalytics.iglu/v1',
      querystring: 'schema=iglu%3Aa%2Fb%2Fjsonschema%2F1-0-0',
    }),
  ]
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255), remove: fc.nat(3), repeat: fc.nat(2) })
  const changed = fc
    .tuple(fc.constantFrom(...originals), fc.array(change, { maxLength: 6 }))
    .map(([bytes, changes]) => {
      let mutated = Buffer.from(bytes)
      for (const { at, byte, remove, repeat } of changes) {
        const place = at % (mutated.length + 1)
        const middle = Buffer.alloc(repeat, byte)
        mutated = Buffer.concat([mutated.subarray(0, place), middle, mutated.subarray(place + remove)])
      }
      return mutated
    })
  await fc.assert(fc.asyncProperty(changed, process), { numRuns: 1000 })
})

test('any text for any parameter', async () => {
  const names =
    'e,tid,dtm,stm,ttm,eid,url,refr,page,ua,ip,nuid,sid,res,vp,ds,co,cx,ue_pr,ue_px,se_va,tr_tt,pp_mix,f_pdf,p,cookie'
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.integer().map(String),
    fc.webUrl(),
    fc.json(),
    fc.json().map(json => Buffer.from(json).toString('base64')),
    fc.constantFrom(
      'null',
      '1e999999999',
      '9'.repeat(400),
      '-',
      'http://[',
      'https://a.example/?_sp=.',
      '\ud800',
    ),
  )
  const event = fc.dictionary(fc.constantFrom(...names.split(',')), value, { maxKeys: 10 })
  await fc.assert(
    fc.asyncProperty(event, async parameters => {
      await process(postedEvent(parameters))
    }),
    { numRuns: 1000 },
  )
})

test('any JSON where a payload, contexts or an event is expected', async () => {
  const sdj = fc.record({
    schema: fc.constantFrom(page.schema, payloadData, 'iglu:a/b', 'x'),
    data: fc.jsonValue(),
  })
  const json = fc.oneof(fc.jsonValue(), sdj, fc.array(sdj))
  await fc.assert(
    fc.asyncProperty(json, async value => {
      const text = JSON.stringify(value)
      await process(posted(text))
      await process(postedEvent({ e: 'ue', co: text, ue_pr: text }))
      await process(postedEvent({ co: contexts.replace(JSON.stringify(page), text) }))
    }),
    { numRuns: 300 },
  )
})

test('JSON that is deep', async () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000)
  const deepContext = `{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0","data":${deep}}`
  await processWithin(posted(deep), 10)
  await processWithin(posted(`{"schema":"${payloadData}","data":${deep}}`), 10)
  await processWithin(posted(`{"schema":"${payloadData}","data":[{"e":${deep}}]}`), 10)
  await processWithin(postedEvent({ co: deepContext }), 10)
  await processWithin(postedEvent({ ue_px: Buffer.from(deepContext).toString('base64') }), 10)
})

test('ten megabytes', async () => {
  const long = 'x'.repeat(10_000_000)
  await processWithin(Buffer.alloc(10_000_000, 0xff), 10)
  await processWithin(posted(long), 10)
  await processWithin(posted(`"${long}"`), 10)
  await processWithin(postedEvent({ url: `https://a.example/?${long}`, page: long, ua: long }), 20)
  await processWithin(
    postedEvent({ se_va: '9'.repeat(10_000_000), tid: long, dtm: long, res: `${long}x1` }),
    20,
  )
  await processWithin(postedEvent({ co: contexts.replace('"x"', `"${long}"`) }), 20)
  await processWithin(
    postedEvent({ co: contexts.replace(JSON.stringify(page), Array(100_000).fill(1).join()) }),
    20,
  )
  await processWithin(encode({ querystring: `e=pv&${'a=b&'.repeat(2_000_000)}` }), 20)
})
