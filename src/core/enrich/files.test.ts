import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesOf } from './files.ts'

function config(name: string, parameters: unknown, enabled = true): unknown {
  const [vendor = '', schema = '', version = '1-0-0'] = name.split('/')
  return {
    schema: `iglu:${vendor}/${schema}/jsonschema/${version}`,
    data: { vendor, name: schema, enabled, parameters },
  }
}

const s = 'com.snowplowanalytics.snowplow'
const file = (database: string) => ({ uri: 's3://lists/of/', database })

const iab = { ipFile: file('ip'), excludeUseragentFile: file('ex'), includeUseragentFile: file('in') }

test('each enrichment that lives from files names all of them', async () => {
  const geo = { geo: file('geo.mmdb'), isp: file('isp.mmdb'), asn: file('asn.mmdb') }
  const documents = [
    config(`${s}/ip_lookups/2-0-0`, geo),
    config(`${s}/referer_parser/2-0-0`, { ...file('a.yml, b.yml'), internalDomains: [] }),
    config(`${s}/ua_parser_config`, file('regexes.yaml')),
    config(`${s}.enrichments/iab_spiders_and_robots_enrichment`, iab),
    config(`${s}.enrichments/asn_lookups`, { botAsnsFile: file('bots.csv') }),
  ]
  const names = ['geo.mmdb', 'isp.mmdb', 'asn.mmdb', 'a.yml', 'b.yml', 'regexes.yaml', 'ip', 'in', 'ex']
  assert.deepEqual(
    await filesOf(documents),
    [...names, 'bots.csv'].map(name => `s3://lists/of/${name}`),
  )
})

test('a file that two of them name is named once', async () => {
  const one = config(`${s}/ua_parser_config`, file('regexes.yaml'))
  assert.deepEqual(await filesOf([one, one]), ['s3://lists/of/regexes.yaml'])
})

test('what is disabled, unknown, broken or needs no file names none', async () => {
  const documents = [
    config(`${s}/ua_parser_config`, file('regexes.yaml'), false),
    config('com.acme/ua_parser_of_ours', file('x')),
    config(`${s}/ua_parser_config`, { uri: 5, database: null }),
    config(`${s}/ua_parser_config`, { uri: 's3://lists', database: 'not a URI' }),
    config(`${s}/javascript_script_config`, { script: 'ZnVuY3Rpb24gcHJvY2VzcyhlKSB7fQ==' }),
    config(`${s}/anon_ip`, { anonOctets: 1 }),
    config(`${s}/anon_ip`, null),
    { schema: 'nonsense' },
    null,
    5,
  ]
  assert.deepEqual(await filesOf(documents), [])
})
