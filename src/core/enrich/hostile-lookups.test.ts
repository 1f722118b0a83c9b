import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testDatabase } from '../mmdb/test-database.ts'
import { readBotAsns } from './asn-lookups.ts'
import { iabSpidersAndRobots } from './iab.ts'
import { readExcluded, readIncluded } from './iab-lists.ts'
import { ipLookups } from './ip-lookups.ts'
import { refererParser } from './referer-parser.ts'
import { findReferer, findSites, searchTerm } from './referers.ts'
import { parseReferers } from './referers-file.ts'
import { created, enrich } from './test-enrich.ts'
import { servicesWith } from './test-services.ts'

// What strangers send, and files that are not what they should be.

const files = {
  'http://a/GeoLite2-City.mmdb': testDatabase({ city: { names: { en: 'x' } } }),
  'http://a/ips': '1.2.3.0/24\n',
  'http://a/in': 'mozilla|1|0\n',
  'http://a/out': 'bot|1||0|0|0\n',
  'http://a/referers.json': JSON.stringify({ search: { G: { domains: ['g.com'], parameters: ['q'] } } }),
}
const at = (database: string) => ({ uri: 'http://a', database })
const services = servicesWith(files)

const anything = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.ipV4(), fc.ipV6(), fc.webUrl())

test('whatever an event holds, no lookup fails', async () => {
  const all = [
    await created({ kind: ipLookups, services, version: '2-0-0' }, { geo: at('GeoLite2-City.mmdb') }),
    await created(
      { kind: iabSpidersAndRobots, services, version: '1-0-1' },
      { ipFile: at('ips'), includeUseragentFile: at('in'), excludeUseragentFile: at('out') },
    ),
    await created(
      { kind: refererParser, services, version: '2-0-0' },
      { ...at('referers.json'), internalDomains: [] },
    ),
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        user_ipaddress: anything,
        useragent: anything,
        page_referrer: anything,
        page_urlhost: anything,
      }),
      async columns => {
        for (const one of all) await enrich(one, { ...columns, derived_tstamp: '2024-01-01 00:00:00.000' })
      },
    ),
  )
})

test('what is long takes no longer than it is', async () => {
  const enrichment = await created(
    { kind: refererParser, services, version: '2-0-0' },
    { ...at('referers.json'), internalDomains: [] },
  )
  const long = 'a.'.repeat(500_000)
  const began = performance.now()
  await enrich(enrichment, {
    page_referrer: `http://${long}com/${'x/'.repeat(200_000)}?${'q&'.repeat(200_000)}`,
  })
  findReferer(findSites([new Map()], long), `/${long}`)
  searchTerm(`${'%41'.repeat(300_000)}=${'%4'.repeat(300_000)}&q=1`, ['q'])
  // Some 50 ms on an idle machine; what takes time in proportion to the square would take minutes.
  assert.ok(performance.now() - began < 10_000)
})

test('no text is read as a list, or it is refused', () => {
  const readers = [
    readBotAsns,
    readIncluded,
    readExcluded,
    (bytes: Uint8Array) => parseReferers(JSON.parse(Buffer.from(bytes).toString()), ''),
  ]
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), text => {
      for (const read of readers) {
        try {
          read(Buffer.from(text))
        } catch (error) {
          assert.ok(error instanceof RangeError || error instanceof SyntaxError, String(error))
        }
      }
    }),
  )
})
