import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../lib/index.ts'
import { parseResolverConfig } from './resolver-config.ts'

const schema = 'iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-3'
const central = {
  name: 'Iglu Central',
  priority: 1,
  vendorPrefixes: ['com.snowplowanalytics'],
  connection: { http: { uri: 'https://iglucentral.com', apikey: null } },
}

function refusal(json: unknown): string {
  try {
    parseResolverConfig(json)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'config' && !error.retryable) return error.message
    throw error
  }
  return 'accepted'
}

test("Snowplow's configuration gives its registries, and the embedded one", () => {
  const folder = { ...central, name: 'Ours', connection: { folder: { path: '/schemas' } } }
  const { registries, cacheSize, cacheTtlMs } = parseResolverConfig({
    schema,
    data: { cacheSize: 500, cacheTtl: 600, repositories: [central, folder] },
  })
  assert.deepEqual(
    registries.map(({ name }) => name),
    ['Iglu Client Embedded', 'Iglu Central', 'Ours'],
  )
  assert.deepEqual(registries[1]?.vendorPrefixes, ['com.snowplowanalytics'])
  assert.equal(cacheSize, 500)
  assert.equal(cacheTtlMs, 600_000)
})

function warningsAbout(path: string): readonly string[] {
  const ours = { ...central, name: 'Ours', connection: { embedded: { path } } }
  return parseResolverConfig({ schema, data: { cacheSize: 1, repositories: [ours] } }).warnings
}

test('an embedded path of one own is told to be ignored', () => {
  assert.deepEqual(warningsAbout('/iglu-client-embedded'), [])
  assert.match(warningsAbout('/schemas')[0] ?? '', /^Ours: embedded\.path \/schemas is ignored; .* folder$/)
})

test('without a time to live, schemas are kept for ever', () => {
  const { cacheTtlMs } = parseResolverConfig({
    schema,
    data: { cacheSize: 0, cacheTtl: null, repositories: [] },
  })
  assert.equal(cacheTtlMs, undefined)
})

test('what is not understood is refused, and said which', () => {
  const data = { cacheSize: 500, repositories: [central] }
  assert.match(refusal({ data }), /INVALID_DATA_PAYLOAD/)
  assert.match(refusal({ schema: schema.replace('1-0-3', '2-0-0'), data }), /2-0-0/)
  assert.match(refusal({ schema, data: { ...data, cacheTll: 1 } }), /cacheTll/)
  assert.match(refusal({ schema, data: { ...data, repositories: [{ ...central, priorty: 1 }] } }), /priorty/)
  assert.match(refusal({ schema, data: { ...data, repositories: [central, central] } }), /Iglu Central/)
  const ftp = { ...central, connection: { http: { uri: 'ftp://example.com' } } }
  assert.match(refusal({ schema, data: { ...data, repositories: [ftp] } }), /uri/)
})
