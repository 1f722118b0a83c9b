import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import type { DerivedContext } from '../event.ts'
import { testDatabase } from '../mmdb/test-database.ts'
import { addressBytes } from './address-bytes.ts'
import { attachedAsn } from './asn-context.ts'
import { asnLookups } from './asn-lookups.ts'
import { ipLookups, IpLookups } from './ip-lookups.ts'
import { cityLookup } from './ip-records.ts'
import { create, created, enrich, valuesOf } from './test-enrich.ts'
import { noServices, servicesWith } from './test-services.ts'

const shared = process.env.MILLRACE_SHARED ?? resolve(import.meta.dirname, '../../../../shared')
const folder = join(shared, 'mmdb')
const skip = existsSync(folder) ? false : `there are no test databases at ${folder}`

const names = {
  geo: ['GeoIP2-City.mmdb', 'GeoIP2-City-Test.mmdb'],
  isp: ['GeoIP2-ISP.mmdb', 'GeoIP2-ISP-Test.mmdb'],
  domain: ['GeoIP2-Domain.mmdb', 'GeoIP2-Domain-Test.mmdb'],
  connectionType: ['GeoIP2-Connection-Type.mmdb', 'GeoIP2-Connection-Type-Test.mmdb'],
  asn: ['GeoLite2-ASN.mmdb', 'GeoLite2-ASN-Test.mmdb'],
} as const
const uri = 's3://assets/maxmind/'
const parameters = Object.fromEntries(
  Object.entries(names).map(([name, [database]]) => [name, { uri, database }]),
)
const kind = () => ({
  kind: ipLookups,
  version: '2-0-1',
  services: servicesWith(
    Object.fromEntries(
      Object.values(names).map(([database, file]) => [uri + database, readFileSync(join(folder, file))]),
    ),
  ),
})

const columns = [
  'geo_country',
  'geo_region',
  'geo_region_name',
  'geo_city',
  'geo_zipcode',
  'geo_latitude',
  'geo_longitude',
  'geo_timezone',
] as const

test('an address gets its place', { skip }, async () => {
  const enrichment = await created(kind(), parameters)
  const { event } = await enrich(enrichment, { user_ipaddress: '216.160.83.56' })
  assert.deepEqual(valuesOf(event, columns), [
    'US',
    'WA',
    'Washington',
    'Milton',
    '98354',
    47.2513,
    -122.3149,
    'America/Los_Angeles',
  ])
})

test('an address gets its provider, domain, connection and network', { skip }, async () => {
  const enrichment = await created(kind(), parameters)
  const { event, contexts } = await enrich(enrichment, { user_ipaddress: '1.128.0.0' })
  assert.deepEqual(valuesOf(event, ['ip_isp', 'ip_organization']), ['Telstra Internet', 'Telstra Internet'])
  assert.deepEqual(contexts, [
    {
      schema: 'iglu:com.snowplowanalytics.snowplow/asn/jsonschema/1-0-1',
      data: { number: 1221, organization: 'Telstra Pty Ltd' },
    },
  ])
  const other = await enrich(enrichment, { user_ipaddress: '1.2.0.0' })
  assert.equal(other.event.ip_domain, 'maxmind.com')
  const third = await enrich(enrichment, { user_ipaddress: '1.0.1.0' })
  assert.equal(third.event.ip_netspeed, 'Cellular')
})

test('without a database of networks, the one of providers tells them', { skip }, async () => {
  const { isp } = parameters
  const enrichment = await created(kind(), { isp })
  const { contexts } = await enrich(enrichment, { user_ipaddress: '1.128.0.0' })
  assert.deepEqual(contexts[0]?.data, { number: 1221, organization: 'Telstra Pty Ltd' })
})

test('what is no address, or one that nobody knows, leaves everything empty', { skip }, async () => {
  const enrichment = await created(kind(), parameters)
  for (const address of ['', 'localhost', '1.2.3.4, 216.160.83.56', '127.0.0.1', 'x'.repeat(1e6)]) {
    const { event, contexts } = await enrich(enrichment, { user_ipaddress: address })
    assert.deepEqual(
      valuesOf(event, columns),
      columns.map(() => null),
      address.slice(0, 30),
    )
    assert.deepEqual(contexts, [])
  }
})

test('ports, brackets and zones are no part of an address', () => {
  const bytes = [216, 160, 83, 56]
  for (const text of [
    '216.160.83.56',
    '216.160.83.56:443',
    '::ffff:216.160.83.56',
    '[::FFFF:216.160.83.56]:80',
  ])
    assert.deepEqual([...(addressBytes(text) ?? [])], bytes, text)
  assert.equal(addressBytes('fe80::1%eth0')?.length, 16)
  for (const text of ['216.160.83', '216.160.83.56:', 'example.com:80', '[]', '::1::', '1.2.3.4 '])
    assert.equal(addressBytes(text), null, text)
})

test('a newer database answers at once, whatever was kept of the old one', () => {
  const asset = { current: cityLookup(testDatabase({ city: { names: { en: 'Old\tTown' } } })) }
  const none = undefined
  const lookups = new IpLookups({ geo: asset, isp: none, domain: none, connectionType: none, asn: none })
  assert.equal(lookups.find('1.2.3.4')?.place?.city, 'Old    Town')
  asset.current = cityLookup(testDatabase({ city: { names: { en: 'New Town' } } }))
  assert.equal(lookups.find('1.2.3.4')?.place?.city, 'New Town')
})

test('a database whose record has other shapes than expected says nothing', () => {
  const odd = cityLookup(testDatabase({ city: 'London', country: [1], subdivisions: { a: 1 }, location: 7 }))
  assert.deepEqual(
    Object.values(odd.find(Uint8Array.of(1, 2, 3, 4)) ?? { none: 0 }).filter(value => value !== null),
    [],
  )
})

test('a coordinate that 32 bits cannot hold is none', () => {
  const far = cityLookup(testDatabase({ location: { latitude: 1e308, longitude: 1.5 } }))
  const { latitude, longitude } = far.find(Uint8Array.of(1, 2, 3, 4)) ?? {}
  assert.deepEqual([latitude, longitude], [null, 1.5])
})

test('a wrong URI is told', async () => {
  const wrong = await create(
    { kind: ipLookups, services: noServices },
    { geo: { uri: 'file://a:{b}/', database: 'c' } },
  )
  assert.ok('errors' in wrong)
  assert.match(wrong.errors.join(), /geo: file:\/\/a:\{b\}\/c is no URI/)
})

function asn(number: number): DerivedContext[] {
  return [{ schema: 'iglu:com.snowplowanalytics.snowplow/asn/jsonschema/1-0-1', data: { number } }]
}

test('networks of bots are marked, those of the file and one’s own', async () => {
  const services = servicesWith({
    'http://a/bots.csv': 'number,name\n16509,"Amazon, Inc."\r\n15169,Google\n',
  })
  const enrichment = await created(
    { kind: asnLookups, services },
    {
      botAsnsFile: { uri: 'http://a', database: 'bots.csv' },
      botAsns: [{ asn: 7, name: 'mine' }],
      bypassPlatforms: ['srv'],
    },
  )
  const marked = async (number: number, platform = 'web') => {
    const contexts = asn(number)
    await enrich(enrichment, { platform }, contexts)
    return attachedAsn(contexts)?.likelyBot ?? false
  }
  assert.deepEqual(
    [await marked(16509), await marked(15169), await marked(7), await marked(1), await marked(7, 'srv')],
    [true, true, true, false, false],
  )
  assert.deepEqual((await enrich(enrichment, { platform: 'web' })).contexts, [])
})

test('a list of networks that is none is refused', async () => {
  const services = servicesWith({ 'http://a/bots.csv': '<html>not found</html>' })
  const parameters = { botAsnsFile: { uri: 'http://a', database: 'bots.csv' } }
  await assert.rejects(
    create({ kind: asnLookups, services }, parameters),
    /no line that begins with the number/,
  )
})
